"""Spark on a cluster: what a master and a worker of their own compute is what is computed by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.bigdata.test_segment import AS_OF, EXPECTED, patterns
from tests.clusters import cluster


@pytest.mark.slow
def test_a_cluster_gives_the_table_computed_by_hand(tmp_path: Path) -> None:
    if not shutil.which("java"):
        pytest.skip("Java is not installed (Debian: default-jre-headless)")
    (tmp_path / "spark-defaults.conf").write_text("spark.sql.shuffle.partitions 2\n")  # 200, if nobody says otherwise
    target = tmp_path / "segments.parquet"
    with cluster(tmp_path) as master:
        process = subprocess.run(  # in a process of its own: here Spark may be at work on this machine
            [sys.executable, "-m", "kopilot_xl", "segment", *patterns(tmp_path, None), "--as-of", AS_OF.isoformat(),
             "--engine", "spark", "--spark-master", master, "--memory", "1GB", "--output", str(target)],
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
        )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert pl.read_parquet(target).rows() == EXPECTED
    assert "Registered app kopilot-xl" in (tmp_path / "master.log").read_text()

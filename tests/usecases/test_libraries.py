"""What a workbook needs on its way: no frame library, and not openpyxl, which imports one where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kopilot_xl.usecases.sample import SAMPLE_DATE
from tests.portfolios import make_portfolio

ROOT = Path(__file__).parents[2]
CDNOW = ROOT / "tests" / "data" / "cdnow_sample"

COMMAND = """
import sys
from kopilot_xl.cli import main
sys.argv = ["kopilot-xl", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {"pandas", "numpy", "polars", "narwhals", "duckdb", "pyarrow", "openpyxl"}
print("LOADED", sorted(heavy & sys.modules.keys()))
"""


def loaded(folder: Path, *arguments: str | Path) -> str:
    """The heavy libraries a command loaded, in the words of its process."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, arguments)], capture_output=True, encoding="utf-8", cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("refresh", "book.xlsm", "--backfill", "3"), id="refresh"),
        pytest.param(("refresh", "book.xlsm", "other.xlsm", "--jobs", "1", "--summary", "all.csv"), id="many"),
        pytest.param(("check", "book.xlsm"), id="check"),
        pytest.param(("report", "book.xlsm", "-o", "page.html"), id="report"),
        pytest.param(("demo", "demo.xlsm"), id="demo"),
        pytest.param(
            ("new", "new.xlsm", "--clients", CDNOW / "clients.csv", "--transactions", CDNOW / "transactions.csv"),
            id="new",
        ),
    ],
)
def test_a_workbook_is_worked_on_without_a_frame_library(arguments: tuple[str | Path, ...], tmp_path: Path) -> None:
    for name in ("book.xlsm", "other.xlsm"):
        make_portfolio(tmp_path / name, settings={"AsOf": SAMPLE_DATE})
    assert loaded(tmp_path, *arguments) == "LOADED []"

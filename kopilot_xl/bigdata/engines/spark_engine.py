"""Spark at work: frames of PySpark, on this machine or a cluster."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from kopilot_xl.bigdata.engines.engine import Engine, Running, not_installed
from kopilot_xl.bigdata.local import LocalFrame
from kopilot_xl.errors import KopilotError
from kopilot_xl.texts import t


class SparkEngine(Running):
    """Frames of PySpark; a session that is there already is used, and stays."""

    def __init__(self, stack: ExitStack, scratch: Path, memory: str | None, master: str) -> None:
        try:
            import pyarrow  # noqa: F401 - what rows come and go by
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise not_installed(Engine.SPARK) from error
        self._stack = stack
        active = SparkSession.getActiveSession()
        self._session: Any = active or _session(SparkSession.builder, scratch, memory, master)
        if active is None:
            stack.callback(self._session.stop)
        conf: Any = self._session.conf
        for name, value in _SPARK_READS.items():
            if active is not None:
                stack.callback(conf.set, name, conf.get(name))
            conf.set(name, value)

    def frame(self, frame: LocalFrame) -> Any:
        """Return a frame of the engine with these rows."""
        return self._session.createDataFrame(_arrow(frame.to_native()))

    def parquet(self, files: Sequence[Path]) -> Any:
        """Return the rows of Parquet files, read when needed."""
        return self._session.read.parquet(*map(_hadoop_path, files))

    def reads(self, kind: Any) -> bool:
        """Return whether it can read a column of this type."""
        return not (isinstance(kind, pl.Datetime) and kind.time_unit == "ns")

    def fetch(self, frame: Any) -> LocalFrame:
        """Compute a frame and return its rows."""
        return nw.from_native(pl.DataFrame(frame.toArrow()), eager_only=True)

    def keep(self, frame: Any) -> Any:
        """Compute a frame once."""
        kept = frame.persist()
        self._stack.callback(kept.unpersist)
        return kept


_SPARK_READS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",  # a file may have columns whose names differ in nothing else
    "spark.sql.ansi.enabled": "false",
}
"""How Spark has to read, whoever started it."""


def _hadoop_path(path: Path) -> str:
    """A path as Hadoop takes it: with nothing percent-encoded, and no sign of a pattern."""
    plain = path.resolve().as_posix().lstrip("/")
    return "file:///" + re.sub(r"([\\*?\[\]{}])", r"\\\1", plain)


def _arrow(frame: pl.DataFrame) -> Any:
    import pyarrow as pa

    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    kinds = [pa.string() if pa.types.is_large_string(each.type) else each.type for each in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def _session(builder: Any, scratch: Path, memory: str | None, master: str) -> Any:
    """Start Spark.

    Raises:
        KopilotError: there is no Java, or it does not start.
    """
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and Path(home, "bin", "java").exists())):
        raise KopilotError(
            t(
                "The engine spark needs Java 17 or later, which is not installed. Install it (Debian "
                "and Ubuntu: apt install default-jre-headless), or choose another engine."
            )
        )
    settings = {
        "spark.app.name": "kopilot-xl",
        "spark.ui.enabled": "false",
        "spark.driver.maxResultSize": "0",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.local.dir": str(scratch / "spark"),
    }
    if memory:
        settings["spark.driver.memory"] = memory.lower().removesuffix("b").replace("i", "")
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        settings |= {"spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1))}
    builder = builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    log = scratch / "spark.log"
    try:
        with _errors_into(log):
            return builder.getOrCreate()
    except Exception as error:
        raise KopilotError(
            t(
                "Spark does not start with the master {master}: {error}. Check --spark-master, the "
                "Java installed, and that the cluster can be reached.",
                master=master,
                error=str(error).strip().splitlines()[0],
            )
        ) from error


@contextmanager
def _errors_into(log: Path) -> Iterator[None]:
    """Have what a child process says on standard error written to a file, for as long as it lives."""
    sys.stderr.flush()
    screen = os.dup(2)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(screen, 2)
        os.close(screen)

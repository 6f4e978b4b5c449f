"""Start the engine that is asked for, and only that; what it cannot do is a message, not a defect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kopilot_xl.bigdata.engines.engine import LOCAL, Engine, Running, not_installed
from kopilot_xl.bigdata.local import has_polars
from kopilot_xl.errors import KopilotError
from kopilot_xl.texts import t

_LIBRARIES = {"_duckdb", "duckdb", "polars", "pyspark", "py4j", "pyarrow"}
"""Libraries whose exceptions are about data, memory or disks, not a defect of this package."""


@contextmanager
def running(engine: Engine, scratch: Path, memory: str | None = None, master: str = LOCAL) -> Iterator[Running]:
    """Start an engine, and stop it at the end of the block.

    Args:
        engine: which.
        scratch: a folder for what does not fit memory.
        memory: how much DuckDB or Spark may take, as in `4GB`; the others do not heed it.
        master: which Spark computes.

    Raises:
        KopilotError: the library is not installed, does not start, or gives up.
    """
    with ExitStack() as stack:
        started = _start(engine, stack, scratch, memory, master)
        try:
            yield started
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in _LIBRARIES:
                raise
            said = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise KopilotError(
                t(
                    "The engine {engine} stopped: {said}. A file may be broken: write it again. Where "
                    "memory or room on the disk is short, try duckdb with --memory, and TMPDIR on a "
                    "larger disk.",
                    engine=engine,
                    said=said,
                )
            ) from error


def _start(engine: Engine, stack: ExitStack, scratch: Path, memory: str | None, master: str) -> Running:
    if engine is Engine.PANDAS:
        from kopilot_xl.bigdata.engines.pandas_engine import PandasEngine

        return PandasEngine(scratch)
    if not has_polars():
        raise not_installed(engine, t("Polars, which reads and hands over its tables,"))
    if engine is Engine.DUCKDB:
        from kopilot_xl.bigdata.engines.duckdb_engine import DuckDBEngine

        return DuckDBEngine(stack, scratch, memory)
    if engine is Engine.SPARK:
        from kopilot_xl.bigdata.engines.spark_engine import SparkEngine

        return SparkEngine(stack, scratch, memory, master)
    from kopilot_xl.bigdata.engines.polars_engine import PolarsEngine

    return PolarsEngine(scratch)

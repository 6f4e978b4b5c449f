"""The libraries that can compute segments outside a workbook, and how each gets, keeps and gives its frames."""

from __future__ import annotations

import os
import re
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kopilot_xl.errors import KopilotError

if TYPE_CHECKING:
    import narwhals as nw
    import polars as pl

LOCAL = "local[*]"
"""The Spark that runs on this machine alone, on all of its cores."""
_LIBRARIES = {"_duckdb", "duckdb", "polars", "pyspark", "py4j", "pyarrow"}
"""Whose errors tell of data, memory or disks, not of a defect of ours."""


class Engine(StrEnum):
    """A library that computes; each gives the same table."""

    POLARS = "polars"
    PANDAS = "pandas"
    DUCKDB = "duckdb"
    SPARK = "spark"

    @contextmanager
    def running(self, scratch: Path, memory: str | None = None, master: str = LOCAL) -> Iterator[Running]:
        """Have the engine at work.

        Args:
            scratch: a folder for what does not fit memory.
            memory: how much DuckDB or Spark may take, as in `4GB`; for the others it means nothing.
            master: which Spark computes.

        Raises:
            KopilotError: the library is not installed, does not start, or gives up.
        """
        with ExitStack() as stack:
            if self is Engine.DUCKDB:
                running: Running = _DuckDB(stack, scratch, memory)
            elif self is Engine.SPARK:
                running = _Spark(stack, scratch, memory, master)
            else:
                running = _Pandas(scratch) if self is Engine.PANDAS else _Polars(scratch)
            try:
                yield running
            except Exception as error:
                if type(error).__module__.partition(".")[0] not in _LIBRARIES:
                    raise
                said = next(iter(str(error).strip().splitlines()), type(error).__name__)
                raise KopilotError(
                    f"The engine {self} stopped: {said}. A file may be broken: write it again. Where memory or room on "
                    "the disk is short, try duckdb with --memory, and TMPDIR on a larger disk."
                ) from error


class Running(ABC):
    """An engine at work. Its frames are its own; what goes in and comes out are frames of Polars."""

    @abstractmethod
    def frame(self, frame: pl.DataFrame) -> Any:
        """Return a frame of the engine's own with these rows."""

    @abstractmethod
    def parquet(self, files: Sequence[Path]) -> Any:
        """Return the rows of Parquet files that have the same columns, read when needed."""

    @abstractmethod
    def fetch(self, frame: Any) -> pl.DataFrame:
        """Compute a frame and return its rows."""

    def reads(self, kind: Any) -> bool:
        """Tell whether it can read a column of this type of Polars from a Parquet file."""
        return True

    def keep(self, frame: Any) -> Any:
        """Compute a frame once, for what is asked of it more than once; in memory or on disk."""
        return frame

    def scan(self, files: Sequence[Path], columns: Mapping[str, tuple[str | None, Any]]) -> Any:
        """Return columns of Parquet files under new names and in these types, blank where there is none."""
        import narwhals as nw

        frame = cast("nw.LazyFrame[Any]", nw.from_native(self.parquet(files)))
        return frame.select(
            (nw.lit(None, dtype=kind) if heading is None else nw.col(heading).cast(kind)).alias(name)
            for name, (heading, kind) in columns.items()
        ).to_native()


class _Polars(Running):
    """Lazy frames, computed in streams."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._kept = 0

    def frame(self, frame: pl.DataFrame) -> Any:
        return frame.lazy()

    def parquet(self, files: Sequence[Path]) -> Any:
        import polars

        return polars.scan_parquet(list(files), hive_partitioning=False, glob=False, extra_columns="ignore")

    def fetch(self, frame: Any) -> pl.DataFrame:
        return cast("pl.DataFrame", frame.collect(engine="streaming"))

    def keep(self, frame: Any) -> Any:
        self._kept += 1
        path = self._scratch / f"kept-{self._kept}.parquet"
        frame.sink_parquet(path, compression="lz4")
        return self.parquet([path])


class _Pandas(Running):
    """Frames in memory, read by Polars."""

    def __init__(self, scratch: Path) -> None:
        self._reader = _Polars(scratch)

    def frame(self, frame: pl.DataFrame) -> Any:
        import pandas
        import polars

        kinds: dict[Any, str] = {polars.String: "str", polars.Date: "datetime64[us]"}
        return pandas.DataFrame(
            {
                each.name: pandas.Series(
                    each.to_list() if each.dtype == polars.String else each.to_numpy(), dtype=kinds.get(each.dtype)
                )
                for each in frame
            }
        )

    def parquet(self, files: Sequence[Path]) -> Any:
        return self.frame(self.fetch(self._reader.parquet(files)))

    def scan(self, files: Sequence[Path], columns: Mapping[str, tuple[str | None, Any]]) -> Any:
        return self.frame(self._reader.fetch(self._reader.scan(files, columns)))

    def fetch(self, frame: Any) -> pl.DataFrame:
        import narwhals as nw
        import polars

        columns: dict[str, pl.Series] = {}
        for name in frame.columns:
            column = frame[name]
            kind = nw.from_native(column, series_only=True).dtype
            if isinstance(kind, nw.Datetime):
                columns[name] = polars.Series(column.to_numpy().astype("datetime64[us]")).cast(polars.Date)
            elif kind == nw.String or kind == nw.Object:
                texts = [each if isinstance(each, str) else None for each in column.tolist()]
                columns[name] = polars.Series(texts, dtype=polars.String)
            else:
                columns[name] = polars.Series(column.to_numpy(), nan_to_null=True)
        return polars.DataFrame(columns)


class _DuckDB(Running):
    """Relations, on disk where they do not fit memory."""

    def __init__(self, stack: ExitStack, scratch: Path, memory: str | None) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise _not_installed(Engine.DUCKDB) from error
        settings: dict[str, Any] = {
            "temp_directory": str(scratch / "duckdb"),
            "preserve_insertion_order": False,  # nothing here asks for it, and it takes memory
            "autoinstall_known_extensions": False,
        }
        if memory:
            settings["memory_limit"] = memory
        self._made = 0
        self._connection = stack.enter_context(duckdb.connect(config=settings))

    def frame(self, frame: pl.DataFrame) -> Any:
        self._connection.register("given", _Stream(frame))
        try:
            return self._table("FROM given")
        finally:
            self._connection.unregister("given")

    def parquet(self, files: Sequence[Path]) -> Any:
        return self._connection.read_parquet(
            [_literal(each) for each in files], hive_partitioning=False, union_by_name=True
        )

    def fetch(self, frame: Any) -> pl.DataFrame:
        import polars

        return polars.DataFrame(frame)  # as a stream of Arrow, which needs no PyArrow

    def keep(self, frame: Any) -> Any:
        return self._table(frame.sql_query())

    def _table(self, query: str) -> Any:
        """Put a query's rows into a table."""
        self._made += 1
        name = f"kept_{self._made}"
        self._connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
        return self._connection.table(name)


@dataclass(frozen=True)
class _Stream:
    """A frame as a stream of Arrow and nothing else: of a frame of Polars, DuckDB asks what PyArrow is needed for."""

    frame: pl.DataFrame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def _literal(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


class _Spark(Running):
    """Frames of PySpark; a session that is there already is used, and stays."""

    def __init__(self, stack: ExitStack, scratch: Path, memory: str | None, master: str) -> None:
        try:
            import pyarrow  # noqa: F401 - what rows come and go by
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise _not_installed(Engine.SPARK) from error
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

    def frame(self, frame: pl.DataFrame) -> Any:
        return self._session.createDataFrame(_arrow(frame))

    def parquet(self, files: Sequence[Path]) -> Any:
        return self._session.read.parquet(*map(_hadoop_path, files))

    def reads(self, kind: Any) -> bool:
        import polars

        return not (isinstance(kind, polars.Datetime) and kind.time_unit == "ns")

    def fetch(self, frame: Any) -> pl.DataFrame:
        import polars

        return cast("pl.DataFrame", polars.from_arrow(frame.toArrow()))

    def keep(self, frame: Any) -> Any:
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
    import polars
    import pyarrow as pa

    table = frame.to_arrow(compat_level=polars.CompatLevel.oldest())
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
            "The engine spark needs Java 17 or later, which is not installed. Install it (Debian and Ubuntu: apt "
            "install default-jre-headless), or choose another engine."
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
            f"Spark does not start with the master {master}: {str(error).strip().splitlines()[0]}. "
            "Check --spark-master, the Java installed, and that the cluster can be reached."
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


def _not_installed(engine: Engine) -> KopilotError:
    return KopilotError(
        f'The engine {engine} is not installed. Install it with: pip install "kopilot-xl[{engine}]"; '
        f"or choose the engine {Engine.POLARS}."
    )

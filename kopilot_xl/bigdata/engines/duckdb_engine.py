"""DuckDB at work: relations, on disk where they do not fit memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from kopilot_xl.bigdata.engines.engine import Engine, Running, not_installed
from kopilot_xl.bigdata.local import LocalFrame


class DuckDBEngine(Running):
    """Relations, on disk where they do not fit memory."""

    def __init__(self, stack: ExitStack, scratch: Path, memory: str | None) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise not_installed(Engine.DUCKDB) from error
        settings: dict[str, Any] = {
            "temp_directory": str(scratch / "duckdb"),
            "preserve_insertion_order": False,  # nothing here asks for it, and it takes memory
            "autoinstall_known_extensions": False,
        }
        if memory:
            settings["memory_limit"] = memory
        self._made = 0
        self._connection = stack.enter_context(duckdb.connect(config=settings))

    def frame(self, frame: LocalFrame) -> Any:
        """Return a frame of the engine with these rows."""
        self._connection.register("given", _Stream(frame.to_native()))
        try:
            return self._table("FROM given")
        finally:
            self._connection.unregister("given")

    def parquet(self, files: Sequence[Path]) -> Any:
        """Return the rows of Parquet files, read when needed."""
        return self._connection.read_parquet(
            [_literal(each) for each in files], hive_partitioning=False, union_by_name=True
        )

    def fetch(self, frame: Any) -> LocalFrame:
        """Compute a frame and return its rows."""
        return nw.from_native(pl.DataFrame(frame), eager_only=True)  # as a stream of Arrow, which needs no PyArrow

    def keep(self, frame: Any) -> Any:
        """Compute a frame once."""
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

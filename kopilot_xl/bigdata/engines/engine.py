"""What every engine can do: get, keep and give frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kopilot_xl.errors import KopilotError
from kopilot_xl.texts import t

if TYPE_CHECKING:
    import narwhals as nw

    from kopilot_xl.bigdata.local import LocalFrame

LOCAL = "local[*]"
"""The Spark that runs on this machine alone, on all of its cores."""


class Engine(StrEnum):
    """A library that computes; each gives the same table."""

    POLARS = "polars"
    PANDAS = "pandas"
    DUCKDB = "duckdb"
    SPARK = "spark"

    @classmethod
    def default(cls) -> Engine:
        """Return the engine to use where none is named: Polars where it is installed, else pandas."""
        from kopilot_xl.bigdata.local import has_polars

        return cls.POLARS if has_polars() else cls.PANDAS


class Running(ABC):
    """An engine at work. Its frames are its own; what goes in and comes out are local frames."""

    @abstractmethod
    def frame(self, frame: LocalFrame) -> Any:
        """Return a frame of the engine with these rows."""

    @abstractmethod
    def parquet(self, files: Sequence[Path]) -> Any:
        """Return the rows of Parquet files that have the same columns, read when needed."""

    @abstractmethod
    def fetch(self, frame: Any) -> LocalFrame:
        """Compute a frame and return its rows."""

    def reads(self, kind: Any) -> bool:
        """Return whether it can read a column of this type of Polars from a Parquet file."""
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


def not_installed(engine: Engine, what: str = "") -> KopilotError:
    """Return what to raise where an engine, or what it needs, is not installed."""
    lacking = t("The engine {engine} is not installed.", engine=engine)
    if what:
        lacking = t("The engine {engine} needs {what} which is not installed.", engine=engine, what=what)
    return KopilotError(
        t(
            '{lacking} Install it with: pip install "kopilot-xl[{engine}]"; or choose the engine {other}.',
            lacking=lacking,
            engine=engine,
            other=Engine.default(),
        )
    )

"""The libraries that can compute segments outside a workbook, and how each gets its frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from kopilot_xl.errors import KopilotError

Columns = dict[str, Sequence[Any]]
"""A frame's columns: `client` and `status` are texts, `amount` numbers, the others days."""


class Engine(StrEnum):
    """A library that computes; each gives the same table."""

    POLARS = "polars"
    PANDAS = "pandas"
    DUCKDB = "duckdb"

    def builder(self) -> Callable[[Columns], Any]:
        """Return what makes a frame of columns.

        Raises:
            KopilotError: the library is not installed.
        """
        builders = {Engine.POLARS: _polars_frame, Engine.PANDAS: _pandas_frame}
        return builders[self] if self in builders else _duckdb_builder()


def _polars_frame(columns: Columns) -> Any:
    import polars

    kinds: dict[str, Any] = {"client": polars.String, "status": polars.String, "amount": polars.Float64}
    return polars.DataFrame(columns, schema={name: kinds.get(name, polars.Date) for name in columns})


def _pandas_frame(columns: Columns) -> Any:
    import pandas

    kinds = {"client": "str", "status": "str", "amount": "float64"}
    return pandas.DataFrame(
        {name: pandas.Series(values, dtype=kinds.get(name, "datetime64[us]")) for name, values in columns.items()}
    )


def _duckdb_builder() -> Callable[[Columns], Any]:
    try:
        import duckdb
    except ImportError as error:
        raise KopilotError(
            'The engine duckdb is not installed. Install it with: pip install "kopilot-xl[duckdb]"; '
            "or choose the engine polars."
        ) from error
    connection = duckdb.connect()

    def relation(columns: Columns) -> Any:
        kinds = {"client": "VARCHAR", "status": "VARCHAR", "amount": "DOUBLE"}
        typed = ", ".join(f"{name}::{kinds.get(name, 'DATE')} AS {name}" for name in columns)
        return connection.from_df(_pandas_frame(columns)).project(typed)

    return relation

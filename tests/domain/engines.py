"""What the rules are computed with: the engines frames may come from, and plain Python, which needs none.

Each builds a frame of plain rows and reads one back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

import duckdb
import pandas as pd
import polars as pl

from kopilot_xl.domain.activity import client_activity
from kopilot_xl.domain.clients import Identity, clients_as_of
from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Ledger, Status

DATES = {"created_on", "issue_date", "last_invoice", "next_planned", "overdue", "far_off", "leaves_on"}
NUMBERS = {"amount"}

Rows = Sequence[Mapping[str, Any]]

CLIENTS = ("client", "created_on", "mark")
TRANSACTIONS = ("client", "issue_date", "amount", "status")


class Engine(ABC):
    """Frames of one library."""

    name: str

    @abstractmethod
    def frame(self, rows: Rows, columns: Sequence[str]) -> Any:
        """Return a frame with these columns, typed even when there is no row."""

    @abstractmethod
    def raw(self, frame: Any) -> list[dict[str, Any]]:
        """Return the rows of a frame as the engine gives them."""

    def activity(self, clients: Any, transactions: Any, as_of: date, rules: Rules = DEFAULT) -> Any:
        """Return a frame of where each client stands, from a frame of clients and one of transactions."""
        return client_activity(clients, transactions, as_of, rules)

    def close(self) -> None:  # noqa: B027 - most engines hold nothing
        """Let go of what the engine holds."""

    def rows(self, frame: Any) -> list[dict[str, Any]]:
        """Return the rows of a frame: None where blank, dates without a time of day."""
        return [{name: _plain(value) for name, value in row.items()} for row in self.raw(frame)]


def _plain(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, datetime):
        assert value.time() == datetime.min.time()
        return value.date()
    return value


class Pandas(Engine):
    name = "pandas"

    def frame(self, rows: Rows, columns: Sequence[str]) -> pd.DataFrame:
        return pd.DataFrame(
            {name: pd.Series([row.get(name) for row in rows], dtype=_pandas_type(name)) for name in columns}
        )

    def raw(self, frame: Any) -> list[dict[str, Any]]:
        assert isinstance(frame, pd.DataFrame)
        return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _pandas_type(column: str) -> str:
    return "datetime64[us]" if column in DATES else "float64" if column in NUMBERS else "str"


class Polars(Engine):
    name = "polars"

    def frame(self, rows: Rows, columns: Sequence[str]) -> pl.DataFrame:
        return pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in columns},
            schema={
                name: pl.Date if name in DATES else pl.Float64 if name in NUMBERS else pl.String for name in columns
            },
        )

    def raw(self, frame: Any) -> list[dict[str, Any]]:
        assert isinstance(frame, pl.DataFrame)
        return frame.to_dicts()


class DuckDB(Engine):
    name = "duckdb"

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"threads": 1})

    def frame(self, rows: Rows, columns: Sequence[str]) -> duckdb.DuckDBPyRelation:
        kinds = {name: "DATE" if name in DATES else "DOUBLE" if name in NUMBERS else "VARCHAR" for name in columns}
        typed = ", ".join(f"{name}::{kind} AS {name}" for name, kind in kinds.items())
        return self.connection.from_df(Pandas().frame(rows, columns)).project(typed)

    def close(self) -> None:
        self.connection.close()
        del self.connection

    def raw(self, frame: Any) -> list[dict[str, Any]]:
        assert isinstance(frame, duckdb.DuckDBPyRelation)
        return [dict(zip(frame.columns, row, strict=True)) for row in frame.fetchall()]


class PlainPython(Engine):
    """Lists of rows, as a workbook's tables are read into."""

    name = "plain Python"

    def frame(self, rows: Rows, columns: Sequence[str]) -> list[dict[str, Any]]:
        return [{name: row.get(name) for name in columns} for row in rows]

    def raw(self, frame: Any) -> list[dict[str, Any]]:
        assert isinstance(frame, list)
        return frame

    def activity(self, clients: Any, transactions: Any, as_of: date, rules: Rules = DEFAULT) -> list[dict[str, Any]]:
        ledger = Ledger.of(
            [row["client"] for row in transactions],
            [row["issue_date"] for row in transactions],
            [row["amount"] for row in transactions],
            [Status(row["status"]) for row in transactions],
        )
        identities = [Identity(row["client"], row["client"].upper(), "", row["created_on"]) for row in clients]
        marks = {row["client"]: Segment(row["mark"]) for row in clients if row.get("mark")}
        found = clients_as_of(identities, ledger, as_of, rules, marks)
        return [{"client": each.key, **vars(each)} for each in found]


def whole_days(rows: Rows) -> bool:
    """Tell whether every date column holds dates, not moments."""
    return all(type(row[name]) in (date, type(None)) for row in rows for name in DATES & row.keys())


ENGINES: tuple[Engine, ...] = (Pandas(), Polars(), DuckDB())
WAYS: tuple[Engine, ...] = (*ENGINES, PlainPython())
"""All ways in which the rules are computed."""

"""Columns of any type, read as dates, amounts and texts, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

import polars as pl

from kopilot_xl.domain import formatting
from kopilot_xl.errors import BookError
from kopilot_xl.importing import grid
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, read_amount, read_date
from kopilot_xl.workbook.tables.problems import Code, Problem
from kopilot_xl.workbook.tables.table import Column

_SHOWN = 3
_KEPT = 500_000
"""How many different texts of a column are remembered as read."""
_PLAIN_NUMBER = r"^-?\d+(?:[.,](?:\d{1,2}|\d{4,}))?$"
"""A number whose decimal sign leaves no doubt."""
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$"


@dataclass
class Tally:
    """What was wrong in a column of a table too long to list: how often, and for instance."""

    source: str
    column: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, count: int, *examples: object) -> None:
        """Count some more."""
        self.count += count
        for each in examples:
            if len(self.examples) < _SHOWN and str(each) not in self.examples:
                self.examples.append(str(each))

    def problem(self, code: Code, what: str, done: str) -> Problem | None:
        """Return the line to tell, if there is anything to tell; `what` is said of the rows, as in `without an id`."""
        if not self.count:
            return None
        some = ", ".join(f'"{each}"' for each in self.examples)
        such = f", such as {some}" if some else ""
        wrong = f"{formatting.count(self.count, 'row')} {what}{such}."
        return Problem(code, self.source, None, self.column, None, ", ".join(self.examples), wrong, done)


class _Reading:
    """Reads a column's values as those of a sheet, each different one once, whatever thread it comes in."""

    def __init__(self, read: Callable[[Any], Any], kind: Any, tally: Tally) -> None:
        self._read, self._kind, self._tally = read, kind, tally
        self._known: dict[Any, Any] = {}
        self._bad: set[Any] = set()
        self._lock = Lock()

    def __call__(self, values: pl.Series) -> pl.Series:
        different = values.unique().to_list()
        with self._lock:
            if len(self._known) > _KEPT:
                self._known.clear()
                self._bad.clear()
            read = [self._one(each) for each in different]
            bad = [each for each in different if each in self._bad]
            if bad:
                self._tally.add(int(values.is_in(bad).sum()), *sorted(map(str, bad)))
        new = pl.Series(read, dtype=self._kind)
        return values.replace_strict(pl.Series(different, dtype=values.dtype), new, return_dtype=self._kind)

    def _one(self, value: Any) -> Any:
        if value is None:
            return None
        if value not in self._known:
            try:
                self._known[value] = self._read(value)
            except UnreadableError:
                self._known[value] = None
                self._bad.add(value)
        return self._known[value]


@dataclass(frozen=True)
class _Typed:
    """How a table's columns become typed ones, and what was wrong with them."""

    source: str
    order: DateOrder | None
    tallies: dict[Column, Tally] = field(default_factory=dict)
    readings: dict[tuple[Column, str | None], _Reading] = field(default_factory=dict)
    doubtful: set[Column] = field(default_factory=set)
    """The columns with a text that could be two different days."""

    def tally(self, column: Column) -> Tally:
        """What was wrong in a column; complete when the frames were computed."""
        return self.tallies.setdefault(column, Tally(self.source, column.header))

    def days_problem(self, column: Column, what: str, done: str) -> Problem | None:
        """Return the line to tell of days that cannot be read; it names the way out for those that could be two."""
        code = Code.UNREADABLE_DATE
        if column in self.doubtful:
            code = Code.AMBIGUOUS_DATE
            done += f" --date-order {' or '.join(DateOrder)} settles what could be two different days."
        return self.tally(column).problem(code, f"with {what} that cannot be read", done)

    def _read(
        self, column: Column, value: pl.Expr, kind: Any, read: Callable[[Any], Any], how: str | None = None
    ) -> pl.Expr:
        reading = self.readings.setdefault((column, how), _Reading(read, kind, self.tally(column)))
        return value.map_batches(reading, return_dtype=kind, is_elementwise=True)

    def of_bytes(self, value: pl.Expr, column: Column) -> pl.Expr:
        """Bytes as texts."""
        return self._read(column, value, pl.String(), grid.text_of, "bytes")

    def text(self, value: pl.Expr, kind: Any, column: Column) -> pl.Expr:
        """An id or another text: a whole number without decimals."""
        if kind.is_float():
            whole = value.is_finite() & (value == value.round(0)) & (value.abs() < 2.0**63)
            number = pl.when(whole).then(value).cast(pl.Int64)
            return pl.coalesce(number.cast(pl.String), pl.when(value.is_not_nan()).then(value.cast(pl.String)))
        if kind.is_nested() or kind == pl.Object:
            raise BookError(
                f"{self.source}: the column of {column.header} holds {kind}, neither texts nor numbers. "
                "Write it as text."
            )
        return value.cast(pl.String)

    def day(self, value: pl.Expr, kind: Any, column: Column) -> pl.Expr:
        """A day; the time of day is dropped, in the time zone of the column."""
        if kind == pl.Date:
            return value
        if isinstance(kind, pl.Datetime):
            return value.dt.replace_time_zone(None).dt.date()
        if kind == pl.String:
            value = pl.when(value.str.contains(_MOMENT)).then(value.str.slice(0, 10)).otherwise(value)
        else:
            self.text(value, kind, column)  # refuses what is neither

        def read(cell: Any) -> date | None:
            try:
                return read_date(cell, self.order)
            except UnreadableError:
                if self.order is None and _is_day(cell, DateOrder.DMY):
                    self.doubtful.add(column)
                raise

        return self._read(column, value, pl.Date(), read)

    def amount(self, value: pl.Expr, kind: Any, column: Column, decimal: str | None) -> pl.Expr:
        """A number; one that is not finite is none."""
        if kind.is_numeric():
            number = value.cast(pl.Float64)
            return pl.when(number.is_finite()).then(number)
        if kind == pl.String:
            value = value.str.strip_chars()
            plain = value.str.contains(_PLAIN_NUMBER)
            number = pl.when(plain).then(value).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
            value = pl.when(~plain).then(value)
        else:
            self.text(value, kind, column)
            number = pl.lit(None, dtype=pl.Float64)

        def read(cell: Any) -> float | None:
            return read_amount(cell, decimal)

        return pl.coalesce(number, self._read(column, value, pl.Float64(), read, decimal))


def _is_day(cell: Any, order: DateOrder) -> bool:
    try:
        return read_date(cell, order) is not None
    except UnreadableError:
        return False

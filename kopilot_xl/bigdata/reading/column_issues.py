"""What could not be read in a table that is too long to list row by row: how often, in which column, for instance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

from kopilot_xl.domain import formatting
from kopilot_xl.errors import BookError
from kopilot_xl.importing.parquet import text_of
from kopilot_xl.texts import t
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, read_amount, read_date
from kopilot_xl.workbook.tables.problems import Code, Problem
from kopilot_xl.workbook.tables.table import Column

MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
"""A day with a time of day."""
_SHOWN = 3
_KEPT = 500_000
"""How many different values of a column are remembered with what they were read as."""


@dataclass
class ColumnIssues:
    """How many rows of a column have the same thing wrong with them, and a few of their values."""

    source: str
    column: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, count: int, *examples: object) -> None:
        """Count some more rows."""
        self.count += count
        for example in examples:
            if len(self.examples) < _SHOWN and str(example) not in self.examples:
                self.examples.append(str(example))

    def problem(self, code: Code, what: str, done: str) -> Problem | None:
        """Return the line to report, None if there are no such rows; `what` follows "3 rows", as `without an id`."""
        if not self.count:
            return None
        some = ", ".join(f'"{example}"' for example in self.examples)
        such = t(", such as {some}", some=some) if some else ""
        wrong = f"{formatting.count(self.count, 'row')} {what}{such}."
        return Problem(code, self.source, None, self.column, None, ", ".join(self.examples), wrong, done)


class ValueReader:
    """Reads a column's values as those of a sheet, each different one once, in whichever thread they come."""

    def __init__(self, read: Callable[[Any], Any], issues: ColumnIssues) -> None:
        self._read, self._issues = read, issues
        self._known: dict[Any, Any] = {}
        self._unreadable: set[Any] = set()
        self._lock = Lock()

    def different(self, values: Sequence[Any], count: Callable[[list[Any]], int]) -> list[Any]:
        """Return what each of some different values is read as, None for what cannot be read.

        Args:
            values: the values that occur, each once.
            count: how many rows have one of those that cannot be read.
        """
        with self._lock:
            if len(self._known) > _KEPT:
                self._known.clear()
                self._unreadable.clear()
            read = [self._one(value) for value in values]
            unreadable = [value for value in values if value in self._unreadable]
            if unreadable:
                self._issues.add(count(unreadable), *sorted(map(str, unreadable)))
        return read

    def every(self, values: Sequence[Any]) -> list[Any]:
        """Return what each value is read as, None for what cannot be read."""
        occurring = list(dict.fromkeys(values))
        read = dict(zip(occurring, self.different(occurring, lambda bad: _count(values, bad)), strict=True))
        return [read[value] for value in values]

    def _one(self, value: Any) -> Any:
        if value is None:
            return None
        if value not in self._known:
            try:
                self._known[value] = self._read(value)
            except UnreadableError as reason:
                self._known[value] = reason.taken_as
                self._unreadable.add(value)
        return self._known[value]


def _count(values: Iterable[Any], some: Iterable[Any]) -> int:
    wanted = set(some)
    return sum(value in wanted for value in values)


@dataclass(frozen=True)
class TableIssues:
    """How the values of a table are read, whatever library has them, and what was wrong with them."""

    source: str
    order: DateOrder | None
    columns: dict[Column, ColumnIssues] = field(default_factory=dict)
    readers: dict[tuple[Column, str], ValueReader] = field(default_factory=dict)
    ambiguous: set[Column] = field(default_factory=set)
    """The columns with a text that could be two different days."""

    def of(self, column: Column) -> ColumnIssues:
        """Return what was wrong in a column; complete once the table was read to its end."""
        return self.columns.setdefault(column, ColumnIssues(self.source, column.header))

    def days_problem(self, column: Column, what: str, done: str) -> Problem | None:
        """Return the line to report of days that cannot be read; it names the way out for those that could be two."""
        code = Code.UNREADABLE_DATE
        if column in self.ambiguous:
            code = Code.AMBIGUOUS_DATE
            done += t(" --date-order {orders} settles what could be two different days.", orders=" or ".join(DateOrder))
        return self.of(column).problem(code, t("with {what} that cannot be read", what=what), done)

    def bytes_reader(self, column: Column) -> ValueReader:
        """Return what reads bytes as texts."""
        return self._reader(column, "bytes", text_of)

    def day_reader(self, column: Column) -> ValueReader:
        """Return what reads days."""

        def read(cell: Any) -> date | None:
            try:
                return read_date(cell, self.order)
            except UnreadableError:
                if self.order is None and _is_day(cell, DateOrder.DMY):
                    self.ambiguous.add(column)
                raise

        return self._reader(column, "day", read)

    def amount_reader(self, column: Column, decimal: str | None) -> ValueReader:
        """Return what reads amounts with a decimal sign."""
        return self._reader(column, f"amount {decimal}", lambda cell: read_amount(cell, decimal))

    def _reader(self, column: Column, how: str, read: Callable[[Any], Any]) -> ValueReader:
        return self.readers.setdefault((column, how), ValueReader(read, self.of(column)))


def _is_day(cell: Any, order: DateOrder) -> bool:
    try:
        return read_date(cell, order) is not None
    except UnreadableError:
        return False


def not_a_value(source: str, column: Column, kind: object) -> BookError:
    """Return what to raise for a column of lists or other nested values."""
    return BookError(
        t(
            "{source}: the column of {column} holds {kind}, neither texts nor numbers. Write it as text.",
            source=source,
            column=column.header,
            kind=kind,
        )
    )

"""What a table is: its columns, and reading them by their header into typed values and problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import repeat
from typing import TypeVar, cast

from kopilot_xl.errors import MissingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book, TableData, Value
from kopilot_xl.workbook.tables.parsing import UnreadableError, is_blank, shown
from kopilot_xl.workbook.tables.problems import Code, Problem

T = TypeVar("T")


class Format(Enum):
    """How a column's cells are shown; the value is Excel's number format."""

    TEXT = "General"
    DATE = "yyyy-mm-dd"
    DAY = "d mmm yyyy"
    MOMENT = "yyyy-mm-dd hh:mm"
    MONTH = "mmm yyyy"
    AMOUNT = "#,##0;[Red]-#,##0"
    COUNT = "#,##0"
    DASHED = '#,##0;-#,##0;"–"'
    ROWS = '[=1]0" row";#,##0" rows"'
    SHARE = "0%"
    SHARE_1 = '0.0%;-0.0%;"–"'
    UNSEEN = ";;;"
    RATIO = "0.00"
    TILT = "+0.00;-0.00;0.00"


@dataclass(frozen=True)
class Column:
    """A column of a table, known by its header.

    `required` columns must be there to read the table; `written` ones are refresh's, the others the user's.
    `formula` is what its cells hold, in the words of `Book.write_column`; `rule` the same as the table's own
    calculated-column rule.
    """

    header: str
    format: Format = Format.TEXT
    width: float = 14
    required: bool = False
    written: bool = False
    formula: str | None = None
    rule: str | None = None
    choices: tuple[str, ...] = ()
    """what its drop-down offers"""
    shrink: bool = False
    """whether a text too long for it is shown smaller instead of cut: an id is no use in part"""
    wrap: bool = False
    """whether a text too long for it goes on below: for what a person types, as Excel then fits the row's height"""
    clear: bool = False
    """whether its texts may be cut, so that what follows keeps clear of them"""
    hidden: bool = False
    """whether it is out of sight: formulas need it, people do not"""


@dataclass(frozen=True)
class Table:
    """A table and its columns. It is on the sheet of its own name."""

    name: str
    columns: tuple[Column, ...]
    needed: tuple[tuple[Column, ...], ...] = ()
    """what a row right under the table has to hold to be one of it: something in one column of each group"""

    @property
    def headers(self) -> list[str]:
        """The headers, left to right."""
        return [column.header for column in self.columns]

    def of(self, book: Book) -> TableRows:
        """Read the table from a book.

        Raises:
            MissingError: the table or a required column is not there; the text names it and the way out.
        """
        return self.read(book.table(self.name), book.name)

    def read(self, data: TableData, source: str) -> TableRows:
        """Take a table's data as they are, blank rows left out; `source` is what errors call the file.

        Raises:
            MissingError: a required column is not there.
        """
        rows = TableRows(self, data)
        for column in self.columns:
            if column.required and rows.position(column) is None:
                found = ", ".join(filter(None, data.headers)) or "none"
                raise MissingError(
                    t(
                        '{source}: the table {book} has no column "{column}" (its columns: {found}). Restore '
                        "the column or its header, then refresh again.",
                        source=source,
                        book=self.name,
                        column=column.header,
                        found=found,
                    )
                )
        return rows


def same_name(header: str) -> str:
    """Return what a header is compared by: case, line breaks and extra blanks do not count."""
    return " ".join(header.split()).casefold()


@dataclass(frozen=True)
class TableRows:
    """The rows of a table that are not blank, read column by column."""

    table: Table
    data: TableData

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {same_name(header): index for index, header in reversed(list(enumerate(self.data.headers)))}

    @cached_property
    def indices(self) -> Sequence[int]:
        """The positions of the rows among all rows of the data, the blank ones too."""
        columns = [column for column in self.table.columns if not column.written]
        mine = [at for column in columns if (at := self.position(column)) is not None]
        first = mine[0] if mine else 0
        rows = self.data.rows
        # Nearly every row of a million has something in its first column: that is asked first, and quickly.
        leading = [row[first] for row in rows]
        texts = leading if set(map(type, leading)) == {str} else [value for value in leading if isinstance(value, str)]
        if all(leading) and not any(map(str.isspace, texts)):  # type: ignore[arg-type]
            return range(len(rows))
        return [index for index, row in enumerate(rows) if any(not is_blank(row[at]) for at in mine)]

    def __len__(self) -> int:
        return len(self.indices)

    def position(self, column: Column) -> int | None:
        """Return the index of a column among the data's columns, None where it is missing."""
        return self._positions.get(same_name(column.header))

    def values(self, column: Column) -> list[Value]:
        """Return a column's values as they are, blanks where the column is missing."""
        at = self.position(column)
        if at is None:
            return list(repeat(None, len(self.indices)))
        rows = self.data.rows
        if len(self.indices) == len(rows):
            return [row[at] for row in rows]
        return [rows[index][at] for index in self.indices]

    def typed(
        self,
        column: Column,
        read: Callable[[Value], T | None],
        done: str,
        at_once: Callable[[Sequence[Value]], list[T | None] | None] | None = None,
    ) -> tuple[list[T | None], dict[int, Problem]]:
        """Return a column's values as `read` understands them, and a problem for each that it does not, by position.

        An unreadable value becomes None, or what its error says, and its problem says what was `done` about it.
        `at_once` reads a whole column that holds nothing out of the ordinary, and returns None for any other.
        """
        values = self.values(column)
        problems: dict[int, Problem] = {}
        if at_once is not None and (usual := at_once(values)) is not None:
            return usual, problems
        try:
            return [read(value) for value in values], problems
        except UnreadableError:
            pass  # then one by one, to name those
        typed: list[T | None] = []
        for position, value in enumerate(values):
            try:
                typed.append(read(value))
            except UnreadableError as reason:
                typed.append(cast("T | None", reason.taken_as))
                problems[position] = self.problem(position, column, reason.code, str(reason), reason.done or done)
        return typed, problems

    def problem(self, position: int, column: Column, code: Code, wrong: str, done: str, value: Value = None) -> Problem:
        """Return a finding about the cell of a column in the row at a position.

        Args:
            position: which of the rows that are not blank.
            column: the column; it need not be there.
            code: what was found.
            wrong: the same as a sentence.
            done: what was done about it.
            value: the value it is about, where that is not the cell's.
        """
        index = self.indices[position]
        at = self.position(column)
        if at is not None and value is None:
            value = self.data.rows[index][at]
        return Problem(
            code=code,
            sheet=self.data.sheet,
            row=self.row_number(position),
            column=column.header,
            letter=None if at is None else self.data.column_letter(at),
            value=shown(value),
            wrong=wrong,
            done=done,
        )

    def row_number(self, position: int) -> int:
        """Return the sheet row of the row at a position."""
        return self.data.row_number(self.indices[position])

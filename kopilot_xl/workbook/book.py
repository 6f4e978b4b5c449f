"""What a refresh needs of a workbook, be it a file or open in Excel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from os import PathLike
from typing import Protocol, TypeVar

from kopilot_xl.workbook.addresses import column_letters

T = TypeVar("T")


@dataclass(frozen=True)
class ErrorValue:
    """A cell that shows an Excel error such as #N/A. `code` is what the cell shows."""

    code: str

    def __str__(self) -> str:
        return self.code


class Number1904(float):
    """A number from a workbook that counts days from 1904: read as a date, it is a day 1,462 days later than usual.

    It is what a date is in a cell that is not formatted as one. In all else it is the number it holds.
    """

    __slots__ = ()


Value = str | float | int | bool | date | datetime | time | ErrorValue | None
"""What a cell holds. A whole day is a `date`, a blank cell is None."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula to write into a cell, without `=`, and what it shows."""

    text: str
    shown: Value


def counted_from_1904(rows: Sequence[Sequence[Value]]) -> list[list[Value]]:
    """Return the values of a workbook that counts days from 1904, with its numbers known as such."""
    return [
        [Number1904(value) if type(value) is float or type(value) is int else value for value in row] for row in rows
    ]


@dataclass(frozen=True, slots=True)
class BelowCell:
    """A cell under a table: its value, and its formula without `=` where it has one."""

    value: Value = None
    formula: str | None = None

    @property
    def is_filled(self) -> bool:
        """Whether it holds anything but blanks."""
        return self.formula is not None or not (
            self.value is None or (isinstance(self.value, str) and not self.value.strip())
        )


@dataclass(frozen=True)
class TableData:
    """A table of a book: headers and data rows, no totals row.

    `rows[i]` is sheet row `header_row + 1 + i` and as long as `headers`. `header_row` and `first_column`, the sheet
    column of `headers[0]`, count from 1.
    """

    name: str
    sheet: str
    header_row: int
    first_column: int
    headers: Sequence[str]
    rows: Sequence[Sequence[Value]]
    held: Mapping[str, Sequence[Value]] = field(default_factory=dict, kw_only=True)
    """what the cells of columns hold, by header, where their rows were read otherwise"""

    @property
    def shows_its_cells(self) -> bool:
        """Whether `rows` are what the cells of its sheet hold, and not what was read from them."""
        return True

    def row_number(self, index: int) -> int:
        """Return the sheet row, counted from 1, of the data row at `index`."""
        return self.header_row + 1 + index

    def column_letter(self, index: int) -> str:
        """Return the letters of the sheet column of `headers[index]`."""
        return column_letters(self.first_column + index)


@dataclass(frozen=True)
class Block:
    """Cells of a sheet that count as a table: the row of headings, and the rows under it.

    `header_row` and `first_column` count from 1; `height` is the number of rows under the headings. `headers` are what
    the columns are called here, which may differ from what their cells show; `calculated` are those that hold formulas.
    """

    sheet: str
    header_row: int
    first_column: int
    headers: Sequence[str]
    height: int
    calculated: Collection[str] = ()


def name_key(name: str) -> str:
    """Return the key of a name: Excel tells names apart without regard to case, but `Jan` is another than `Jan `."""
    return name.lower()


def folded(name: str) -> str:
    """Return a name without regard to case and surrounding blanks, as the names of columns are compared."""
    return name.strip().casefold()


def find_named(items: Mapping[str, T], name: str) -> T | None:
    """Return the item that a name means, None where there is none.

    Args:
        items: items by `name_key`.
        name: the name; one that is spelled so comes before one that is the same when `folded`.
    """
    found = items.get(name_key(name))
    if found is not None:
        return found
    wanted = folded(name)
    return next((item for key, item in items.items() if folded(key) == wanted), None)


def is_shown(headers: Sequence[str], rows: Sequence[Sequence[Value]], columns: Mapping[str, Sequence[Value]]) -> bool:
    """Tell whether rows show these values already, by header; columns that they do not have are passed over."""
    positions = {folded(header): index for index, header in reversed(list(enumerate(headers)))}
    for header, values in columns.items():
        index = positions.get(folded(header))
        if index is not None and [row[index] for row in rows] != list(values or [None]):
            return False
    return True


class Readable(Protocol):
    """A workbook to read tables, named cells and sheets from, as it was opened.

    Names of tables, named cells, sheets and columns are compared without regard to case and surrounding blanks.
    """

    @property
    def name(self) -> str:
        """The file name or title to call it by in messages."""
        ...

    @property
    def is_signed(self) -> bool:
        """Whether it has a digital signature, which saving what was written takes away."""
        ...

    def table(self, name: str) -> TableData:
        """Return a table by its name.

        Raises:
            MissingError: there is no such table.
        """
        ...

    def below(self, name: str) -> Sequence[Sequence[BelowCell]]:
        """Return the cells right under a table, row by row in its columns, down to the last filled one.

        They end where another table begins. A table with a totals row has that row in between.

        Raises:
            MissingError: there is no such table.
        """
        ...

    def beside(self, name: str) -> Sequence[Sequence[Value]]:
        """Return the values of a table's sheet from A1 on, if cells outside its columns may be in use; else none.

        Raises:
            MissingError: there is no such table.
        """
        ...

    def grow(self, name: str, rows: int) -> None:
        """Count so many rows right under a table as its own from now on; `save` makes it that long.

        They keep what they hold and get the looks of the row above them.

        Raises:
            MissingError: there is no such table.
            SaveError: the table cannot grow: it has a totals row, or its rows come from a query.
        """
        ...

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table of that name."""
        ...

    def is_table(self, name: str) -> bool:
        """Tell whether there is a table of that name that was made with Excel's Format as Table."""
        ...

    def declare(self, name: str, block: Block, table: str | None = None) -> None:
        """Have cells of a sheet count as the table of a name from now on.

        Args:
            name: the name.
            block: the cells, and what their columns are called.
            table: the table of Excel's that they are, None where they are plain cells. It says where it is itself.

        Raises:
            MissingError: there is no such table or sheet.
        """
        ...

    def has_sheet(self, name: str) -> bool:
        """Tell whether there is a sheet of that name, hidden or not."""
        ...

    def sheet_values(self, name: str) -> Sequence[Sequence[Value]]:
        """Return the values of a sheet from A1 on, row by row; rows may differ in length.

        Raises:
            MissingError: there is no such sheet.
        """
        ...

    def cell(self, name: str) -> Value:
        """Return the value of a named cell (of the first cell, if the name covers several).

        Raises:
            MissingError: there is no such name, or it points nowhere.
        """
        ...

    def cell_address(self, name: str) -> str:
        """Return where a named cell is, as in `Settings!B3`.

        Raises:
            MissingError: as `cell`.
        """
        ...

    def formulas_mentioning(self, words: Sequence[str]) -> list[str]:
        """Return the addresses of formula cells, other than those written here, that mention one of the words."""
        ...


class Writable(Protocol):
    """A workbook to write cells to; what is written is gathered until `save`."""

    def write_column(self, table: str, header: str, values: Sequence[Value], *, formula: str | None = None) -> bool:
        """Write one value per data row into a column; a cell that holds a formula keeps it and shows the value.

        `formula` is what a cell without one gets in a calculated column, with `{Header}` meaning the cell of
        that column in the same row: `SEGMENT({Client ID})`. Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
        """
        ...

    def write_cells(self, table: str, header: str, values: Mapping[int, Value]) -> bool:
        """Write some cells of a column, by the index of their data row, and leave the others as they are.

        Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
        """
        ...

    def write_links(self, table: str, header: str, values: Sequence[Value], formula: str) -> bool:
        """Write a calculated column most of whose cells are blank: only those with something to show get a formula.

        `values` and `formula` are as in `write_column`; a cell that is to show nothing and does so is left alone.
        Returns False where the column does not exist or is not calculated: then it is somebody else's.

        Raises:
            MissingError: there is no such table.
        """
        ...

    def write_table(self, table: str, columns: Mapping[str, Sequence[Value]]) -> None:
        """Make a table as many rows long as the columns (at least one, blank if need be) and fill them.

        Columns are named by header; one that does not exist is passed over, one that is not named keeps its cells.
        Rows cut off are emptied. New rows look like the row above them; a totals row moves along. Where anything
        changes no row stays hidden, and a filter that hid some is taken off. References typed as addresses that cover
        the table's data go on covering them.

        Raises:
            MissingError: there is no such table.
            SaveError: there is no room: cells below the table are in use.
        """
        ...

    def append_rows(self, table: str, columns: Mapping[str, Sequence[Value]]) -> int:
        """Write rows below the last one that has something in one of these columns; other rows stay untouched.

        Columns are named by header; one that does not exist is passed over. The table grows as far as need be.

        Returns:
            The sheet row of the first of them.

        Raises:
            MissingError: there is no such table.
            SaveError: there is no room: cells below the table are in use.
        """
        ...

    def write_block(self, name: str, rows: Sequence[Sequence[Value | Formula]], *, over_formulas: bool = False) -> bool:
        """Fill a named block of cells from its top left, and empty the rest of it; False if there is no such name.

        A cell that holds a formula keeps it and shows the value, unless `over_formulas`.

        Raises:
            SaveError: there are more rows or columns than the block has.
        """
        ...

    def show_block(self, name: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Give the formulas of a named block what they are about to show; False if there is no such name.

        It is for programs that show a workbook without calculating it. A workbook open in Excel calculates by itself.

        Raises:
            SaveError: there are more rows or columns than the block has.
        """
        ...

    def write_sheet(self, sheet: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a whole sheet from A1 and empty every other cell of it; False if there is no such sheet."""
        ...

    def locked(
        self,
        path: str | PathLike[str] | None = None,
        *,
        backup: bool = False,
        waiting: Callable[[str], None] | None = None,
    ) -> AbstractContextManager[None]:
        """Hold an exclusive lock on what `save(path, backup=backup)` would write for the block; others wait.

        Where the book itself changed since it was opened, and nothing is to be written yet, it is read anew.
        `waiting` is called with a line to show, if there is something to wait for.

        Raises:
            SaveError: others had it for too long, or `save` could not write now.
            BookError: it changed, and cannot be read any more.
        """
        ...

    def save(self, path: str | PathLike[str] | None = None, *, backup: bool = False) -> None:
        """Write what was gathered, to the book itself or to another path; all or nothing.

        `backup` keeps the version that is replaced.

        Raises:
            SaveError: it cannot be written; what was there before is untouched.
        """
        ...


class Book(Readable, Writable, Protocol):
    """A workbook to read from and to write to. Knows nothing of clients."""

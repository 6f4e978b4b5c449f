"""A workbook that is open in Excel as a `Book`: whole tables come and go through xlwings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.addresses import cell_address, quote_sheet
from kopilot_xl.workbook.book import BelowCell, Block, Formula, TableData, Value
from kopilot_xl.workbook.live.applying import apply, check
from kopilot_xl.workbook.live.excel_errors import explained, patience
from kopilot_xl.workbook.live.layout import Structure
from kopilot_xl.workbook.live.quiet import quiet
from kopilot_xl.workbook.live.ranges import excel_property
from kopilot_xl.workbook.live.writing import PendingWrites

if TYPE_CHECKING:
    import xlwings as xw

_HALFWAY = marked("Some cells may have been written already; refreshing again writes all of them.")


class LiveBook:
    """A workbook that is open in Excel, as a `Book`.

    Reading and writing happen inside `locked`: there Excel is kept from redrawing, recalculating and running
    events, and everything it was set to is restored whatever happens. `save` puts what was gathered into the open
    workbook; the file is left for the user to save. Filters, the selection and the user's formulas stay as they are.
    """

    def __init__(self, book: xw.Book) -> None:
        self._book = book
        self._forget()

    def _forget(self) -> None:
        self._structure = Structure(self._book)
        self._writes = PendingWrites(self._structure)

    @property
    def name(self) -> str:
        """The workbook's name, to call it by in messages."""
        return self._structure.name

    @property
    def is_read_only(self) -> bool:
        """Whether Excel cannot save it under its own name."""
        return bool(excel_property(self._book.api, "ReadOnly", "read_only"))

    @property
    def folder(self) -> Path | None:
        """The folder of this computer that its file is in; None if there is none, as for a new or a shared one."""
        try:
            path = Path(str(self._book.fullname))
        except Exception:  # xlwings cannot tell where OneDrive keeps it
            return None
        return path.parent if path.is_absolute() and path.is_file() else None

    def save_copy(self, path: Path) -> None:
        """Have Excel write a copy of the workbook as it is now into a file; the workbook stays what it is.

        Raises:
            SaveError: Excel cannot.
        """
        with explained(SaveError):
            self._book.api.SaveCopyAs(str(path))

    @property
    def is_signed(self) -> bool:
        """Whether it has a digital signature; Excel takes it out when the workbook is saved. A Mac does not tell."""
        try:
            return bool(self._book.api.Signatures.Count)
        except AttributeError:
            return False

    @contextmanager
    def locked(
        self,
        path: str | PathLike[str] | None = None,
        *,
        backup: bool = False,
        waiting: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Keep Excel quiet until the block ends, then restore all its settings, also when anything fails.

        Nobody has to be waited for and nothing backed up: the open workbook is the user's own, its file is not
        written. It is read anew, unless something is to be written already.

        Raises:
            SaveError: a path was given.
            BookError: Excel does not answer.
        """
        _refuse_path(path)
        if not self._writes:
            self._forget()
        with patience(), explained(BookError), quiet(self._book.app):
            yield

    # reading

    def table(self, name: str) -> TableData:
        """Return a table by its name; without such a table, the header row of a sheet of that name and its rows.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        found = self._structure.layout(name)
        return TableData(found.name, found.sheet.name, found.header_row, found.first_column, found.headers, found.rows)

    def below(self, name: str) -> Sequence[Sequence[BelowCell]]:
        """Return the cells right under a table, row by row in its columns, down to the last filled one.

        They end where another table begins.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        return self._structure.below(name)

    def beside(self, name: str) -> Sequence[Sequence[Value]]:
        """Return the values of a table's sheet from A1 on, if cells outside its columns may be in use; else none.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        return self._structure.beside(name)

    def grow(self, name: str, rows: int) -> None:
        """Count so many rows right under a table as its own from now on; `save` makes it that long.

        They keep what they hold and get the looks of the row above them.

        Raises:
            MissingError: there is no such table.
            SaveError: the table has a totals row.
            BookError: Excel does not answer.
        """
        self._writes.grow(name, rows)

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table of that name, or a sheet of that name with a header row."""
        return self._structure.table(name) is not None or self._structure.find_layout(name) is not None

    def is_table(self, name: str) -> bool:
        """Tell whether there is a table of that name that was made with Excel's Format as Table."""
        return self._structure.table(name) is not None

    def declare(self, name: str, block: Block, table: str | None = None) -> None:
        """Have cells of a sheet count as the table of a name from now on, as `Readable.declare` says.

        Raises:
            MissingError: there is no such table or sheet.
            BookError: Excel does not answer.
        """
        self._structure.declare(name, block, table)

    def has_sheet(self, name: str) -> bool:
        """Tell whether there is a sheet of that name, hidden or not."""
        return self._structure.sheet(name) is not None

    def sheet_values(self, name: str) -> Sequence[Sequence[Value]]:
        """Return the values of a sheet from A1 on, row by row.

        Raises:
            MissingError: there is no such sheet.
            BookError: Excel does not answer.
        """
        sheet = self._structure.sheet(name)
        if sheet is None:
            raise MissingError(t("{book} has no sheet {name}.", book=self.name, name=name))
        return self._structure.values(sheet)

    def cell(self, name: str) -> Value:
        """Return the value of a named cell (of the first cell, if the name covers several).

        Raises:
            MissingError: there is no such name, or it points nowhere.
            BookError: Excel does not answer.
        """
        return self._structure.named_value(name)

    def cell_address(self, name: str) -> str:
        """Return where a named cell is, as in `Settings!B3`.

        Raises:
            MissingError: as `cell`.
        """
        area = self._structure.named_area(name)
        return f"{quote_sheet(area.sheet.name)}!{cell_address(area.top, area.left)}"

    def formulas_mentioning(self, words: Sequence[str]) -> list[str]:
        """Return no addresses: Excel itself recalculates the formulas that read what was written."""
        return []

    # writing

    def write_column(self, table: str, header: str, values: Sequence[Value], *, formula: str | None = None) -> bool:
        """Write one value per data row into a column; a cell that holds a formula keeps it.

        A column that `formula` belongs to and that holds formulas gets no values: they recalculate by themselves.
        Only its cells without one get theirs. Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
            BookError: Excel does not answer.
        """
        return self._writes.column(table, header, values, formula)

    def write_cells(self, table: str, header: str, values: Mapping[int, Value]) -> bool:
        """Write some cells of a column, by the index of their data row, and leave the others as they are.

        Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        return self._writes.cells(table, header, values)

    def write_links(self, table: str, header: str, values: Sequence[Value], formula: str) -> bool:
        """Give the blank cells of a column a formula where there is something to show; they recalculate by themselves.

        Nothing is written to a column that holds anything but formulas: it is somebody else's. Returns False where the
        column does not exist.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
            BookError: Excel does not answer.
        """
        return self._writes.links(table, header, values, formula)

    def write_table(self, table: str, columns: Mapping[str, Sequence[Value]]) -> None:
        """Make a table as many rows long as the columns (at least one, blank if need be) and fill them.

        Columns are named by header; one that does not exist is passed over, one that is not named keeps its cells.
        Rows cut off are emptied; a totals row moves along.

        Raises:
            MissingError: there is no such table.
            ValueError: the columns are not equally long.
        """
        self._writes.table(table, columns)

    def append_rows(self, table: str, columns: Mapping[str, Sequence[Value]], start: int | None = None) -> int:
        """Write rows below the last one that has something in one of these columns; other rows stay untouched.

        `start` is the index of the data row to begin at instead.

        Returns:
            The sheet row of the first of them.

        Raises:
            MissingError: there is no such table.
        """
        return self._writes.append(table, columns, start)

    def write_block(self, name: str, rows: Sequence[Sequence[Value | Formula]], *, over_formulas: bool = False) -> bool:
        """Fill a named block of cells from its top left, and empty the rest of it; False if there is no such name.

        A name that points nowhere counts as none. Formulas in the block are replaced, whatever `over_formulas` says.

        Raises:
            ValueError: there are more rows or columns than the block has.
            BookError: Excel does not answer.
        """
        return self._writes.block(name, rows)

    def show_block(self, name: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Leave the formulas of a named block to Excel, which calculates them; False if there is no such name.

        Raises:
            BookError: Excel does not answer.
        """
        try:
            self._structure.named_area(name)
        except MissingError:
            return False
        return True

    def write_sheet(self, sheet: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a whole sheet from A1 and empty every other cell of it; False if there is no such sheet."""
        return self._writes.sheet(sheet, rows)

    def save(self, path: str | PathLike[str] | None = None, *, backup: bool = False) -> None:
        """Put what was gathered into the open workbook. Its file is not saved: that is for the user to do.

        What can be found out before is found out before anything is written.

        Raises:
            SaveError: a path was given, a sheet is protected, a table has no room to grow, or Excel does not take it.
        """
        _refuse_path(path)
        with patience():
            with explained(SaveError):
                check(self._writes, self._structure)
            try:
                with explained(SaveError):
                    apply(self._writes, self._structure)
            except SaveError as error:
                raise SaveError(f"{error} {t(_HALFWAY)}") from error.__cause__
        self._forget()


def _refuse_path(path: str | PathLike[str] | None) -> None:
    if path is not None:
        raise SaveError(
            t(
                "A workbook that is open in Excel is refreshed where it is. To have it elsewhere "
                "too, save it under another name in Excel (F12)."
            )
        )

"""A workbook on disk as a `Book`: read as it was opened, written at once by `save`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kopilot_xl import interrupts
from kopilot_xl.errors import MissingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import cell_address, quote_sheet
from kopilot_xl.workbook.book import BelowCell, Block, Formula, TableData, Value, find_named
from kopilot_xl.workbook.file.applying import apply
from kopilot_xl.workbook.file.layout import Layouts
from kopilot_xl.workbook.file.locking import file_lock
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.parts import Structure
from kopilot_xl.workbook.file.reading import SheetReader
from kopilot_xl.workbook.file.saving import check_writable
from kopilot_xl.workbook.file.writing import PendingWrites


class FileBook:
    """A workbook file as a `Book`: read as it was opened, written at once by `save`.

    What is not written keeps its bytes. Sheet protection is for people at the screen: it hinders no refresh.

    Raises:
        BookError: there is no such file, or it is not a workbook that can be read; the text says which and
            what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._open(path)

    def _open(self, path: str | os.PathLike[str]) -> None:
        self._package = Package(path)
        self._structure = Structure(self._package)
        self._reader = SheetReader(self._structure)
        self._layouts = Layouts(self._structure, self._reader)
        self._writes = PendingWrites(self._structure, self._reader, self._layouts)

    @property
    def path(self) -> Path:
        """The file it was opened from."""
        return self._package.path

    @property
    def name(self) -> str:
        """The file's name, to call it by in messages."""
        return self._structure.name

    @property
    def is_signed(self) -> bool:
        """Whether the file has a digital signature, which `save` leaves out where anything changes."""
        return self._package.is_signed

    @property
    def sheet_names(self) -> list[str]:
        """The names of the worksheets, in the order of their tabs."""
        return [sheet.name for sheet in self._structure.sheets.values()]

    @property
    def table_names(self) -> list[str]:
        """The names of the tables that were made with Excel's Format as Table, in the order of the sheets."""
        return [table.name for table in self._structure.tables.values()]

    @contextmanager
    def locked(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        backup: bool = False,
        waiting: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Hold an exclusive lock on the file `save` is to write for the block; others who want it wait.

        If the file of the book itself changed before that, and nothing is to be written yet, it is read anew.

        Args:
            path: what `save` will be given.
            backup: what `save` will be given.
            waiting: called with a line to show, if there is something to wait for.

        Raises:
            SaveError: it was in use for too long, or `save` could not write now.
            BookError: it was to be read anew, and is not a workbook that can be read any more; or it is a Strict Open
                XML Spreadsheet, which can only be read.
        """
        self._package.check_editable()
        target = self.path if path is None else path
        check_writable(target, backup=backup)
        with file_lock(target, waiting):
            if self._package.is_own(path) and not self._writes and not self._package.seems_current():
                self._open(self.path)
            yield

    # reading

    def table(self, name: str) -> TableData:
        """Return a table by its name; without such a table, the header row of a sheet of that name and its rows.

        Raises:
            MissingError: there is no such table.
            BookError: its sheet cannot be read.
        """
        return self._layouts.data(name)

    def below(self, name: str) -> Sequence[Sequence[BelowCell]]:
        """Return the cells right under a table, row by row in its columns, down to the last filled one.

        They end where another table begins.

        Raises:
            MissingError: there is no such table.
            BookError: its sheet cannot be read.
        """
        return self._layouts.below(name)

    def beside(self, name: str) -> Sequence[Sequence[Value]]:
        """Return the values of a table's sheet from A1 on, if cells outside its columns may be in use; else none.

        Raises:
            MissingError: there is no such table.
            BookError: its sheet cannot be read.
        """
        return self._layouts.beside(name)

    def grow(self, name: str, rows: int) -> None:
        """Count so many rows right under a table as its own from now on; `save` makes it that long.

        They keep what they hold and get the looks of the row above them.

        Raises:
            MissingError: there is no such table.
            SaveError: the table cannot grow: it has a totals row, or its rows come from a query.
        """
        self._writes.grow(name, rows)

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table of that name, or a sheet of that name with a header row."""
        return self._layouts.find(name) is not None

    def is_table(self, name: str) -> bool:
        """Tell whether there is a table of that name that was made with Excel's Format as Table."""
        return find_named(self._structure.tables, name) is not None

    def declare(self, name: str, block: Block, table: str | None = None) -> None:
        """Have cells of a sheet count as the table of a name from now on.

        Args:
            name: the name.
            block: the cells, and what their columns are called.
            table: the table of Excel's that they are, None where they are plain cells. It says where it is itself.

        Raises:
            MissingError: there is no such table or sheet.
        """
        self._layouts.declare(name, block, table)

    def has_sheet(self, name: str) -> bool:
        """Tell whether there is a sheet of that name, hidden or not."""
        return self._structure.sheet(name) is not None

    def sheet_values(self, name: str) -> list[list[Value]]:
        """Return the values of a sheet from A1 on, row by row; rows may differ in length.

        Raises:
            MissingError: there is no such sheet.
            BookError: it cannot be read.
        """
        sheet = self._structure.sheet(name)
        if sheet is None:
            raise MissingError(t("{book} has no sheet {name}.", book=self.name, name=name))
        return self._reader.values(sheet)

    def cell(self, name: str) -> Value:
        """Return the value of a named cell (of the first cell, if the name covers several).

        Raises:
            MissingError: there is no such name, or it points nowhere.
            BookError: its sheet cannot be read.
        """
        sheet, area = self._structure.named_area(name)
        return self._reader.value(sheet, area.top, area.left)

    def cell_address(self, name: str) -> str:
        """Return where a named cell is, as in `Settings!B3`.

        Raises:
            MissingError: as `cell`.
        """
        sheet, area = self._structure.named_area(name)
        return f"{quote_sheet(sheet.name)}!{cell_address(area.top, area.left)}"

    def formulas_mentioning(self, words: Sequence[str]) -> list[str]:
        """Return the addresses of formula cells, other than those written here, that mention one of the words.

        They come in the order of the sheets; words are compared without case.

        Raises:
            BookError: a sheet cannot be read.
        """
        return self._reader.formulas_mentioning(words, exclude=self._writes.cover)

    # writing

    def write_column(self, table: str, header: str, values: Sequence[Value], *, formula: str | None = None) -> bool:
        """Write one value per data row into a column; a cell that holds a formula keeps it and shows the value.

        `formula` goes into the other cells of a calculated column (one whose table says so, or that has a
        formula already), `{Header}` meaning the cell of that column in the same row; none
        does if it names a column that is missing. Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
        """
        return self._writes.column(table, header, values, formula)

    def write_cells(self, table: str, header: str, values: Mapping[int, Value]) -> bool:
        """Write some cells of a column, by the index of their data row, and leave the others as they are.

        Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
        """
        return self._writes.cells(table, header, values)

    def write_links(self, table: str, header: str, values: Sequence[Value], formula: str) -> bool:
        """Write a calculated column most of whose cells are blank: only those with something to show get a formula.

        A cell that holds a formula keeps it and shows the value; one that shows nothing, and is to, is left alone.
        Returns False where the column does not exist or is not calculated: then it is somebody else's.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
        """
        return self._writes.links(table, header, values, formula)

    def write_table(self, table: str, columns: Mapping[str, Sequence[Value]]) -> None:
        """Make a table as many rows long as the columns (at least one, blank if need be) and fill them.

        Columns are named by header; one that does not exist is passed over, one that is not named keeps its
        cells. Rows cut off are emptied. New rows look like the row above them; a totals row moves along. Where anything
        changes no row stays hidden, and a filter that hid some is taken off. References typed as addresses that cover
        the table's data go on covering them.

        Raises:
            MissingError: there is no such table.
            SaveError: there is no room: cells below the table are in use; or its rows come from a query.
            ValueError: the columns are not equally long.
        """
        self._writes.table(table, columns)

    def fill_calculated(self, table: str, first: int, count: int, *, exclude: Collection[str] = ()) -> None:
        """Write the formulas that a table says its columns are calculated by into rows of it.

        Args:
            table: the table.
            first: the index of the first row.
            count: how many rows.
            exclude: headers of columns that are written otherwise.

        Raises:
            MissingError: there is no such table.
        """
        self._writes.calculated(table, range(first, first + count), exclude)

    def append_rows(self, table: str, columns: Mapping[str, Sequence[Value]]) -> int:
        """Write rows below the last one that has something in one of these columns; other rows stay untouched.

        Columns are named by header; one that does not exist is passed over. New rows look like the row above them.

        Returns:
            The sheet row of the first of them.

        Raises:
            MissingError: there is no such table.
            SaveError: there is no room: cells below the table are in use; or its rows come from a query.
        """
        return self._writes.append(table, columns)

    def write_block(self, name: str, rows: Sequence[Sequence[Value | Formula]], *, over_formulas: bool = False) -> bool:
        """Fill a named block of cells from its top left, and empty the rest of it; False if there is no such name.

        A name that points nowhere counts as none. A cell that holds a formula keeps it and shows the value, unless
        `over_formulas`.

        Raises:
            SaveError: there are more rows or columns than the block has.
            BookError: the name covers more cells than a block ever has.
        """
        return self._writes.block(name, rows, over_formulas=over_formulas)

    def show_block(self, name: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Give the formulas of a named block what they are about to show; False if there is no such name.

        Raises:
            SaveError: there are more rows or columns than the block has.
            BookError: the name covers more cells than a block ever has.
        """
        return self._writes.shown_block(name, rows)

    def write_sheet(self, sheet: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a whole sheet from A1 and empty every other cell of it; False if there is no such sheet."""
        return self._writes.sheet(sheet, rows)

    def save(self, path: str | os.PathLike[str] | None = None, *, backup: bool = False) -> None:
        """Write what was gathered, to the file itself or to another; all or nothing.

        `backup` keeps the version it replaces beside it, under its name with `.kopilot-backup` added; the backup made
        before is replaced.

        Raises:
            SaveError: it cannot be written, or the file changed since it was opened; what was there before
                is untouched.
            BookError: a part to be written is damaged, or it is a Strict Open XML Spreadsheet.
        """
        self._package.check_editable()
        apply(self._writes, self._structure, self._reader, self._layouts)
        interrupts.checkpoint()
        self._package.save(path, backup=backup)

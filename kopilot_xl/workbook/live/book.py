"""A book that is open in Excel: whole tables come and go through xlwings, and Excel's settings are put back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from os import PathLike
from typing import TYPE_CHECKING, Any

from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.workbook import header_row
from kopilot_xl.workbook.addresses import LAST_ROW, cell_address, quote_sheet
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.live.excel_errors import _BUSY, _is_busy, _is_excels, _looks_only, _patience, _understood
from kopilot_xl.workbook.live.layout import _BELOW, _SPARSE, _key, _Layout, _list_columns, _Read, _values
from kopilot_xl.workbook.live.patches import MACRO, Patch, joined, plan
from kopilot_xl.workbook.live.writing import (
    _around_formulas,
    _as_rows,
    _column,
    _completed,
    _has_formulas,
    _holds,
    _linked,
    _parts,
    _put,
    _range,
    _rectangle,
    _TableWrites,
    _typed,
)

if TYPE_CHECKING:
    import xlwings as xw
    from xlwings.main import Table as ExcelTable


STATUS = "Kopilot XL is refreshing the portfolio …"
"""What the status bar shows meanwhile."""
_QUIET = (("screen_updating", False), ("enable_events", False), ("calculation", "manual"), ("status_bar", STATUS))
_CORNER = (60, 12)
"""How many rows and columns of a sheet are read at once for its named cells."""

_HALFWAY = "Some cells may have been written already; refreshing again writes all of them."


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
        self._sheets: dict[str, xw.Sheet] | None = None
        self._tables: dict[str, ExcelTable] | None = None
        self._found: dict[str, _Layout | None] = {}
        self._values_of: dict[str, list[list[Value]]] = {}
        self._corner_of: dict[str, list[list[Value]]] = {}
        self._read_of: dict[str, _Read] = {}
        self._table_writes: dict[str, _TableWrites] = {}
        self._patches: dict[str, list[Patch]] = {}
        self._named: dict[str, tuple[xw.Sheet, int, int, int, int] | None] = {}

    @property
    def name(self) -> str:
        """The workbook's name, to call it by in messages."""
        with _understood(BookError):
            return str(self._book.name)

    @property
    def is_read_only(self) -> bool:
        """Whether Excel cannot save it under its own name."""
        return bool(_property(self._book.api, "ReadOnly", "read_only"))

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
        written. What stands in it is read anew, unless something is to be written already.

        Raises:
            SaveError: a path was given.
            BookError: Excel does not answer.
        """
        _refuse_path(path)
        if not self._table_writes and not self._patches:
            self._forget()
        with _patience(), _understood(BookError), self._quiet():
            yield

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        app: Any = self._book.app
        before: list[tuple[str, object]] = []
        try:
            for setting, quiet in _QUIET:
                before.append((setting, getattr(app, setting)))
                setattr(app, setting, quiet)
            yield
        finally:
            failed: Exception | None = None
            for setting, value in reversed(before):
                try:
                    setattr(app, setting, value)
                except Exception as error:  # the other settings are restored all the same
                    failed = failed or error
            if failed is not None and sys.exc_info()[0] is None:
                raise failed

    # reading

    def table(self, name: str) -> TableData:
        """Return a table by its name; without such a table, what stands on a sheet of that name.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        layout = self._layout(name)
        return TableData(
            layout.name, layout.sheet.name, layout.header_row, layout.first_column, layout.headers, layout.rows
        )

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table of that name, or a sheet of that name with a header row."""
        return _key(name) in self._all_tables() or self._find_layout(name) is not None

    def has_sheet(self, name: str) -> bool:
        """Tell whether there is a sheet of that name, hidden or not."""
        return _key(name) in self._all_sheets()

    def sheet_values(self, name: str) -> Sequence[Sequence[Value]]:
        """Return the values of a sheet from A1 on, row by row.

        Raises:
            MissingError: there is no such sheet.
            BookError: Excel does not answer.
        """
        sheet = self._all_sheets().get(_key(name))
        if sheet is None:
            raise MissingError(f"{self.name} has no sheet {name}.")
        return self._values(sheet)

    def cell(self, name: str) -> Value:
        """Return the value of a named cell (of the first cell, if the name covers several).

        Raises:
            MissingError: there is no such name, or it points nowhere.
            BookError: Excel does not answer.
        """
        sheet, top, left, _, _ = self._named_area(name)
        key = _key(sheet.name)
        seen = self._corner_of.get(key, [])
        if top > len(seen) or left > len(seen[0]):
            # One call for all names of a sheet. Its used range can be a million blank formatted rows.
            bottom, right = max(top, len(seen), _CORNER[0]), max(left, len(seen[0]) if seen else 0, _CORNER[1])
            with _understood(BookError):
                seen = self._corner_of[key] = _values(sheet.range((1, 1), (bottom, right)))
        return seen[top - 1][left - 1]

    def cell_address(self, name: str) -> str:
        """Return where a named cell is, as in `Settings!B3`.

        Raises:
            MissingError: as `cell`.
        """
        sheet, top, left, _, _ = self._named_area(name)
        return f"{quote_sheet(sheet.name)}!{cell_address(top, left)}"

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
        layout = self._layout(table)
        place, writes = self._column_to_write(layout, header, values)
        if place is None:
            return False
        if formula is not None and layout.height and self._is_calculated(layout, place):
            writes.formulas[place] = formula
        else:
            writes.columns[place] = (0, values)
        return True

    def write_links(self, table: str, header: str, values: Sequence[Value], formula: str) -> bool:
        """Give the blank cells of a column a formula where there is something to show; they recalculate by themselves.

        Nothing is written to a column that holds what is no formula: it is somebody else's. Returns False where the
        column does not exist.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
            BookError: Excel does not answer.
        """
        layout = self._layout(table)
        place, writes = self._column_to_write(layout, header, values)
        if place is None:
            return False
        new = {row for row, value in enumerate(values) if value is not None and layout.rows[row][place] in (None, "")}
        if new:
            writes.links[place] = formula, new
        return True

    def _column_to_write(
        self, layout: _Layout, header: str, values: Sequence[Value]
    ) -> tuple[int | None, _TableWrites]:
        """Return the place of a column, None where it does not exist, and what is written to its table so far."""
        place, writes = layout.column(header), self._writes_to(layout)
        if place is not None and len(values) != writes.height:
            raise ValueError(f"{len(values)} values for {writes.height} rows of {layout.name}")
        return place, writes

    def write_table(self, table: str, columns: Mapping[str, Sequence[Value]]) -> None:
        """Make a table as many rows long as the columns (at least one, blank if need be) and fill them.

        Columns are named by header; one that does not exist is passed over, one that is not named keeps its cells.
        Rows cut off are emptied; a totals row moves along.

        Raises:
            MissingError: there is no such table.
            ValueError: the columns are not equally long.
        """
        if not columns:
            return
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths for {table}: {sorted(lengths)}")
        layout = self._layout(table, max(lengths))
        writes = self._writes_to(layout)
        writes.height = max(max(lengths), 1)
        for header, values in columns.items():
            place = layout.column(header)
            if place is not None:
                writes.columns[place] = (0, values or [None])

    def append_rows(self, table: str, columns: Mapping[str, Sequence[Value]]) -> int:
        """Write rows below the last one that has something in one of these columns; other rows stay untouched.

        Returns:
            The sheet row of the first of them.

        Raises:
            MissingError: there is no such table.
        """
        layout = self._layout(table)
        places = {at: values for header, values in columns.items() if (at := layout.column(header)) is not None}
        used = [index for index, row in enumerate(layout.rows) if any(row[at] is not None for at in places)]
        start = used[-1] + 1 if used else 0
        writes = self._writes_to(layout)
        for place, values in places.items():
            writes.height = max(writes.height, start + len(values))
            writes.columns[place] = (start, values)
        return layout.header_row + 1 + start

    def write_block(self, name: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a named block of cells from its top left, and empty the rest of it; False if there is no such name.

        A name that points nowhere counts as none.

        Raises:
            ValueError: there are more rows or columns than the block has.
            BookError: Excel does not answer.
        """
        try:
            sheet, top, left, height, width = self._named_area(name)
        except MissingError:
            return False
        if len(rows) > height or any(len(row) > width for row in rows):
            raise ValueError(f"{len(rows)} rows of {max(map(len, rows))} do not fit into {name}: {height} × {width}")
        patch = Patch(sheet.name, top, left, _typed(_rectangle(rows, height, width)))
        self._patches.setdefault(_key(sheet.name), []).append(patch)
        return True

    def write_sheet(self, sheet: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a whole sheet from A1 and empty every other cell of it; False if there is no such sheet."""
        found = self._all_sheets().get(_key(sheet))
        if found is None:
            return False
        used = self._values(found)
        height = max(len(rows), len(used))
        width = max(max(map(len, rows), default=0), max(map(len, used), default=0))
        if height and width:
            self._patches[_key(found.name)] = [Patch(found.name, 1, 1, _typed(_rectangle(rows, height, width)))]
        return True

    def save(self, path: str | PathLike[str] | None = None, *, backup: bool = False) -> None:
        """Put what was gathered into the open workbook. Its file is not saved: that is for the user to do.

        What can be found out before is found out before anything is written.

        Raises:
            SaveError: a path was given, a sheet is protected, a table has no room to grow, or Excel does not take it.
        """
        _refuse_path(path)
        with _patience():
            with _understood(SaveError):
                self._check_protection()
                for key, writes in self._table_writes.items():
                    self._check_room(self._layout(key), writes.height)
            try:
                with _understood(SaveError):
                    self._write()
            except SaveError as error:
                raise SaveError(f"{error} {_HALFWAY}") from error.__cause__
        self._forget()

    # structure

    def _all_sheets(self) -> dict[str, xw.Sheet]:
        if self._sheets is None:
            with _understood(BookError):
                self._sheets = {_key(sheet.name): sheet for sheet in self._book.sheets}
        return self._sheets

    def _all_tables(self) -> dict[str, ExcelTable]:
        if self._tables is None:
            sheets = self._all_sheets().values()
            with _understood(BookError):
                self._tables = {_key(str(table.name)): table for sheet in sheets for table in sheet.tables}
        return self._tables

    def _layout(self, name: str, height: int = 0) -> _Layout:
        """Return where a table stands; `height` is how many rows it will have, if that is known."""
        layout = self._find_layout(name, height)
        if layout is None:
            raise MissingError(
                f"{self.name} has no table {name}: name a table so in Excel (Table Design, Table Name), "
                f"or call the sheet {name} and put the headers in its first row."
            )
        return layout

    def _find_layout(self, name: str, height: int = 0) -> _Layout | None:
        key = _key(name)
        if key not in self._found:
            table, sheet = self._all_tables().get(key), self._all_sheets().get(key)
            with _understood(BookError):
                if table is not None:
                    self._found[key] = self._layout_of(table, height)
                else:
                    self._found[key] = self._layout_on(sheet) if sheet is not None else None
        return self._found[key]

    def _layout_of(self, table: ExcelTable, height: int = 0) -> _Layout:
        cells: Any = table.range
        has_header, totals = bool(table.show_headers), bool(table.show_totals)
        tall, wide = cells.shape
        values = self._around(table, max(tall, height + has_header + totals) + _BELOW)
        body = values[has_header : tall - totals]
        stored = values[0] if has_header else [column.Name for column in _list_columns(table)]
        return _Layout(
            name=str(table.name),
            sheet=table.parent,
            header_row=cells.row if has_header else cells.row - 1,
            first_column=cells.column,
            headers=tuple(map(header_row.header, stored[:wide])),
            height=len(body),
            rows=body,
            table=table,
            totals=totals,
            below=values[tall:],
        )

    def _around(self, table: ExcelTable, height: int) -> list[list[Value]]:
        """Return so many rows of cells from the top of a table on.

        Tables that share their sheet, as the two of Movements do, are read together, in one call.
        """
        cells: Any = table.range
        key, (_, wide) = _key(table.parent.name), cells.shape
        top, left = cells.row, cells.column
        known = self._read_of.get(key)
        if known is None or not known.covers(top, left, height, wide):
            known = self._read_of[key] = self._read_tables(table, height)
        return known.part(top, left, height, wide)

    def _read_tables(self, table: ExcelTable, height: int) -> _Read:
        """Read a table, and the others of its sheet along with it, unless most of that were cells of no table."""
        places = [
            each.range for each in self._all_tables().values() if _key(each.parent.name) == _key(table.parent.name)
        ]
        own: Any = table.range
        top, left = min(each.row for each in places), min(each.column for each in places)
        bottom = max([own.row + height, *(each.row + each.shape[0] + _BELOW for each in places)])
        right = max(each.column + each.shape[1] for each in places)
        needed = sum(max(each.shape[0] + _BELOW, 0) * each.shape[1] for each in places)
        if (bottom - top) * (right - left) > _SPARSE * max(needed, height * own.shape[1]):
            top, left, bottom, right = own.row, own.column, own.row + height, own.column + own.shape[1]
        bottom = min(bottom, LAST_ROW + 1)
        return _Read(top, left, _values(table.parent.range((top, left), (bottom - 1, right - 1))))

    def _layout_on(self, sheet: xw.Sheet) -> _Layout | None:
        """Return the table a sheet holds: its only one, or what stands under its first header row."""
        own = [table for table in self._all_tables().values() if _key(table.parent.name) == _key(sheet.name)]
        if own:
            return self._layout_of(own[0]) if len(own) == 1 else None
        values = self._values(sheet)
        found = header_row.find(values)
        if found is None:
            return None
        body = [row[found.left - 1 : found.right] for row in values[found.header_row : found.last_row]]
        rows = body or [[None] * len(found.headers)]
        return _Layout(sheet.name, sheet, found.header_row, found.left, found.headers, len(rows), rows)

    def _named_area(self, name: str) -> tuple[xw.Sheet, int, int, int, int]:
        """Return the sheet, first row, first column, height and width a defined name stands for."""
        key = _key(name)
        if key not in self._named:
            self._named[key] = self._look_up(name)
        found = self._named[key]
        if found is None:
            raise MissingError(
                f"{self.name} has no cell named {name}, or the name points nowhere: select the cell and type {name} "
                "into the Name Box in Excel."
            )
        return found

    def _look_up(self, name: str) -> tuple[xw.Sheet, int, int, int, int] | None:
        with _understood(BookError):
            if name not in self._book.names:
                return None
        try:
            cells: Any = self._book.names[name].refers_to_range
            height, width = cells.shape
            return cells.sheet, cells.row, cells.column, height, width
        except Exception as error:
            if _is_busy(error):
                raise BookError(_BUSY) from error
            if not _is_excels(error):
                raise
            return None  # what it pointed to is gone

    def _values(self, sheet: xw.Sheet) -> list[list[Value]]:
        key = _key(sheet.name)
        if key not in self._values_of:
            with _understood(BookError):
                last = sheet.used_range.last_cell
                self._values_of[key] = _values(sheet.range((1, 1), (last.row, last.column)))
        return self._values_of[key]

    # putting it into Excel

    def _writes_to(self, layout: _Layout) -> _TableWrites:
        return self._table_writes.setdefault(_key(layout.name), _TableWrites(layout.height))

    def _check_protection(self) -> None:
        places = {self._layout(key).sheet.name for key in self._table_writes}
        places |= {self._all_sheets()[key].name for key in self._patches}
        shut = [each for each in sorted(places) if _is_protected(self._all_sheets()[_key(each)])]
        if shut:
            several = len(shut) > 1
            raise SaveError(
                f"{self.name}: the sheet{'s' if several else ''} {', '.join(shut)} {'are' if several else 'is'} "
                "protected. Unprotect (Review, Unprotect Sheet), then try again. Nothing was changed."
            )

    def _check_room(self, layout: _Layout, height: int) -> None:
        bottom = layout.bottom
        wanted = layout.header_row + height + layout.totals
        if wanted > LAST_ROW:
            raise SaveError(
                f"The table {layout.name} in {self.name} would need {height:,} rows: more than a sheet has."
            )
        if wanted <= bottom:
            return
        below = layout.below[: wanted - bottom]
        if len(below) < wanted - bottom:
            below = _values(layout.sheet.range((bottom + 1, layout.first_column), (wanted, layout.right)))
        for row, values in enumerate(below, bottom + 1):
            for column, value in enumerate(values, layout.first_column):
                if value is not None:
                    raise SaveError(
                        f"The table {layout.name} in {self.name} needs {wanted - bottom:,} more rows, but "
                        f"{quote_sheet(layout.sheet.name)}!{cell_address(row, column)} below it is in use: "
                        "move what stands below the table elsewhere, and try again. Nothing was changed."
                    )

    def _resize(self, layout: _Layout, height: int) -> None:
        if height == layout.height:
            return
        sheet, left, right = layout.sheet, layout.first_column, layout.right
        top, old_end, new_end = layout.header_row + 1, layout.header_row + layout.height, layout.header_row + height
        if layout.table is not None and layout.totals:
            layout.table.show_totals = False
        for part in _parts(sheet, new_end + 1, left, old_end - new_end, right - left + 1):
            _range(sheet, *part).clear_contents()
        if layout.table is not None:
            first = layout.header_row if layout.table.show_headers else top
            layout.table.resize(sheet.range((first, left), (new_end, right)))
            if layout.totals:
                layout.table.show_totals = True
        if new_end > old_end >= top:
            source = sheet.range((old_end, left), (old_end, right))
            with _looks_only():
                source.autofill(sheet.range((old_end, left), (new_end, right)), "fill_formats")

    def _is_calculated(self, layout: _Layout, place: int) -> bool:
        with _understood(BookError):
            return _has_formulas(_column(layout, place)) is not False

    def _write(self) -> None:
        """Resize the tables, then have everything written at once, or what of it cannot be so in single calls."""
        patches: list[Patch] = []
        for key, writes in self._table_writes.items():
            layout = self._layout(key)
            self._resize(layout, writes.height)
            patches += self._table_patches(layout, writes)
        for blocks in self._patches.values():
            patches += joined(blocks)
        for patch in patches[self._hand_over(patches) :]:
            _put(self._all_sheets()[_key(patch.sheet)], patch)

    def _table_patches(self, layout: _Layout, writes: _TableWrites) -> Iterator[Patch]:
        name, layout = layout.sheet.name, replace(layout, height=writes.height)

        @cache
        def formulas() -> Sequence[Sequence[object]]:
            """The formulas of all its cells, read once, if some of them must be known."""
            width = len(layout.headers)
            cells = _range(layout.sheet, layout.header_row + 1, layout.first_column, layout.height, width)
            return _as_rows(cells.formula, layout.height, width)

        for place, formula in writes.formulas.items():
            yield from _completed(layout, place, formula, formulas)
        for place, (formula, rows) in writes.links.items():
            yield from _linked(layout, place, formula, rows, formulas)
        columns = [
            Patch(name, layout.header_row + 1 + start, layout.first_column + place, [[value] for value in values])
            for place, (start, values) in sorted(writes.columns.items())
        ]
        for patch in joined(columns):
            if not _holds(layout, patch):
                for part in _around_formulas(layout, patch, formulas):
                    yield replace(part, rows=_typed(part.rows))

    def _hand_over(self, patches: Sequence[Patch]) -> int:
        """Have the workbook's own macro write the patches, in one call; return how many of them it wrote.

        None where macros are blocked, where the workbook is of a version without it, and on a Mac, whose programs
        pass no arrays to each other.
        """
        if not patches or sys.platform == "darwin":
            return 0
        book = self._book.name.replace("'", "''")
        try:
            done = self._book.app.macro(f"'{book}'!{MACRO}")(plan(patches))
        except Exception as error:
            if _is_busy(error) or not _is_excels(error):
                raise
            return 0
        return int(done) if isinstance(done, (int, float)) else 0


def _refuse_path(path: str | PathLike[str] | None) -> None:
    if path is not None:
        raise SaveError(
            "A workbook that is open in Excel is refreshed where it is. To have it elsewhere too, save it under "
            "another name in Excel (F12)."
        )


def _is_protected(sheet: xw.Sheet) -> bool:
    api = sheet.api
    return bool(_property(api, "ProtectContents", "protect_contents")) and not bool(
        _property(api, "ProtectionMode", "protection_mode")  # macros may write all the same
    )


def _property(api: Any, windows: str, mac: str) -> object:
    """Return a property of Excel's own object, by its name on Windows or on a Mac."""
    try:
        return getattr(api, windows)
    except AttributeError:
        pass
    try:
        return getattr(api, mac).get()
    except AttributeError:
        return None

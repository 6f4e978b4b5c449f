"""A book that is a file: calamine reads its values, cell edits in its parts write them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from itertools import compress
from operator import eq, not_
from pathlib import Path
from threading import Thread

from python_calamine import CalamineWorkbook

from kopilot_xl import interrupts
from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.workbook import header_row as headed
from kopilot_xl.workbook.addresses import LAST_ROW, Area, cell_address, column_letters, quote_sheet
from kopilot_xl.workbook.book import ErrorValue, TableData, Value
from kopilot_xl.workbook.file.layout import _PLACE, _Layout
from kopilot_xl.workbook.file.locking import turn
from kopilot_xl.workbook.file.ooxml import markup, sheet_editor, worksheet
from kopilot_xl.workbook.file.ooxml.archive import Packed, archive_of
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Edits, Move
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.parts import MAX_READ, _key, _Sheet, _TablePart, _unescaped
from kopilot_xl.workbook.file.reading import (
    _FOR_READER,
    MAX_BLANKS,
    MAX_SPARSE,
    WORTH_AHEAD,
    _Ahead,
    _plain,
    _without_counts,
)
from kopilot_xl.workbook.file.saving import check_writable
from kopilot_xl.workbook.file.writing import _EMPTY, _PLACEHOLDER, _resized_table, _Writes

MAX_BLOCK = 100_000
"""How many cells a named block that is written may have; the largest of a Kopilot workbook has a few hundred."""

SMALL_BLOCK = 500
"""A named block of no more cells is emptied cell by cell, without a look at which of them are in use."""


class FileBook:
    """A workbook file as a `Book`: read as it was opened, written at once by `save`.

    What is not written keeps its bytes. Sheet protection is for people at the screen: it hinders no refresh.

    Raises:
        BookError: there is no such file, or it is no workbook that can be read; the text says which and
            what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._ahead: dict[str, _Ahead] = {}
        self._open(path)

    def _open(self, path: str | os.PathLike[str]) -> None:
        for ahead in self._ahead.values():
            ahead.thread.join()
        for known in ("_tables", "_calamine"):
            self.__dict__.pop(known, None)
        self._ahead = {}
        self._package = Package(path)
        self._workbook = self._package.parse(self._package.workbook)
        self._sheets = self._find_sheets()
        properties = self._workbook.find("{*}workbookPr")
        self._date1904 = properties is not None and properties.get("date1904") in ("1", "true", "on")
        self._xml_of: dict[str, bytes] = {}
        self._values_of: dict[str, list[list[Value]]] = {}
        self._special_of: dict[str, dict[tuple[int, int], Value]] = {}
        self._formulas_of: dict[str, Sequence[worksheet.Formula]] = {}
        self._cells_of: dict[str, Counter[str]] = {}
        self._found: dict[str, _Layout | None] = {}
        self._writes: dict[str, _Writes] = {}
        self._heights: dict[str, int] = {}

    @property
    def path(self) -> Path:
        """The file it was opened from."""
        return self._package.path

    @property
    def name(self) -> str:
        """The file's name, to call it by in messages."""
        return self.path.name

    def check_writable(self, path: str | os.PathLike[str] | None = None) -> None:
        """Make sure `save` could write now, before work is spent.

        Raises:
            SaveError: it is open in Excel or LibreOffice, read-only, or its folder takes no file.
        """
        check_writable(self.path if path is None else path)

    @contextmanager
    def reserved(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        backup: bool = False,
        waiting: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Have the file `save` is to write to oneself until the block ends; others who reserve it wait.

        If the file of the book itself changed before that, and nothing is to be written yet, it is read anew.

        Args:
            path: what `save` will be given.
            backup: what `save` will be given.
            waiting: called with a line to show, if there is something to wait for.

        Raises:
            SaveError: it was in use for too long, or `save` could not write now.
            BookError: it was to be read anew, and is no workbook that can be read any more.
        """
        target = self.path if path is None else path
        check_writable(target, backup=backup)
        with turn(target, waiting):
            if self._package.is_own(path) and not self._writes and not self._package.seems_current():
                self._open(self.path)
            yield

    # reading

    @property
    def sheet_names(self) -> list[str]:
        """The names of the worksheets, in the order of their tabs."""
        return [sheet.name for sheet in self._sheets.values()]

    @property
    def table_names(self) -> list[str]:
        """The names of the tables that were made with Excel's Format as Table, in the order of the sheets."""
        return [table.name for table in self._tables.values()]

    def sheet_values(self, name: str) -> list[list[Value]]:
        """Return the values of a sheet from A1 on, row by row; rows may differ in length.

        Raises:
            MissingError: there is no such sheet.
            BookError: it cannot be read.
        """
        sheet = self._sheets.get(_key(name))
        if sheet is None:
            raise MissingError(f"{self.name} has no sheet {name}.")
        return self._values(sheet)

    def table(self, name: str) -> TableData:
        """Return a table by its name; without such a table, what stands on a sheet of that name.

        Raises:
            MissingError: there is no such table.
            BookError: its sheet cannot be read.
        """
        layout = self._layout(name)
        left, right = layout.first_column - 1, layout.last_column
        blank: list[Value] = [None] * len(layout.headers)
        values = self._values(layout.sheet)
        rows: list[Sequence[Value]] = list(values[layout.header_row : layout.header_row + layout.height])
        if left or set(map(len, rows)) != {right}:
            cut = [row[left:right] for row in rows]
            rows = [piece if len(piece) == len(blank) else [*piece, *blank[len(piece) :]] for piece in cut]
        rows += [list(blank) for _ in range(layout.height - len(rows))]
        return TableData(layout.name, layout.sheet.name, layout.header_row, layout.first_column, layout.headers, rows)

    def read_ahead(self) -> None:
        """Begin to read the largest sheet on another core, if it is worth it; who asks for its values waits for it."""
        sheet = max(self._sheets.values(), key=lambda each: self._package.size(each.part))
        known = sheet.part in self._ahead or sheet.part in self._values_of
        if known or self._package.size(sheet.part) < WORTH_AHEAD:
            return

        def read() -> None:
            with suppress(BaseException):  # who asks for its values is told; a panic is no Exception
                try:
                    self._xml_of[sheet.part] = self._package.read(sheet.part)
                finally:
                    ahead.unpacked.set()
                ahead.values = self._parsed(sheet)

        ahead = self._ahead[sheet.part] = _Ahead(Thread(target=read))
        ahead.thread.start()

    def _taken_from(self, ahead: _Ahead) -> list[list[Value]] | None:
        """Return what was read ahead, once it is, None if it cannot be read; look at what comes next meanwhile."""
        for sheet in sorted(self._sheets.values(), key=lambda each: each.part not in self._ahead):
            if not ahead.thread.is_alive():
                break
            with suppress(BookError):  # who asks for it is told, if anybody does
                self._formulas(sheet)
                if sheet.part in self._ahead:
                    self._special(sheet)
                elif any(table.sheet == sheet for table in self._tables.values()):
                    self._values(sheet)
        ahead.thread.join()
        return ahead.values

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table of that name, or a sheet of that name with a header row."""
        return self._find_layout(name) is not None

    def has_sheet(self, name: str) -> bool:
        """Tell whether there is a sheet of that name, hidden or not."""
        return _key(name) in self._sheets

    def cell(self, name: str) -> Value:
        """Return the value of a named cell (of the first cell, if the name covers several).

        Raises:
            MissingError: there is no such name, or it points nowhere.
            BookError: its sheet cannot be read.
        """
        sheet, area = self._named_area(name)
        return self._value(sheet, area.top, area.left)

    def cell_address(self, name: str) -> str:
        """Return where a named cell is, as in `Settings!B3`.

        Raises:
            MissingError: as `cell`.
        """
        sheet, area = self._named_area(name)
        return f"{quote_sheet(sheet.name)}!{cell_address(area.top, area.left)}"

    def formulas_mentioning(self, words: Sequence[str]) -> list[str]:
        """Return the addresses of formula cells, other than those written here, that mention one of the words.

        They come in the order of the sheets; words are compared without case.

        Raises:
            BookError: a sheet cannot be read.
        """
        wanted = [word.casefold() for word in words if word]
        if not wanted:
            return []
        known: dict[str, bool] = {}  # many cells share one text, which may be long
        found = []
        for sheet in self._sheets.values():
            writes = self._writes.get(sheet.part, _Writes())
            if writes.content is not None:
                continue
            for row, column, text in self._formulas(sheet):
                if writes.covers(row, column):
                    continue
                if text not in known:
                    folded = text.casefold()
                    known[text] = any(word in folded for word in wanted)
                if known[text]:
                    found.append(f"{quote_sheet(sheet.name)}!{cell_address(row, column)}")
        return found

    # writing

    def write_column(self, table: str, header: str, values: Sequence[Value], *, formula: str | None = None) -> bool:
        """Write one value per data row into a column; a cell that holds a formula keeps it and shows the value.

        `formula` goes into the other cells of a calculated column (one whose table says so, or that has a
        formula already), `{Header}` standing for the cell of that column in the same row; none
        does if it names a column that is missing. Returns False where the column does not exist.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
        """
        layout = self._layout(table)
        place = layout.column(header)
        if place is None:
            return False
        height = self._heights.get(_key(layout.name), layout.height)
        if len(values) != height:
            raise ValueError(f"{len(values)} values for {height} rows of {layout.name}")
        column = layout.first_column + place
        pieces = self._formula_pieces(layout, formula) if formula and self._calculated(layout, place) else None
        writes = self._writes_to(layout.sheet)
        top = layout.header_row + 1
        shown = self._shown(layout, column, values, calculated=pieces is not None)
        if shown is None and pieces is None:
            writes.set_down(top, column, values)
            return True
        if shown is not None:
            writes.settled[column] = range(top, top + height)
        todo: Iterable[int] = range(height)
        if shown is not None:
            todo = compress(todo, map(not_, shown))
            for row, changes in writes.edits.items():
                if 0 <= row - top < height and shown[row - top]:
                    changes.pop(column, None)
        for at in todo:
            row, value = top + at, values[at]
            writes.set(row, column, value if pieces is None else Edit(value, str(row).join(pieces)))
        return True

    def write_links(self, table: str, header: str, values: Sequence[Value], formula: str) -> bool:
        """Write a calculated column most of whose cells are blank: only those with something to show get a formula.

        A cell that holds a formula keeps it and shows the value; one that shows nothing, and is to, is left alone.
        Returns False where the column does not exist or is not calculated: then it is somebody else's.

        Raises:
            MissingError: there is no such table.
            ValueError: not one value per data row.
        """
        layout = self._layout(table)
        place = layout.column(header)
        if place is None or not self._calculated(layout, place):
            return False
        if len(values) != layout.height:
            raise ValueError(f"{len(values)} values for {layout.height} rows of {layout.name}")
        column = layout.first_column + place
        pieces = self._formula_pieces(layout, formula)
        writes = self._writes_to(layout.sheet)
        for row, value in enumerate(values, layout.header_row + 1):
            if value is not None:
                writes.set(row, column, value if pieces is None else Edit(value, str(row).join(pieces)))
            elif self._value(layout.sheet, row, column) is not None:
                writes.set(row, column, None)
        return True

    def write_table(self, table: str, columns: Mapping[str, Sequence[Value]]) -> None:
        """Make a table as many rows long as the columns (at least one, blank if need be) and fill them.

        Columns are named by header; one that does not exist is passed over, one that is not named keeps its
        cells. Rows cut off are emptied. New rows look like the row above them; a totals row moves along.

        Raises:
            MissingError: there is no such table.
            SaveError: there is no room: cells below the table are in use; or its rows come from a query.
            ValueError: the columns are not equally long.
        """
        layout = self._layout(table)
        if not columns:
            return
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths for {layout.name}: {sorted(lengths)}")
        length = max(lengths, default=0)
        height = max(length, 1)
        if height != layout.height:
            self._check_resizable(layout, height)
        before = self._heights.get(_key(layout.name), layout.height)
        self._heights[_key(layout.name)] = height
        writes = self._writes_to(layout.sheet)
        top = layout.header_row + 1
        # What an earlier, longer writing put below the table's new end is no longer wanted.
        for row in range(top + height, top + before):
            for column in range(layout.first_column, layout.last_column + 1):
                writes.edits.get(row, {}).pop(column, None)
        for header, values in columns.items():
            place = layout.column(header)
            if place is not None:
                column = layout.first_column + place
                writes.set_down(top, column, values)
                if not values:
                    writes.set(top, column, None)

    def write_block(self, name: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a named block of cells from its top left, and empty the rest of it; False if there is no such name.

        A name that points nowhere counts as none.

        Raises:
            SaveError: there are more rows or columns than the block has.
        """
        try:
            sheet, area = self._named_area(name)
        except MissingError:
            return False
        if area.height * area.width > MAX_BLOCK:
            raise BookError(
                f"The name {name} in {self.name} covers {area}, more than {MAX_BLOCK:,} cells: let it point to its "
                "block again (Formulas, Name Manager)."
            )
        if len(rows) > area.height or any(len(row) > area.width for row in rows):
            width = max(map(len, rows))
            raise SaveError(
                f"{len(rows)} rows of {width} do not fit into {name} in {self.name}, which is {area}: let the name "
                f"point to as many cells (Formulas, Name Manager), or delete it."
            )
        writes = self._writes_to(sheet)
        bottom, right = area.bottom, area.right
        if area.height * area.width > SMALL_BLOCK:
            used = self._values(sheet)
            bottom = min(bottom, max(len(used), area.top + len(rows) - 1))
            right = min(right, max(max(map(len, used), default=0), area.left + max(map(len, rows), default=0)))
        for row in range(area.top, bottom + 1):
            given = rows[row - area.top] if row - area.top < len(rows) else ()
            for column in range(area.left, right + 1):
                place = column - area.left
                writes.set(row, column, given[place] if place < len(given) else _EMPTY)
        return True

    def write_sheet(self, sheet: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Fill a whole sheet from A1 and empty every other cell of it; False if there is no such sheet."""
        found = self._sheets.get(_key(sheet))
        if found is None:
            return False
        self._writes_to(found).content = rows
        return True

    def save(self, path: str | os.PathLike[str] | None = None, *, backup: bool = False) -> None:
        """Write what was gathered, to the file itself or to another; all or nothing.

        `backup` keeps the version it replaces beside it, under its name with `.kopilot-backup` added; the backup made
        before is replaced.

        Raises:
            SaveError: it cannot be written, or the file changed since it was opened; what was there before
                is untouched.
            BookError: a part to be written is damaged.
        """
        self._package.revert()
        edits = {part: {row: dict(of) for row, of in writes.edits.items()} for part, writes in self._writes.items()}
        moves: dict[str, list[Move]] = {}
        for key, height in self._heights.items():
            layout = self._layout(key)
            self._resize(layout, height, edits[layout.sheet.part], moves.setdefault(layout.sheet.part, []))
        losing = False
        written = [each for each in self._sheets.values() if each.part in self._writes]
        # The largest first: they are packed while the others are written.
        for sheet in sorted(written, key=lambda each: len(self._xml(each)), reverse=True):
            interrupts.point()
            after = self._written(sheet, edits[sheet.part], moves.get(sheet.part, []))
            self._package.replace(sheet.part, after, held=self._xml(sheet))
            losing = losing or self._loses_formulas(sheet, edits[sheet.part], moves, after)
        if losing:
            self._drop_calculation_chain()
        interrupts.point()
        self._package.save(path, backup=backup)

    # structure

    def _find_sheets(self) -> dict[str, _Sheet]:
        """Return the worksheets by key, in the order of their tabs; chart sheets hold no cells."""
        relationships = {item.id: item for item in self._package.relationships(self._package.workbook)}
        sheets: dict[str, _Sheet] = {}
        parts: set[str] = set()
        for index, element in enumerate(self._workbook.iterfind("{*}sheets/{*}sheet")):
            identifier = next((value for name, value in element.items() if str(name).endswith("}id")), "")
            item = relationships.get(str(identifier))
            name = element.get("name", "")
            if item and item.kind == "worksheet" and item.target and name:
                if _key(name) in sheets or item.target.lower() in parts:
                    raise BookError(
                        f"{self._package.path} is damaged: its sheet {markup.shortened(name)} is there twice. "
                        "Let Excel repair it (Open, Open and Repair)."
                    )
                parts.add(item.target.lower())
                sheets[_key(name)] = _Sheet(name, item.target, index)
        if not sheets:
            raise BookError(f"{self._package.path} has no worksheet that can be read. Open it in Excel and save it.")
        return sheets

    @cached_property
    def _tables(self) -> dict[str, _TablePart]:
        """The tables that have a part of their own, by key."""
        tables = {}
        for sheet in self._sheets.values():
            for item in self._package.relationships(sheet.part):
                if item.kind == "table" and item.target:
                    table = self._table_part(sheet, item.target)
                    if _key(table.name) in tables:
                        raise BookError(
                            f"{self.path} is damaged: its table {markup.shortened(table.name)} is there twice. "
                            "Let Excel repair it (Open, Open and Repair)."
                        )
                    tables[_key(table.name)] = table
        return tables

    def _table_part(self, sheet: _Sheet, part: str) -> _TablePart:
        root = self._package.parse(part)
        area = self._package.explain(part, lambda: worksheet.area_of(root.get("ref", "")))
        return _TablePart(root.get("displayName") or root.get("name") or "", sheet, part, area, root)

    def _layout_of(self, table: _TablePart) -> _Layout:
        """Return the layout of a table that has a part, its headers as its cells show them."""
        root, area = table.root, table.area
        has_header = root.get("headerRowCount", "1") != "0"
        totals = self._package.explain(table.part, lambda: markup.number(root.get("totalsRowCount"), 0))
        if area.height * area.width > MAX_READ or totals + has_header > area.height:
            raise BookError(
                f"{self.path} cannot be read: the table {markup.shortened(table.name)} covers {area}. "
                "Resize it to its rows in Excel (Table Design, Resize Table), save, and try again."
            )
        elements = list(root.iterfind("{*}tableColumns/{*}tableColumn"))
        header_row = area.top if has_header else area.top - 1
        headers = []
        for place in range(area.width):
            shown = self._value(table.sheet, header_row, area.left + place) if has_header else None
            stored = elements[place].get("name", "") if place < len(elements) else ""
            headers.append(shown if isinstance(shown, str) else _unescaped(stored))
        return _Layout(
            name=table.name,
            sheet=table.sheet,
            header_row=header_row,
            first_column=area.left,
            headers=tuple(headers),
            height=area.bottom - header_row - totals,
            totals=totals,
            part=table.part,
            calculated=frozenset(
                place
                for place, element in enumerate(elements)
                if element.find("{*}calculatedColumnFormula") is not None
            ),
            query=root.get("tableType") == "queryTable"
            or any(item.kind == "queryTable" for item in self._package.relationships(table.part)),
        )

    def _layout(self, name: str) -> _Layout:
        layout = self._find_layout(name)
        if layout is None:
            raise MissingError(
                f"{self.name} has no table {name}: name a table so in Excel (Table Design, Table Name), "
                f"or call the sheet {name} and put the headers in its first row."
            )
        return layout

    def _find_layout(self, name: str) -> _Layout | None:
        key = _key(name)
        if key not in self._found:
            sheet = self._sheets.get(key)
            table = self._tables.get(key)
            self._found[key] = self._layout_of(table) if table else self._layout_on(sheet) if sheet else None
        return self._found[key]

    def _layout_on(self, sheet: _Sheet) -> _Layout | None:
        """Return the table a sheet holds: its only table part, or what stands under its first header row."""
        own = [table for table in self._tables.values() if table.sheet == sheet]
        if own:
            return self._layout_of(own[0]) if len(own) == 1 else None
        found = headed.find(self._values(sheet))
        if found is None:
            return None
        height = found.last_row - found.header_row
        return _Layout(sheet.name, sheet, found.header_row, found.left, found.headers, height)

    def _named_area(self, name: str) -> tuple[_Sheet, Area]:
        """Return the sheet and the (first) area a defined name stands for."""
        wanted = _key(name)
        texts = [
            (element.get("localSheetId") is not None, (element.text or "").strip())
            for element in self._workbook.iterfind("{*}definedNames/{*}definedName")
            if _key(element.get("name", "")) == wanted
        ]
        if not texts:
            raise MissingError(
                f"{self.name} has no cell named {name}: select the cell and type {name} into the Name Box in Excel."
            )
        # A name for the whole workbook comes before one that a single sheet has for itself.
        text = min(texts, key=lambda item: item[0])[1].removeprefix("=")
        match = _PLACE.match(text)
        sheet = self._sheets.get(_key((match[1] or "").replace("''", "'") or match[2])) if match else None
        try:
            area = Area.parse(match[3]) if match else None
        except ValueError:
            area = None
        if "#REF!" in text or sheet is None or area is None:
            raise MissingError(
                f"The name {name} in {self.name} points nowhere ({markup.shortened(text) or 'it is empty'}): "
                "restore it or let it "
                "point to its cell again (Formulas, Name Manager)."
            )
        return sheet, area

    # values

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        """The reader of all sheets but those that are read ahead."""
        return self._reader_of([each for each in self._sheets.values() if each.part not in self._ahead])

    def _reader_of(self, sheets: Sequence[_Sheet]) -> CalamineWorkbook:
        try:
            return CalamineWorkbook.from_filelike(self._for_reader(sheets))
        except BaseException as error:
            self._refuse_unreadable(error, "")
            raise

    def _for_reader(self, sheets: Sequence[_Sheet]) -> BytesIO:
        """Return an archive of the parts that hold the values of sheets, looked through once they were unpacked.

        The reader of values trusts what sizes and positions a file states. It is given nothing whose size was not
        checked, no DOCTYPE, and no other encoding than UTF-8. Sheets are handed on as they are packed.
        """
        entries = {
            part: Packed.plain(_without_counts(self._checked(part, self._package.read(part))))
            for part in _FOR_READER
            if self._package.has(part)
        }
        for sheet in sheets:
            if self._package.has(sheet.part):
                xml = self._xml(sheet)
                text = self._checked(sheet.part, xml)
                entries[sheet.part] = self._package.packed(sheet.part) if text is xml else Packed.plain(text)
        return BytesIO(archive_of(entries))

    def _checked(self, part: str, data: bytes) -> bytes:
        def check() -> bytes:
            text = markup.as_utf8(data)
            markup.refuse_doctype(text)
            return text

        return self._package.explain(part, check)

    def _refuse_unreadable(self, error: BaseException, place: str) -> None:
        """Turn what calamine says into a message; an interruption stays what it is."""
        # calamine's panics are no Exception, as KeyboardInterrupt and SystemExit are none.
        if not isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            if isinstance(error, BookError):
                raise error
            raise BookError(
                f"{self.path} cannot be read{place}: {markup.shortened(str(error)).rstrip('. ')}. "
                "Open it in Excel, save it, and try again."
            ) from error

    def _xml(self, sheet: _Sheet) -> bytes:
        if sheet.part in self._ahead:
            self._ahead[sheet.part].unpacked.wait()
        if sheet.part not in self._xml_of:
            self._xml_of[sheet.part] = self._package.read(sheet.part)
        return self._xml_of[sheet.part]

    def _value(self, sheet: _Sheet, row: int, column: int) -> Value:
        values = self._values(sheet)
        if row <= len(values) and column <= len(values[row - 1]):
            return values[row - 1][column - 1]
        return None

    def _values(self, sheet: _Sheet) -> list[list[Value]]:
        """Return a sheet's values from A1 on, row by row."""
        if sheet.part not in self._values_of:
            ahead = self._ahead.get(sheet.part)
            values = (ahead and self._taken_from(ahead)) or self._parsed(sheet)
            for (row, column), value in self._special(sheet).items():
                if row <= len(values) and column <= len(values[row - 1]):
                    values[row - 1][column - 1] = value
            self._values_of[sheet.part] = values
            if ahead and sheet.part in self._formulas_of:
                self._xml_of.pop(sheet.part, None)  # it is large, and seldom asked for again
        return self._values_of[sheet.part]

    def _parsed(self, sheet: _Sheet) -> list[list[Value]]:
        """Return a sheet's values, but for those that are not what they seem."""
        xml = self._xml(sheet)
        self._check_extent(sheet, xml)
        try:
            reader = self._reader_of([sheet]) if sheet.part in self._ahead else self._calamine
            read = reader.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
        except BaseException as error:
            self._refuse_unreadable(error, f" (sheet {sheet.name})")
            raise
        return _plain(read)

    def _special(self, sheet: _Sheet) -> dict[tuple[int, int], Value]:
        """Return, by row and column, the values of a sheet that its reader takes for others: errors and the like."""
        if sheet.part not in self._special_of:
            xml = self._xml(sheet)
            codes = self._package.explain(sheet.part, lambda: worksheet.error_values(xml) | worksheet.not_numbers(xml))
            texts = self._package.explain(sheet.part, lambda: worksheet.wrapped_values(xml))
            self._special_of[sheet.part] = {**texts, **{place: ErrorValue(code) for place, code in codes.items()}}
        return self._special_of[sheet.part]

    def _check_extent(self, sheet: _Sheet, xml: bytes) -> None:
        """Refuse a sheet whose values lie so far apart that reading what is between them takes all memory."""
        xml = markup.as_utf8(xml)
        if worksheet.is_compact(xml):
            return
        most = min(MAX_READ, max(MAX_SPARSE, MAX_BLANKS * worksheet.cell_count(xml)))
        if worksheet.greatest_extent(xml, most) <= most:
            return
        far, extent = self._package.explain(sheet.part, lambda: worksheet.farthest_value(xml))
        if extent > most:
            raise BookError(
                f"{self.path} cannot be read: {markup.shortened(sheet.name)}!{far} has a value far away from all "
                "others. Delete it in Excel, save, and try again."
            )

    def _formulas(self, sheet: _Sheet) -> Sequence[worksheet.Formula]:
        if sheet.part not in self._formulas_of:
            xml = self._xml(sheet)
            self._formulas_of[sheet.part] = self._package.explain(sheet.part, lambda: list(worksheet.formulas(xml)))
        return self._formulas_of[sheet.part]

    # edits

    def _writes_to(self, sheet: _Sheet) -> _Writes:
        return self._writes.setdefault(sheet.part, _Writes())

    def _calculated(self, layout: _Layout, place: int) -> bool:
        """Tell whether a column is calculated: its table says so, or a cell of it has a formula."""
        column = layout.first_column + place
        return place in layout.calculated or any(
            item.column == column and layout.area.holds(item.row, item.column) for item in self._formulas(layout.sheet)
        )

    def _shown(self, layout: _Layout, column: int, values: Sequence[Value], *, calculated: bool) -> list[bool] | None:
        """Tell which cells of a column show their value already, and are calculated if they are to be.

        None where a cell is missing: a new one may take the looks of the cell above it.
        """
        top, end = layout.header_row + 1, layout.header_row + layout.height
        if layout.name not in self._cells_of:
            self._cells_of[layout.name] = worksheet.cells_by_column(self._xml(layout.sheet), top, end)
        if not len(values) == layout.height == self._cells_of[layout.name][column_letters(column)]:
            return None
        held = [row[column - 1] if column <= len(row) else None for row in self._values(layout.sheet)[top - 1 : end]]
        held += [None] * (len(values) - len(held))
        same = list(map(eq, values, held))
        if bool in map(type, values) or bool in map(type, held):  # which equals a number
            same = [equal and type(value) is type(old) for equal, value, old in zip(same, values, held, strict=True)]
        if calculated:
            formulas = {row for row, at, _ in self._formulas(layout.sheet) if at == column}
            same = [each and row in formulas for row, each in enumerate(same, top)]
        return same

    def _formula_pieces(self, layout: _Layout, template: str) -> list[str] | None:
        """Return a formula's text cut where the row number belongs; None if it names a column that is missing."""
        pieces = [""]
        for number, text in enumerate(_PLACEHOLDER.split(template.removeprefix("="))):
            if number % 2 == 0:
                pieces[-1] += text
                continue
            place = layout.column(text)
            if place is None:
                return None
            pieces[-1] += column_letters(layout.first_column + place)
            pieces.append("")
        return pieces

    def _check_resizable(self, layout: _Layout, height: int) -> None:
        if layout.query:
            raise SaveError(
                f"The table {layout.name} in {self.name} is filled by a query: convert it to a plain table in Excel "
                "(Table Design, Unlink), save, and try again."
            )
        old = layout.area
        bottom = layout.header_row + height + layout.totals
        if bottom > LAST_ROW:
            raise SaveError(
                f"The table {layout.name} in {self.name} would need {height:,} rows: more than a sheet has."
            )
        if bottom <= old.bottom:
            return
        below = Area(old.bottom + 1, old.left, bottom, old.right)
        occupied = [
            (row, column)
            for row in range(below.top, min(below.bottom, len(self._values(layout.sheet))) + 1)
            for column in range(below.left, below.right + 1)
            if self._value(layout.sheet, row, column) is not None
        ]
        occupied += [(row, column) for row, column, _ in self._formulas(layout.sheet) if below.holds(row, column)]
        occupied += [
            (max(other.area.top, below.top), max(other.area.left, below.left))
            for other in self._tables.values()
            if other.sheet == layout.sheet and other.part != layout.part and other.area.meets(below)
        ]
        if occupied:
            raise SaveError(
                f"The table {layout.name} in {self.name} needs {bottom - old.bottom:,} more rows, but "
                f"{quote_sheet(layout.sheet.name)}!{cell_address(*min(occupied))} below it is in use: "
                "move what stands below the table elsewhere, save, and try again."
            )

    def _resize(
        self, layout: _Layout, height: int, edits: dict[int, dict[int, Value | Edit]], moves: list[Move]
    ) -> None:
        """Add to the edits what a table's new height asks for, and have its part saved with new references."""
        first, last = layout.first_column, layout.last_column
        data_end, new_end = layout.header_row + layout.height, layout.header_row + height
        for row in range(data_end + 1, new_end + 1):  # new rows take the style of the row above
            for column in range(first, last + 1):
                edits.setdefault(row, {}).setdefault(column, None)
        if new_end > data_end and layout.height:
            # The last old row is among the edited ones, for its style to be seen.
            self._keep_row(layout, data_end, edits)
        if height != layout.height and layout.totals:
            moves += [
                Move(data_end + number, new_end + number, first, last)
                for number in (range(layout.totals, 0, -1) if new_end > data_end else range(1, layout.totals + 1))
            ]
        moved_to = range(new_end + 1, new_end + layout.totals + 1)
        for row in range(new_end + 1, data_end + 1):
            if row not in moved_to:
                for column in range(first, last + 1):
                    edits.setdefault(row, {})[column] = _EMPTY
        if layout.part:
            self._package.replace(layout.part, _resized_table(self._package.read(layout.part), layout, new_end))

    def _keep_row(self, layout: _Layout, row: int, edits: dict[int, dict[int, Value | Edit]]) -> None:
        for column in range(layout.first_column, layout.last_column + 1):
            edits.setdefault(row, {}).setdefault(column, KEEP)

    def _written(self, sheet: _Sheet, edits: Edits, moves: Sequence[Move]) -> bytes:
        xml = self._xml(sheet)
        content = self._writes[sheet.part].content
        try:
            if content is not None:
                held = self._values_of.get(sheet.part, ())
                return self._package.explain(
                    sheet.part, lambda: sheet_editor.fill(xml, content, held=held, date1904=self._date1904)
                )
            return self._package.explain(
                sheet.part, lambda: sheet_editor.edit(xml, edits, moves=moves, date1904=self._date1904)
            )
        except SaveError as error:
            raise SaveError(f"{self.name}, sheet {sheet.name}: {error}") from error

    def _loses_formulas(self, sheet: _Sheet, edits: Edits, moves: Mapping[str, Sequence[Move]], after: bytes) -> bool:
        """Tell whether a cell of a sheet has a formula no longer."""
        may_lose = self._formulas(sheet) and (
            self._writes[sheet.part].content is not None
            or moves.get(sheet.part)
            or any(
                type(change) is Edit and not change.keep_formula
                for columns in edits.values()
                for change in columns.values()
            )
        )
        if not may_lose:
            return False
        kept = {(row, column) for row, column, _ in worksheet.formulas(after)}
        return any((row, column) not in kept for row, column, _ in self._formulas(sheet))

    def _drop_calculation_chain(self) -> None:
        """Leave out the calculation chain, which may name no cell without a formula; Excel makes a new one."""
        for item in self._package.relationships(self._package.workbook):
            if item.kind == "calcChain" and item.target and self._package.has(item.target):
                self._package.remove(item.target, source=self._package.workbook)

"""Where the tables of a workbook file are on their sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook import header_row
from kopilot_xl.workbook.addresses import LAST_ROW, Area
from kopilot_xl.workbook.book import BelowCell, Block, TableData, Value, find_named, folded, name_key
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.parts import Sheet, Structure, TablePart, unescaped
from kopilot_xl.workbook.file.reading import MAX_CELLS, SheetReader
from kopilot_xl.workbook.heading_words import in_english


@dataclass(frozen=True)
class Layout:
    """The header row, first column, headers and number of data rows of a table.

    `header_row` and `first_column` count from 1. A table without a part of its own (`part` is None) is a header row
    on a sheet, with the rows under it. `calculated` has the indexes of the columns that the table says are calculated;
    `query` says that its rows come from a query, `joined` how many of the last rows stand under what the part covers,
    `formulas` has those of its calculated columns, by index.
    """

    name: str
    sheet: Sheet
    header_row: int
    first_column: int
    headers: tuple[str, ...]
    height: int
    totals: int = 0
    part: str | None = None
    calculated: frozenset[int] = frozenset()
    query: bool = False
    joined: int = 0
    formulas: Mapping[int, str] = field(default_factory=dict)
    typed_totals: int = 0
    """how many rows under it move along as its totals rows do, and are no part of it"""

    @property
    def moving(self) -> int:
        """How many rows under its data move when it becomes longer or shorter."""
        return self.totals + self.typed_totals

    @property
    def last_column(self) -> int:
        """The sheet column of the last header, counted from 1."""
        return self.first_column + len(self.headers) - 1

    @property
    def columns(self) -> range:
        """The sheet columns of its headers, counted from 1."""
        return range(self.first_column, self.last_column + 1)

    @property
    def area(self) -> Area:
        """All its cells, with header and totals."""
        bottom = self.header_row + self.height + self.totals
        return Area(max(self.header_row, 1), self.first_column, bottom, self.last_column)

    def index(self, header: str) -> int | None:
        """Return the index of the first column with this header, None where there is none."""
        wanted = folded(header)
        return next((index for index, name in enumerate(self.headers) if folded(name) == wanted), None)


class Layouts:
    """The layouts of a workbook's tables, each worked out when it is first asked for."""

    def __init__(self, structure: Structure, reader: SheetReader) -> None:
        self._structure = structure
        self._reader = reader
        self._found: dict[str, Layout | None] = {}

    def of(self, name: str) -> Layout:
        """Return the layout of a table, or of what is on a sheet of that name.

        Raises:
            MissingError: there is neither.
            BookError: its sheet cannot be read.
        """
        layout = self.find(name)
        if layout is None:
            raise MissingError(
                t(
                    "{structure} has no table {name}: name a table so in Excel (Table Design, Table "
                    "Name), or call the sheet {name} and put the headers in its first row.",
                    structure=self._structure.name,
                    name=name,
                )
            )
        return layout

    def find(self, name: str) -> Layout | None:
        """Do the same as `of`; None where there is neither."""
        key = name_key(name)
        if key not in self._found:
            sheet = self._structure.sheet(name)
            table = find_named(self._structure.tables, name)
            self._found[key] = self._of_table(table) if table else self._on_sheet(sheet) if sheet else None
        return self._found[key]

    def declare(self, name: str, block: Block, table: str | None) -> None:
        """Have cells of a sheet count as the table of a name, as `FileBook.declare` says.

        Raises:
            MissingError: there is no such table or sheet.
        """
        if table is not None:
            known = find_named(self._structure.tables, table)
            if known is None:
                self.of(table)
                raise MissingError(t("{book} has no table {name}.", book=self._structure.name, name=table))
            found = self._of_table(known)
            calculated = found.calculated | _indexes(block)
            found = replace(found, name=name, headers=tuple(block.headers), calculated=calculated)
        else:
            sheet = self._structure.sheet(block.sheet)
            if sheet is None:
                raise MissingError(t("{book} has no sheet {name}.", book=self._structure.name, name=block.sheet))
            headers = tuple(block.headers)
            found = Layout(
                name, sheet, block.header_row, block.first_column, headers, block.height, calculated=_indexes(block)
            )
        self._found[name_key(name)] = found

    def grow(self, name: str, rows: int) -> Layout:
        """Count so many rows under a table as its own from now on.

        Raises:
            MissingError: there is no such table.
            SaveError: it has a totals row, or its rows come from a query.
        """
        layout = self.of(name)
        if layout.totals or layout.query:
            raise SaveError(
                t(
                    "The table {layout} in {structure} cannot grow over the rows below it.",
                    layout=layout.name,
                    structure=self._structure.name,
                )
            )
        return self._replaced(layout, replace(layout, height=layout.height + rows, joined=layout.joined + rows))

    def with_typed_totals(self, name: str, rows: int) -> Layout:
        """Have so many rows under a table move along with its end from now on.

        Raises:
            MissingError: there is no such table.
        """
        layout = self.of(name)
        return self._replaced(layout, replace(layout, typed_totals=rows))

    def _replaced(self, layout: Layout, other: Layout) -> Layout:
        for key, known in self._found.items():
            if known is layout:
                self._found[key] = other
        return other

    def below(self, name: str) -> list[list[BelowCell]]:
        """Return the cells under a table, down to the last filled one or to the next table.

        Raises:
            MissingError: there is no such table.
            BookError: its sheet cannot be read.
        """
        layout = self.of(name)
        bottom = layout.area.bottom
        others = [
            table.area.top
            for table in self._structure.tables.values()
            if table.sheet == layout.sheet
            and table.part != layout.part
            and table.area.top > bottom
            and table.area.left <= layout.last_column
            and table.area.right >= layout.first_column
        ]
        values = self._reader.values(layout.sheet)[bottom : min(others, default=LAST_ROW + 1) - 1]
        formulas = {
            (formula.row - bottom - 1, formula.column): formula.text
            for formula in self._reader.formulas(layout.sheet)
            if formula.row > bottom and formula.column in layout.columns
        }
        rows = [
            [
                BelowCell(row[column - 1] if column <= len(row) else None, formulas.get((index, column)))
                for column in layout.columns
            ]
            for index, row in enumerate(values)
        ]
        while rows and not any(cell.is_filled for cell in rows[-1]):
            rows.pop()
        return rows

    def beside(self, name: str) -> list[list[Value]]:
        """Return the values of a table's sheet, if some lie outside its columns.

        Raises:
            MissingError: there is no such table.
            BookError: its sheet cannot be read.
        """
        layout = self.of(name)
        values = self._reader.values(layout.sheet)
        beyond = layout.first_column > 1 or max(map(len, values), default=0) > layout.last_column
        return values if beyond else []

    def data(self, name: str) -> TableData:
        """Return the headers and data rows of a table, or of what is on a sheet of that name.

        Raises:
            MissingError: there is neither.
            BookError: its sheet cannot be read.
        """
        layout = self.of(name)
        left, right = layout.first_column - 1, layout.last_column
        blank: list[Value] = [None] * len(layout.headers)
        values = self._reader.values(layout.sheet)
        rows: list[Sequence[Value]] = list(values[layout.header_row : layout.header_row + layout.height])
        if left or set(map(len, rows)) != {right}:
            cut = [row[left:right] for row in rows]
            rows = [piece if len(piece) == len(blank) else [*piece, *blank[len(piece) :]] for piece in cut]
        rows += [blank] * (layout.height - len(rows))
        return TableData(layout.name, layout.sheet.name, layout.header_row, layout.first_column, layout.headers, rows)

    def _of_table(self, table: TablePart) -> Layout:
        """Return the layout of a table that has a part, its headers as its cells show them."""
        root, area, package = table.root, table.area, self._structure.package
        has_header = root.get("headerRowCount", "1") != "0"
        totals = package.explain(table.part, lambda: markup.number(root.get("totalsRowCount"), 0))
        if area.height * area.width > MAX_CELLS or totals + has_header > area.height:
            raise BookError(
                t(
                    "{path} cannot be read: the table {table} covers {area}. Resize it to its rows in "
                    "Excel (Table Design, Resize Table), save, and try again.",
                    path=package.path,
                    table=markup.shortened(table.name),
                    area=area,
                )
            )
        elements = list(root.iterfind("{*}tableColumns/{*}tableColumn"))
        top = area.top if has_header else area.top - 1
        headers = []
        for index in range(area.width):
            shown = self._reader.value(table.sheet, top, area.left + index) if has_header else None
            stored = elements[index].get("name", "") if index < len(elements) else ""
            headers.append(shown if isinstance(shown, str) else unescaped(stored))
        return Layout(
            name=table.name,
            sheet=table.sheet,
            header_row=top,
            first_column=area.left,
            headers=in_english(table.name, headers),
            height=area.bottom - top - totals,
            totals=totals,
            part=table.part,
            calculated=frozenset(
                index
                for index, element in enumerate(elements)
                if element.find("{*}calculatedColumnFormula") is not None
            ),
            formulas={
                index: formula
                for index, element in enumerate(elements)
                if (formula := element.findtext("{*}calculatedColumnFormula"))
            },
            query=root.get("tableType") == "queryTable"
            or any(item.kind == "queryTable" for item in package.relationships(table.part)),
        )

    def _on_sheet(self, sheet: Sheet) -> Layout | None:
        """Return the table of a sheet: its only table part, or its first header row with the rows under it."""
        own = [table for table in self._structure.tables.values() if table.sheet == sheet]
        if own:
            return self._of_table(own[0]) if len(own) == 1 else None
        found = header_row.find(self._reader.values(sheet))
        if found is None:
            return None
        height = found.last_row - found.header_row
        headers = in_english(sheet.name, found.headers)
        return Layout(sheet.name, sheet, found.header_row, found.left, headers, height)


def _indexes(block: Block) -> frozenset[int]:
    """The indexes of the columns of a block that hold formulas."""
    return frozenset(index for index, header in enumerate(block.headers) if header in block.calculated)

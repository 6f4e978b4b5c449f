"""Writes to a workbook open in Excel that wait for `save`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.workbook.book import Formula, Value, is_shown, name_key
from kopilot_xl.workbook.live.excel_errors import explained
from kopilot_xl.workbook.live.excel_values import typed
from kopilot_xl.workbook.live.formulas import column_of
from kopilot_xl.workbook.live.layout import Layout, Structure
from kopilot_xl.workbook.live.patches import Patch
from kopilot_xl.workbook.live.ranges import has_formulas


@dataclass
class TableWrites:
    """What is to be written to a table.

    Attributes:
        height: how many data rows it is to have.
        columns: by column index, the index of the first row to be written and the values.
        formulas: by index of a calculated column, what its cells without a formula get.
        links: by index of a column of links, the formula and the indexes of the rows that get it.
        rewritten: whether it gets other rows, so that what a filter hides of the old ones is to be seen.
    """

    height: int
    columns: dict[int, tuple[int, Sequence[Value]]] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)
    links: dict[int, tuple[str, set[int]]] = field(default_factory=dict)
    rewritten: bool = False


class PendingWrites:
    """The writes to a workbook open in Excel, gathered until it is saved.

    Attributes:
        tables: what is to be written to tables, by `name_key` of the table.
        patches: what else is to be written, by `name_key` of the sheet.
    """

    def __init__(self, structure: Structure) -> None:
        self.tables: dict[str, TableWrites] = {}
        self.patches: dict[str, list[Patch]] = {}
        self._structure = structure

    def __bool__(self) -> bool:
        return bool(self.tables or self.patches)

    def column(self, table: str, header: str, values: Sequence[Value], formula: str | None) -> bool:
        """Write a column as `LiveBook.write_column` says."""
        layout = self._structure.layout(table)
        index, writes = self._column_to_write(layout, header, values)
        if index is None:
            return False
        if formula is not None and layout.height and self._is_calculated(layout, index):
            writes.formulas[index] = formula
        else:
            writes.columns[index] = (0, values)
        return True

    def cells(self, table: str, header: str, values: Mapping[int, Value]) -> bool:
        """Write cells of a column as `LiveBook.write_cells` says."""
        layout = self._structure.layout(table)
        index = layout.index(header)
        if index is None:
            return False
        sheet = layout.sheet.name
        for row, value in values.items():
            patch = Patch(sheet, layout.header_row + 1 + row, layout.first_column + index, typed([[value]]))
            self.patches.setdefault(name_key(sheet), []).append(patch)
        return True

    def links(self, table: str, header: str, values: Sequence[Value], formula: str) -> bool:
        """Write a column as `LiveBook.write_links` says."""
        layout = self._structure.layout(table)
        index, writes = self._column_to_write(layout, header, values)
        if index is None:
            return False
        new = {row for row, value in enumerate(values) if value is not None and layout.rows[row][index] in (None, "")}
        if new:
            writes.links[index] = formula, new
        return True

    def table(self, table: str, columns: Mapping[str, Sequence[Value]]) -> None:
        """Write a table as `LiveBook.write_table` says."""
        if not columns:
            return
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths for {table}: {sorted(lengths)}")
        layout = self._structure.layout(table, max(lengths))
        writes = self._writes_to(layout)
        writes.height = max(*lengths, 1)
        writes.rewritten = writes.height != layout.height or not is_shown(layout.headers, layout.rows, columns)
        for header, values in columns.items():
            index = layout.index(header)
            if index is not None:
                writes.columns[index] = (0, values or [None])

    def append(self, table: str, columns: Mapping[str, Sequence[Value]], start: int | None = None) -> int:
        """Write rows below a table's last as `LiveBook.append_rows` says."""
        layout = self._structure.layout(table)
        found = {at: values for header, values in columns.items() if (at := layout.index(header)) is not None}
        if start is None:
            used = [number for number, row in enumerate(layout.rows) if any(row[index] is not None for index in found)]
            start = used[-1] + 1 if used else 0
        writes = self._writes_to(layout)
        for index, values in found.items():
            writes.height = max(writes.height, start + len(values))
            writes.columns[index] = (start, values)
        return layout.header_row + 1 + start

    def grow(self, table: str, rows: int) -> None:
        """Count rows under a table as its own, as `LiveBook.grow` says."""
        layout = self._structure.grow(table, rows)
        self._writes_to(layout).height = layout.height

    def block(self, name: str, rows: Sequence[Sequence[Value | Formula]]) -> bool:
        """Write a named block as `LiveBook.write_block` says."""
        try:
            area = self._structure.named_area(name)
        except MissingError:
            return False
        if len(rows) > area.height or any(len(row) > area.width for row in rows):
            width = max(map(len, rows))
            raise ValueError(f"{len(rows)} rows of {width} do not fit into {name}: {area.height} × {area.width}")
        sheet = area.sheet.name
        values = [[None if isinstance(value, Formula) else value for value in row] for row in rows]
        patches = self.patches.setdefault(name_key(sheet), [])
        patches.append(Patch(sheet, area.top, area.left, typed(_filled_up(values, area.height, area.width))))
        for row, cells in enumerate(rows, area.top):
            patches += [
                Patch(sheet, row, column, [[f"={value.text}"]], formulas=True)
                for column, value in enumerate(cells, area.left)
                if isinstance(value, Formula)
            ]
        return True

    def sheet(self, name: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Write a whole sheet as `LiveBook.write_sheet` says."""
        sheet = self._structure.sheet(name)
        if sheet is None:
            return False
        used = self._structure.values(sheet)
        height = max(len(rows), len(used))
        width = max(max(map(len, rows), default=0), max(map(len, used), default=0))
        if height and width:
            self.patches[name_key(sheet.name)] = [Patch(sheet.name, 1, 1, typed(_filled_up(rows, height, width)))]
        return True

    def _writes_to(self, layout: Layout) -> TableWrites:
        return self.tables.setdefault(name_key(layout.name), TableWrites(layout.height))

    def _column_to_write(self, layout: Layout, header: str, values: Sequence[Value]) -> tuple[int | None, TableWrites]:
        """Return the index of a column, None where it does not exist, and what is written to its table so far."""
        index, writes = layout.index(header), self._writes_to(layout)
        if index is not None and len(values) != writes.height:
            raise ValueError(f"{len(values)} values for {writes.height} rows of {layout.name}")
        return index, writes

    def _is_calculated(self, layout: Layout, index: int) -> bool:
        with explained(BookError):
            return has_formulas(column_of(layout, index)) is not False


def _filled_up(rows: Sequence[Sequence[Value]], height: int, width: int) -> list[list[Value]]:
    """Fill rows up with blanks to a height and width."""
    full = [[*row, *[None] * (width - len(row))] for row in rows]
    return full + [[None] * width for _ in range(height - len(full))]

"""Where a table is on its sheet of a workbook open in Excel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kopilot_xl.workbook.addresses import LAST_ROW
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.live.excel_values import cell_value

if TYPE_CHECKING:
    import xlwings as xw
    from xlwings.main import Table as ExcelTable


_SPARSE = 3
"""How many times the cells of its tables may be read of a sheet to read all of them at once."""
_BELOW = 50
"""How many rows under a table are read along with it, so that it need not be asked whether it may grow by a few."""


@dataclass(frozen=True)
class _Layout:
    """Where a table stands. `table` is Excel's own; None for what stands under a header row on its sheet."""

    name: str
    sheet: xw.Sheet
    header_row: int
    first_column: int
    headers: tuple[str, ...]
    height: int
    rows: list[list[Value]]
    table: ExcelTable | None = None
    totals: bool = False
    below: Sequence[Sequence[Value]] = ()
    """what stands in the rows under it, as far as it was read"""

    @property
    def bottom(self) -> int:
        """Its last sheet row, the totals row included."""
        return self.header_row + self.height + self.totals

    @property
    def right(self) -> int:
        """Its last sheet column."""
        return self.first_column + len(self.headers) - 1

    def column(self, header: str) -> int | None:
        wanted = _key(header)
        return next((place for place, name in enumerate(self.headers) if _key(name) == wanted), None)


@dataclass(frozen=True)
class _Read:
    """Cells that were read in one call: the top left one, and the values row by row."""

    top: int
    left: int
    rows: list[list[Value]]

    def covers(self, top: int, left: int, height: int, width: int) -> bool:
        """Tell whether they include these, as far as the sheet goes."""
        bottom = min(top + height - 1, LAST_ROW)
        enough = bottom < self.top + len(self.rows) and left + width <= self.left + len(self.rows[0])
        return self.top <= top and self.left <= left and enough

    def part(self, top: int, left: int, height: int, width: int) -> list[list[Value]]:
        """Return those of them from a cell on."""
        first = left - self.left
        return [row[first : first + width] for row in self.rows[top - self.top : top - self.top + height]]


def _key(name: str) -> str:
    """Return a name as it is compared: without case and surrounding blanks."""
    return name.strip().casefold()


def _list_columns(table: ExcelTable) -> Any:
    """The columns of a table that shows no headers, where their names stand nowhere else."""
    return table.api.ListColumns


def _values(cells: Any) -> list[list[Value]]:
    """Read a whole range in one call."""
    return [[cell_value(each) for each in row] for row in cells.options(ndim=2, err_to_str=True).value]

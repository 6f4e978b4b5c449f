"""What is known of sheets, tables and names of a workbook open in Excel, so that nothing is asked twice.

Every question is a call into another program. An address answers five of them at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from kopilot_xl.workbook.addresses import Area

if TYPE_CHECKING:
    import xlwings as xw
    from xlwings.main import Table as ExcelTable

_REFERENCE = re.compile(r"=(?:'((?:[^'\[\]]|'')+)'|([^'!\[\]()#]+))!(\$?[A-Z]+\$?[0-9]+(?::\$?[A-Z]+\$?[0-9]+)?)")


class KnownSheet:
    """A sheet of Excel's whose name is asked once; all else is that sheet's own."""

    def __init__(self, sheet: xw.Sheet) -> None:
        self.name = str(sheet.name)
        self._sheet = sheet

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sheet, name)

    @cached_property
    def used(self) -> Area:
        """The cells that are in use."""
        return area_of(self._sheet.used_range)


def known(sheet: xw.Sheet) -> xw.Sheet:
    """Return a sheet whose name is asked once."""
    return cast("xw.Sheet", KnownSheet(sheet))


def used_area(sheet: xw.Sheet) -> Area:
    """Return the cells of a sheet that are in use."""
    return sheet.used if isinstance(sheet, KnownSheet) else area_of(sheet.used_range)


@dataclass(frozen=True)
class KnownTable:
    """A table of Excel's with its name, its sheet, and where it was when it was first asked."""

    name: str
    sheet: xw.Sheet
    excel: ExcelTable

    @cached_property
    def area(self) -> Area:
        """Its cells, headers and totals row included."""
        return area_of(self.excel.range)


def area_of(cells: Any) -> Area:
    """Return the rows and columns of a range, asked in one call."""
    return Area.parse(str(cells.address))


def reference_of(text: object) -> tuple[str, Area] | None:
    """Return the sheet and the cells that a name refers to; None if it does not simply refer to cells of its book."""
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    sheet = match[1].replace("''", "'") if match[1] is not None else match[2]
    return sheet, Area.parse(match[3])

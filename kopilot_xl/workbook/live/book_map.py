"""Where the sheets, tables and names of a workbook open in Excel are, as its own macro says in one call."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.book import name_key
from kopilot_xl.workbook.live.excel_errors import is_busy, is_from_excel

if TYPE_CHECKING:
    import xlwings as xw

MACRO = "KopilotMap"
"""The macro of the workbook that says where everything is, a row for each sheet, table and name."""


@dataclass(frozen=True)
class MappedSheet:
    """A sheet: the cells in use, and whether it takes no writing."""

    name: str
    used: Area
    is_protected: bool


@dataclass(frozen=True)
class MappedTable:
    """A table: its sheet and cells, headers and totals row included."""

    name: str
    sheet: str
    area: Area
    show_headers: bool
    show_totals: bool


@dataclass(frozen=True)
class BookMap:
    """What the macro said.

    Attributes:
        sheets: the sheets in their order.
        tables: the tables of all sheets.
        names: what each name of the whole workbook refers to, by its `name_key`.
    """

    sheets: list[MappedSheet] = field(default_factory=list)
    tables: list[MappedTable] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> BookMap:
        """Return what the rows of the macro say.

        Raises:
            ValueError: they are not what this version of it answers.
        """
        found = cls()
        for kind, name, sheet, cells, first, second in rows:
            if kind == "sheet":
                found.sheets.append(MappedSheet(str(name), Area.parse(str(cells)), bool(first)))
            elif kind == "table":
                table = MappedTable(str(name), str(sheet), Area.parse(str(cells)), bool(first), bool(second))
                found.tables.append(table)
            elif kind == "name":
                found.names[name_key(str(name))] = str(cells)
            else:
                raise ValueError(f"the macro {MACRO} tells of {kind}")
        return found


def ask(book: xw.Book) -> BookMap | None:
    """Return where everything is in a workbook; None where its macro does not tell.

    It does not where macros are blocked, where the workbook is of a version without it, and on a Mac, whose programs
    pass no arrays to each other.
    """
    if sys.platform == "darwin":
        return None
    try:
        rows = run(book, MACRO)
    except Exception as error:
        if is_busy(error) or not is_from_excel(error):
            raise
        return None
    try:
        return BookMap.of(rows)
    except (TypeError, ValueError):
        return None


def run(book: xw.Book, macro: str, *arguments: Any) -> Any:
    """Run a macro of the workbook itself, whatever other workbook has one of that name."""
    name = book.name.replace("'", "''")
    return book.app.macro(f"'{name}'!{macro}")(*arguments)

"""The layout of the sheet Settings in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.texts import LANGUAGES
from kopilot_xl.workbook.sheets import source_block
from kopilot_xl.workbook.sheets.settings import (
    ALL,
    AS_OF,
    COMPANY,
    DATE_ORDER,
    LANGUAGE,
    NUMBERS,
    SHEET,
    Setting,
)
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = (3, 20, 34, 18, 28, 24, 12, 20, 26, 18, 9)
_COLUMNS = "BCDEFGHIJK"
"""The columns in use: those of the block Sources. An explanation of a setting runs over the blank cells beside it."""
_HELP = (
    "What kopilot-xl update reads again. Of a pattern such as exports/invoices-*.csv, what is newer than the last "
    "file. Your own workbook with its sheet, a folder or a database will do too. Paths start where this workbook is."
)


def build(ws: Worksheet) -> None:
    """Lay the sheet out: one line per setting, its value in a cell of the setting's name; below, the sources."""
    from kopilot_xl.workbook.sheets import palette
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    ws.sheet_view.showGridLines = False
    styles.widths(ws, _WIDTHS)
    styles.put(ws, "B1", SHEET, text_font=styles.font(size=18, bold=True, color=palette.ACCENT))
    styles.put(ws, "B2", "Write in the framed cells. A blank one means its default.", text_font=quiet)
    ws.row_dimensions[1].height = 32
    row = 4
    others = tuple(each for each in ALL if each not in NUMBERS)
    for title, group in (("The workbook", others), ("Where one segment ends and the next begins", NUMBERS)):
        _title(ws, row, title, "Default")
        for setting in group:
            row += 1
            shown_as = _shown_as(setting)
            ws.row_dimensions[row].height = 30 if setting is COMPANY else 18
            styles.put(ws, f"B{row}", setting.label, text_font=styles.font(bold=True))
            place = f"C{row}:D{row}" if setting is COMPANY else f"C{row}"  # a name of two lines has no unit
            styles.put_input(ws, place, setting.default, shown_as, wrap=setting is COMPANY)
            if setting is not COMPANY:
                styles.put(ws, f"D{row}", setting.unit or None, text_font=quiet, alignment=styles.align(indent=1))
            styles.put(ws, f"E{row}", setting.explanation, text_font=quiet, alignment=styles.align(indent=1))
            default = "today" if setting is AS_OF else setting.default
            styles.put(
                ws, f"{_COLUMNS[-1]}{row}", default, text_font=quiet, alignment=styles.align("right"), shown=shown_as
            )
            styles.name(ws, setting.name, f"C{row}")
            if setting is DATE_ORDER:
                styles.choices(ws, f"C{row}", styles.listed(DateOrder))
            elif setting is LANGUAGE:
                styles.choices(ws, f"C{row}", styles.listed(LANGUAGES))
            elif setting in NUMBERS:
                styles.number_only(ws, f"C{row}", setting.label, whole=isinstance(setting.default, int))
        row += 2
    _sources(ws, row)
    styles.page(ws)


def _title(ws: Worksheet, row: int, title: str, last: str | None = None) -> None:
    """Head a group of rows."""
    from kopilot_xl.workbook.sheets import palette
    from kopilot_xl.workbook.template import styles

    for letter in _COLUMNS:
        text = title if letter == _COLUMNS[0] else last if letter == _COLUMNS[-1] else None
        side = styles.align("right" if letter == _COLUMNS[-1] else "left")
        heading = styles.font(bold=True, color=palette.ACCENT)
        styles.put(
            ws, f"{letter}{row}", text, text_font=heading, alignment=side, lines=styles.edge(bottom=palette.ACCENT)
        )


def _sources(ws: Worksheet, row: int) -> None:
    """Lay out the block Sources: a title, what it is for, the headings, a row for each source."""
    from kopilot_xl.workbook.sheets import palette
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    _title(ws, row, source_block.TITLE)
    styles.put(ws, f"B{row + 1}", _HELP, text_font=quiet)
    first = row + 3
    for letter, heading in zip(_COLUMNS, source_block.HEADINGS, strict=True):
        side = "right" if heading.format is Format.COUNT else "left"
        styles.put(
            ws, f"{letter}{first - 1}", heading.text, text_font=styles.font(bold=True),
            alignment=styles.align(side, wrap=True, indent=0 if letter == "B" else 1),
        )  # fmt: skip
        for at in range(first, first + source_block.ROWS):
            if heading.input:
                styles.put_input(ws, f"{letter}{at}", None, heading.format, wrap=True)
            else:
                styles.put(
                    ws, f"{letter}{at}", text_font=quiet, alignment=styles.align(side, indent=1, wrap=True),
                    shown=heading.format,
                )  # fmt: skip
    for at in range(first, first + source_block.ROWS):  # one by one, for upgrade takes rows over one by one
        styles.choices(ws, f"B{at}", styles.listed(source_block.LABELS.values()))
        styles.choices(ws, f"G{at}", styles.listed(DateOrder))
    styles.name(ws, source_block.NAME, f"B{first}", source_block.ROWS, len(source_block.HEADINGS))


def _shown_as(setting: Setting) -> Format:
    if setting is AS_OF:
        return Format.DATE
    return Format.SHARE if isinstance(setting.default, float) else Format.TEXT

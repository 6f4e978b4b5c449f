"""The portfolios of many workbooks as a workbook: a page to read and print, and a sheet with all figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.usecases.batch.figures import FIGURES, Column
from kopilot_xl.usecases.batch.lines import Line, Total, totals, worst_first
from kopilot_xl.usecases.batch.links import link, report_of
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.tables.table import Format
from kopilot_xl.workbook.tables.text_width import line_count

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

PAGE = "Portfolios"
SHAPES = {
    Shape.DECLINING: (palette.WORSE_TINT, palette.ALERT),
    Shape.INACCURATE: (palette.TINTS[Segment.NO_ACTIVITY], palette.ALERT),
    Shape.GROWING: (palette.TINTS[Segment.ACTIVE], palette.GOOD),
    Shape.MATURE: (palette.TINTS[Segment.ACTIVE], palette.GOOD),
    Shape.EMPTY: (palette.BAND, palette.MUTED),
}
"""The background and the letters of each shape."""

_COLUMNS = (26, 11, 8, 27, 9, 15, 14, 40, 24, 8)
_HEAD = 4
_WIDTHS = {"Workbook": 40, "Company": 28, "Error": 60}
_WIDTH = 13
"""The widths of columns of the figures, in characters: of these, and of the others."""
_LINE = 13.5
"""How high a line is, in points."""


def workbook(lines: Sequence[Line], table: Sequence[Column], target: Path) -> bytes:
    """Return the workbook.

    Args:
        lines: the portfolios.
        table: all figures of them.
        target: where it goes; links start there.
    """
    from openpyxl import Workbook

    book = Workbook()
    _page(book.worksheets[0], worst_first(lines), totals(lines), target)
    _figures(book.create_sheet(FIGURES), table)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def headline(lines: Sequence[Line]) -> str:
    """Return how many portfolios there are and how many of them need attention."""
    urgent = sum(line.is_urgent for line in lines)
    count = tn("{count:,} workbook", "{count:,} workbooks", len(lines))
    return t(
        "{workbooks}, {needing}. The one to look at first comes first.",
        workbooks=count,
        needing=tn("{count:,} needs attention", "{count:,} need attention", urgent) if urgent else t("all is well"),
    )


def _page(ws: Worksheet, lines: Sequence[Line], sums: Sequence[Total], target: Path) -> None:
    from kopilot_xl.workbook.template import styles

    ws.title = PAGE
    ws.sheet_view.showGridLines = False
    styles.widths(ws, _COLUMNS)
    styles.put(ws, "A1", t("Client portfolios"), text_font=styles.font(size=18, bold=True, color=palette.ACCENT))
    quiet = styles.font(color=palette.MUTED)
    made = t("{headline} Written on {day}.", headline=headline(lines), day=formatting.day(datetime.now().date()))
    styles.put(ws, "A2", made, text_font=quiet)
    ws.row_dimensions[1].height = 30
    headings = (
        t("Company"), t("Shape"), t("Clients"), t("What changed"), t("Revenue kept"), t("Value"), t("Leaving value"),
        t("What needs attention"), t("Workbook"), t("Report"),
    )  # fmt: skip
    for letter, heading in zip("ABCDEFGHIJ", headings, strict=True):
        side = "right" if letter in "CEFG" else "left"
        styles.put(
            ws, f"{letter}{_HEAD}", heading, text_font=styles.font(bold=True, color=palette.PAPER),
            alignment=styles.align(side, wrap=True, indent=int(side == "left")), background=palette.ACCENT,
        )  # fmt: skip
    ws.row_dimensions[_HEAD].height = 30
    for row, line in enumerate(lines, _HEAD + 1):
        _row(ws, row, line, target)
    for row, total in enumerate(sums, _HEAD + len(lines) + 1):
        _total(ws, row, total)
    ws.freeze_panes = f"B{_HEAD + 1}"
    ws.print_title_rows = f"{_HEAD}:{_HEAD}"
    styles.page(ws, across=True)


def _row(ws: Worksheet, row: int, line: Line, target: Path) -> None:
    from kopilot_xl.workbook.template import styles

    needs, summary = "\n".join(line.needs), line.summary
    top, right = styles.align(vertical="top", wrap=True, indent=1), styles.align("right", "top")
    edge = styles.edge(bottom=palette.LINE)

    def put(letter: str, value: object, **look: object) -> None:
        cell = f"{letter}{row}"
        alignment = right if letter in "CEFG" else top
        styles.put(ws, cell, None, **{"alignment": alignment, "lines": edge, **look})  # type: ignore[arg-type]  # looks
        ws[cell].value = _plain(value) if isinstance(value, str) else value
        if isinstance(value, str):
            ws[cell].data_type = "s"  # never a formula

    put("A", line.name, text_font=styles.font(bold=True))
    if summary is None:
        put("B", t("failed"), text_font=styles.font(bold=True, color=palette.ALERT))
        for letter in "CEFG":
            put(letter, None)
    else:
        ground, ink = SHAPES[summary.shape]
        put("B", summary.shape.value, background=ground, text_font=styles.font(bold=True, color=ink))
        money = f'"{line.currency} "#,##0' if line.currency.isalpha() else "#,##0"
        put("C", summary.size, shown=Format.COUNT)
        put("E", line.kept, shown=Format.SHARE)
        for letter, value in (("F", summary.value(PORTFOLIO)), ("G", summary.values[Segment.LEAVING])):
            put(letter, value, shown=Format.COUNT)
            ws[f"{letter}{row}"].number_format = money
    put("D", line.changed)
    urgent = bool(line.error or line.rejected or line.problems)
    put("H", needs, text_font=styles.font(color=palette.ALERT if urgent else palette.MUTED))
    for letter, path, text in (("I", Path(line.book), line.book), ("J", report_of(line.book), t("report"))):
        put(letter, text if path is not None else None, text_font=styles.font(color=palette.ACCENT))
        if path is not None:
            ws[f"{letter}{row}"].hyperlink = link(path, target)
    texts = {0: line.name, 3: line.changed, 7: needs, 8: line.book}
    lines = max(line_count(text, _COLUMNS[column] - 2) for column, text in texts.items())
    ws.row_dimensions[row].height = _LINE * max(lines, 1) + 5


def _total(ws: Worksheet, row: int, total: Total) -> None:
    from kopilot_xl.workbook.template import styles

    bold = styles.font(bold=True)
    for letter, value in (
        ("A", total.name), ("C", total.clients), ("F", total.value), ("G", total.leaving_value),
        ("H", tn("{count:,} data problem", "{count:,} data problems", total.problems) if total.problems else None),
    ):  # fmt: skip
        side = styles.align("right") if letter in "CFG" else styles.align(indent=1)
        styles.put(ws, f"{letter}{row}", value, text_font=bold, alignment=side, shown=Format.COUNT)
    ws.row_dimensions[row].height = 20


def _figures(ws: Worksheet, table: Sequence[Column]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    plain, bold = Font(name=styles.FONT, size=styles.SIZE), Font(name=styles.FONT, size=styles.SIZE, bold=True)
    for number, column in enumerate(table, 1):
        name, is_text = column.name, column.type is str
        alignment = Alignment(horizontal="left" if is_text else "right", vertical="top", indent=int(is_text))
        heading = ws.cell(1, number, name)
        heading.font, heading.alignment = bold, alignment
        width = _WIDTHS.get(name, _WIDTH)
        ws.column_dimensions[get_column_letter(number)].width = width
        if name == "Error":  # a long one would make the printed page as wide as itself, and all too small to read
            alignment = Alignment(horizontal="left", vertical="top", indent=1, wrap_text=True)
        for row, value in enumerate(column.values, 2):
            cell = ws.cell(row, number, value)
            cell.font, cell.alignment = plain, alignment
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula
                if alignment.wrap_text:
                    ws.row_dimensions[row].height = _LINE * line_count(value, width)
            elif isinstance(value, float):
                cell.number_format = "0.00" if name.startswith("Tilt") else "0%" if name == "Revenue kept" else "#,##0"
            elif isinstance(value, date):
                cell.number_format = Format.DATE.value
    styles.page(ws, across=True)
    ws.freeze_panes, ws.print_title_rows = "B2", "1:1"
    ws.auto_filter.ref = ws.dimensions


def _plain(text: str) -> str:
    """A text that a cell can hold: a file name may have characters that none can."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)

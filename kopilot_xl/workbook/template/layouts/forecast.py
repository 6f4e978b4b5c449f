"""The layout of the sheet Forecast in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.forecasting import YEAR, Rule
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.forecast import (
    AS_OF,
    BACK,
    BLOCKS,
    CHART_COLUMNS,
    DATES,
    DRAWN,
    FACT,
    FACT_ROWS,
    FACTS,
    FIRST_WORDS,
    LINES,
    MONTHS,
    NOTE,
    REACH,
    ROWS,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_QUESTION = "What will come in, and how much of it is already planned?"
_LETTERS = "CDEFGHIJKLMN"
"""The columns of the twelve months."""
_LAST = "O"
"""The column of their sum."""
_FIRST_FACT = 5
_TOP = 22
"""The row of the months' dates; the block of the months ahead begins below it."""
_LINES = _TOP + len(ROWS) + 2
"""The row above what each rule expects."""
_SIDE = 21
"""The column of what the chart is drawn from."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the chart and the facts, the months ahead, the rules one by one."""
    from kopilot_xl.workbook.template import charts, styles

    ws.sheet_view.showGridLines = False
    styles.widths(ws, (2, 25, *(11,) * YEAR, 13))
    _build_head(ws)
    _build_facts(ws)
    _build_months(ws)
    _build_lines(ws)
    _build_drawn(ws)
    charts.forecast(ws, _SIDE, 3, BACK + YEAR, ("B", 4), ("J", 20), REACH)
    charts.words_until(ws, "B10:J10", charts.EMPTY_FORECAST, f"COUNT({_drawn_cells()})>0")
    styles.page(ws, across=True)
    ws.print_area = f"A1:{_LAST}{styles.LAST_ROW}"  # what the chart is drawn from is beside it


def _build_head(ws: Worksheet) -> None:
    """The title, which is the figure as a sentence, the day, and the question the sheet answers."""
    from kopilot_xl.workbook.template import styles

    for row, height in ((1, 34), (2, 17), (3, 8)):
        ws.row_dimensions[row].height = height * 0.75
    styles.put(ws, "B1", FIRST_WORDS, text_font=styles.font(size=18, bold=True, color=palette.ACCENT))
    styles.name(ws, NOTE, "B1")
    styles.put(ws, f"M1:{_LAST}1", text_font=styles.font(size=14, bold=True), alignment=styles.align("right"))
    ws["M1"].number_format = '"as of "d mmmm yyyy'
    styles.name(ws, AS_OF, "M1")
    styles.put(ws, "B2", _QUESTION, text_font=styles.font(color=palette.MUTED))
    for cell in ws[f"A3:{_LAST}3"][0]:
        cell.border = styles.edge(top=palette.ACCENT)


def _build_facts(ws: Worksheet) -> None:
    """To the right of the chart: five facts, each with its name."""
    from kopilot_xl.workbook.template import styles

    last = _FIRST_FACT + len(FACTS) * FACT_ROWS - 1
    for row, name in zip(range(_FIRST_FACT, last + 1, FACT_ROWS), FACTS, strict=True):
        quiet = styles.font(bold=True, color=palette.MUTED)
        styles.put(ws, f"K{row}", name, text_font=quiet, alignment=styles.align(vertical="top"))
        for line in range(row, row + FACT_ROWS):
            styles.put(
                ws, f"L{line}", text_font=styles.font(bold=row == _FIRST_FACT), alignment=styles.align(vertical="top")
            )
    styles.name(ws, FACT, f"L{_FIRST_FACT}", *BLOCKS[FACT])
    styles.hide(ws, f"K{_FIRST_FACT}:K{last}", f'$L{_FIRST_FACT}=""')


def _head(ws: Worksheet, row: int, text: str, last: str) -> None:
    """A heading over the labels, and the one of the column after the months."""
    from kopilot_xl.workbook.template import styles

    line = styles.edge(bottom=palette.LINE)
    ws.row_dimensions[row].height = 18
    for letter in f"B{_LETTERS}{_LAST}":
        ws[f"{letter}{row}"].border = line
    styles.put(ws, f"B{row}", text, text_font=styles.font(size=11, bold=True, color=palette.ACCENT), lines=line)
    bold = styles.font(bold=True, color=palette.MUTED)
    styles.put(ws, f"{_LAST}{row}", last, text_font=bold, alignment=styles.align("right"), lines=line)


def _build_months(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    bold = styles.font(bold=True, color=palette.MUTED)
    _head(ws, _TOP, "Month by month", "12 months")
    for letter in _LETTERS:
        styles.put(
            ws, f"{letter}{_TOP}", text_font=bold, alignment=styles.align("right"), shown=Format.MONTH,
            lines=styles.edge(bottom=palette.LINE),
        )  # fmt: skip
    styles.name(ws, DATES, f"C{_TOP}", *BLOCKS[DATES])
    for row, (text, shown) in enumerate(ROWS.items(), _TOP + 1):
        main = text in {"Expected", "Planned already"}
        look = styles.font(bold=main) if main else styles.font(color=palette.MUTED)
        tint = palette.BAR if text == "Expected" else None
        below = styles.edge(bottom=palette.LINE)
        indent = 1 if text[0].islower() else 0
        styles.put(
            ws, f"B{row}", text, text_font=look, alignment=styles.align(indent=indent), background=tint, lines=below
        )
        for letter in _LETTERS + _LAST:
            styles.put(
                ws, f"{letter}{row}", text_font=look, alignment=styles.align("right", shrink=True), shown=shown,
                background=tint, lines=below,
            )  # fmt: skip
    styles.name(ws, MONTHS, f"C{_TOP + 1}", *BLOCKS[MONTHS])


def _build_lines(ws: Worksheet) -> None:
    """What each rule expects by itself, folded away."""
    from openpyxl.worksheet.properties import Outline

    from kopilot_xl.workbook.template import styles

    heading = "► What is mixed, rule by rule, and how far each was off: unfold with the + at the left"
    styles.put(ws, f"B{_LINES}", heading, text_font=styles.font(color=palette.ACCENT))
    ws.sheet_properties.outlinePr = Outline(summaryBelow=False)
    for row in range(_LINES + 1, _LINES + 2 + len(Rule)):
        ws.row_dimensions[row].outlineLevel, ws.row_dimensions[row].hidden = 1, True
        first = row == _LINES + 1
        styles.put(ws, f"B{row}", text_font=styles.font(bold=first), alignment=styles.align(shrink=True))
        for letter in _LETTERS + _LAST:
            look = styles.font(bold=first and letter == _LAST, color=palette.MUTED)
            styles.put(
                ws, f"{letter}{row}", text_font=look, alignment=styles.align("right", shrink=True), shown=Format.AMOUNT
            )  # fmt: skip
    ws.row_dimensions[_LINES].collapsed = True
    styles.name(ws, LINES, f"B{_LINES + 1}", *BLOCKS[LINES])
    for row, (rule, text) in enumerate(((rule, rule.formula) for rule in Rule), _LINES + 2 + len(Rule)):
        ws.row_dimensions[row].outlineLevel, ws.row_dimensions[row].hidden = 1, True
        styles.put(ws, f"B{row}", f"{rule}: {text}", text_font=styles.font(color=palette.MUTED))


def _drawn_cells() -> str:
    """The cells that the chart's lines, band and columns are drawn from."""
    from openpyxl.utils import get_column_letter

    first, last = (get_column_letter(_SIDE + at) for at in (1, len(CHART_COLUMNS) - 1))
    return f"${first}$4:${last}${3 + BACK + YEAR}"


def _build_drawn(ws: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    styles.put(ws, f"{get_column_letter(_SIDE)}2", "What the chart is drawn from.", text_font=quiet)
    for at, header in enumerate(CHART_COLUMNS):
        letter = get_column_letter(_SIDE + at)
        side = styles.align("right" if at else "left")
        ws.column_dimensions[letter].width = 13
        styles.put(
            ws, f"{letter}3", header, text_font=styles.font(bold=True, color=palette.MUTED), alignment=side,
            background=palette.BAND,
        )  # fmt: skip
        for row in range(4, 4 + BACK + YEAR):
            styles.put(
                ws, f"{letter}{row}", text_font=quiet, alignment=side, shown=Format.AMOUNT if at else Format.TEXT
            )  # fmt: skip
    styles.name(ws, DRAWN, f"{get_column_letter(_SIDE)}4", *BLOCKS[DRAWN])

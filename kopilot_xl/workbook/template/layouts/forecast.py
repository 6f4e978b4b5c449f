"""The layout of the sheet Forecast in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.sales import CALLS_NAMED, YEAR
from kopilot_xl.domain.scenarios import Scenario
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.forecast import (
    AHEAD,
    BACK,
    BLOCKS,
    CALLS,
    CHART,
    CHART_COLUMNS,
    CHOSEN,
    CORNER,
    DATES,
    ERRORS,
    FIRST_WORDS,
    LACKS,
    NOTE,
    REACH,
    ROWS,
    SCENARIOS,
    SEGMENT,
    UNCHECKED,
    WORDS,
    WORDS_LINES,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


_TOP = 21
"""The row of the months' dates; the block of the months ahead begins below it."""
_SCENARIOS = _TOP + len(ROWS) + 2
_ERRORS = _SCENARIOS + len(Scenario) + 3
_LETTERS = "DEFGHIJKLMNO"
"""The columns of the twelve months."""
_SIDE = 21
"""The column of what the chart is drawn from."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the chart and its words, the months ahead, the scenarios, their errors, the call list."""
    from kopilot_xl.workbook.template import charts, styles

    ws.sheet_view.showGridLines = False
    styles.put_table(ws, CALLS, CORNER)
    cells = styles.down(CALLS, SEGMENT, CORNER)
    styles.tint_segments(ws, cells, cells.partition(":")[0])
    for letter in "HIJKLMNO":
        ws.column_dimensions[letter].width = 13
    for letter, width in zip("PQRST", (14, 14, 12, 12, 4), strict=True):
        ws.column_dimensions[letter].width = width
    ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 8
    styles.put(ws, "A1:S1", FIRST_WORDS, look=styles.font(size=16, bold=True, color=palette.ACCENT))
    for each in ws["A2:S2"][0]:
        each.border = styles.edge(top=palette.ACCENT)
    styles.name(ws, NOTE, "A1")
    _build_words(ws)
    _build_months(ws)
    _build_scenarios(ws)
    _build_errors(ws)
    _build_chart_block(ws)
    charts.forecast(ws, _SIDE, 3, BACK + YEAR, ("A", 3), ("M", 19), REACH)
    charts.words_until(ws, "A9:M9", charts.EMPTY_FORECAST, f"COUNT({_drawn_cells()})>0")
    top = int(CORNER[1:])
    ws.row_dimensions[top - 1].height = 24
    heading = styles.font(size=14, bold=True, color=palette.ACCENT)
    styles.put(ws, f"A{top - 1}", "Whom to call about which month", look=heading)
    styles.put(ws, f"E{top - 1}", _CALLS_WORDS, look=styles.font(color=palette.MUTED))
    styles.page(ws, across=True)
    ws.print_area = f"A1:S{styles.LAST_ROW}"  # what the chart is drawn from stands beside it
    ws.print_title_rows = f"{top}:{top}"


_CALLS_WORDS = (
    "Invoiced in that month of last year, nothing coming now; in the order to work through the portfolio, at most "
    f"{CALLS_NAMED} a month."
)


def _drawn_cells() -> str:
    """The cells that the chart's lines and columns are drawn from."""
    from openpyxl.utils import get_column_letter

    first, last = (get_column_letter(_SIDE + at) for at in (1, len(CHART_COLUMNS) - 1))
    return f"${first}$4:${last}${3 + BACK + YEAR}"


def _build_words(ws: Worksheet) -> None:
    """To the right of the chart: which scenario, and the sentences."""
    from kopilot_xl.workbook.template import styles

    styles.put(ws, "N3", "Expected", look=styles.font(bold=True, color=palette.MUTED))
    styles.put(ws, "N4", look=styles.font(size=14, bold=True, color=palette.ACCENT))
    styles.name(ws, CHOSEN, "N4")
    styles.hide(ws, "N3", f'{CHOSEN}=""')
    ws.row_dimensions[4].height = 22
    for row in range(6, 6 + WORDS_LINES):
        ws.row_dimensions[row].height = 34
        styles.put(ws, f"N{row}", stand=styles.align(vertical="top", wrap=True))
        for letter in "OPQRS":
            ws[f"{letter}{row}"].alignment = styles.align(vertical="top", wrap=True)
        ws.merge_cells(f"N{row}:S{row}")
    styles.name(ws, WORDS, "N6", *BLOCKS[WORDS])


def _head(ws: Worksheet, row: int, text: str, *more: str) -> None:
    """A heading over the label columns, and those of the columns after the months."""
    from kopilot_xl.workbook.template import styles

    bold = styles.font(bold=True, color=palette.MUTED)
    line = styles.edge(bottom=palette.LINE)
    ws.row_dimensions[row].height = 22
    for letter in "ABC" + _LETTERS + "PQRS":
        ws[f"{letter}{row}"].border = line
    styles.put(ws, f"A{row}", text, look=styles.font(size=12, bold=True, color=palette.ACCENT), lines=line)
    for letter, header in zip("PQRS", more, strict=False):
        styles.put(ws, f"{letter}{row}", header, look=bold, stand=styles.align("right"), lines=line)


def _build_months(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    bold = styles.font(bold=True, color=palette.MUTED)
    _head(ws, _TOP, "The next twelve months", "12 months")
    for letter in _LETTERS:
        styles.put(
            ws, f"{letter}{_TOP}", look=bold, stand=styles.align("right"), shown=Format.MONTH,
            lines=styles.edge(bottom=palette.LINE),
        )  # fmt: skip
    styles.name(ws, DATES, f"D{_TOP}", *BLOCKS[DATES])
    for row, (label, shown) in enumerate(ROWS.items(), _TOP + 1):
        main = label[0].isupper()
        look = styles.font(bold=main) if main else styles.font(color=palette.MUTED)
        tint = palette.BAND if label == "Expected" else None
        styles.put(ws, f"A{row}", label, look=look, stand=styles.align(indent=0 if main else 1), background=tint)
        for letter in "BC":
            styles.put(ws, f"{letter}{row}", background=tint)
        for letter in _LETTERS + "P":
            styles.put(
                ws, f"{letter}{row}", look=look, stand=styles.align("right", shrink=True), shown=shown, background=tint
            )
    styles.name(ws, AHEAD, f"D{_TOP + 1}", *BLOCKS[AHEAD])


def _build_scenarios(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    _head(ws, _SCENARIOS, "The scenarios, month by month", "12 months", "Year lands at")
    for row, each in enumerate(Scenario, _SCENARIOS + 1):
        styles.put(ws, f"A{row}", each.value, look=styles.font(bold=True))
        for letter in _LETTERS + "PQ":
            styles.put(ws, f"{letter}{row}", stand=styles.align("right"), shown=Format.AMOUNT)
    styles.name(ws, SCENARIOS, f"D{_SCENARIOS + 1}", *BLOCKS[SCENARIOS])
    _build_reasons(ws, LACKS, _SCENARIOS + 1)
    _mark_chosen(ws, _SCENARIOS + 1, "Q")


def _build_errors(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    bold = styles.font(bold=True, color=palette.MUTED)
    _head(ws, _ERRORS, "How far they were off, so many months ahead", "on average", "of a month", "MASE", "past dates")
    for ahead, letter in enumerate(_LETTERS, 1):
        styles.put(
            ws,
            f"{letter}{_ERRORS}",
            ahead,
            look=bold,
            stand=styles.align("right"),
            lines=styles.edge(bottom=palette.LINE),
        )
    shown = dict(zip("PQRS", (Format.AMOUNT, Format.SHARE, Format.RATIO, Format.COUNT), strict=True))
    for row, each in enumerate(Scenario, _ERRORS + 1):
        styles.put(ws, f"A{row}", each.value, look=styles.font(bold=True))
        for letter in _LETTERS + "PQRS":
            kind = shown.get(letter, Format.AMOUNT)
            styles.put(ws, f"{letter}{row}", stand=styles.align("right", shrink=True), shown=kind)
    styles.name(ws, ERRORS, f"D{_ERRORS + 1}", *BLOCKS[ERRORS])
    _build_reasons(ws, UNCHECKED, _ERRORS + 1)
    _mark_chosen(ws, _ERRORS + 1, "S")
    row = _ERRORS + len(Scenario) + 1
    styles.put(ws, f"A{row}", _ERRORS_WORDS, look=styles.font(color=palette.MUTED))


_ERRORS_WORDS = (
    "On each past date the months after it were told from what was known then, and compared with what came; the same "
    "dates for all. MASE: the error ÷ what a month differs from the one a year before."
)


def _build_reasons(ws: Worksheet, called: str, first: int) -> None:
    """Beside the scenarios' labels: a reason runs over the cells of the numbers that there are none of."""
    from kopilot_xl.workbook.template import styles

    for row in range(first, first + len(Scenario)):
        styles.put(ws, f"C{row}", look=styles.font(color=palette.MUTED))
    styles.name(ws, called, f"C{first}", *BLOCKS[called])


def _mark_chosen(ws: Worksheet, first: int, last_column: str) -> None:
    from kopilot_xl.workbook.template import styles

    styles.when(
        ws, f"A{first}:{last_column}{first + len(Scenario) - 1}", f"$A{first}={CHOSEN}", background=palette.BAR
    )  # fmt: skip


def _build_chart_block(ws: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    quiet = styles.font(color=palette.MUTED)
    styles.put(ws, f"{get_column_letter(_SIDE)}2", "What the chart is drawn from.", look=quiet)
    for at, header in enumerate(CHART_COLUMNS):
        letter = get_column_letter(_SIDE + at)
        side = styles.align("right" if at else "left")
        ws.column_dimensions[letter].width = 13
        styles.put(
            ws, f"{letter}3", header, look=styles.font(bold=True, color=palette.MUTED), stand=side,
            background=palette.BAND,
        )  # fmt: skip
        for row in range(4, 4 + BACK + YEAR):
            styles.put(
                ws, f"{letter}{row}", look=quiet, stand=side, shown=Format.AMOUNT if at else Format.MONTH
            )  # fmt: skip
    styles.name(ws, CHART, f"{get_column_letter(_SIDE)}4", *BLOCKS[CHART])

"""The Guide sheet: one page that tells what the segments mean and how the workbook is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.forecast import Scenario
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.sheets import palette

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "Guide"

STEPS: tuple[tuple[str, str], ...] = (
    ("1", "Keep your clients in Clients and your invoices in Transactions: paste an export, or type. "
          "Planned revenue is a transaction with the status Planned."),
    ("2", "Refresh: in Excel the tab Kopilot, Refresh portfolio. From a terminal: kopilot-xl refresh and the name of "
          "this workbook, closed in Excel."),
    ("3", "Read Portfolio: its shape, then whom to turn to, from the top of the list to its end."),
    ("4", "Record what you decided in Actions, one row each, or select clients and use the tab Kopilot: plan revenue, "
          "mark lost, mark canceled, reactivate. The next refresh reads it back; to undo, delete the row and refresh."),
    ("5", "Look a client up in Clients: the column In Actions tells how many rows of Actions are about it and leads "
          "to the first of them."),
)  # fmt: skip
"""How the workbook is used, from Monday to Monday."""

FORMULAS: tuple[tuple[str, str], ...] = (
    ("=SEGMENT(A2)", "The segment of the client whose id stands in A2."),
    ("=NEXT_ACTION(A2)", "What to do about that client, or the plan that is already there."),
    ("=LEAVES_ON(A2)", "The day that client leaves the portfolio if nothing happens."),
    ("=ACTIVITY_SEGMENT(C2, E2, F2)", "The segment that three dates give: created on, last invoice, next planned."),
    ("=PORTFOLIO_SHAPE()", "The shape of the portfolio."),
    ("=SEGMENT_COUNTS()", "The histogram: each segment and its number of clients, in 7 rows and 2 columns."),
    ("=FORECAST_REVENUE(A2)", "What the last refresh expects of the month of the date in A2, one of the next twelve."),
)
"""The worksheet functions. Without Python they answer from the last refresh."""

OWNERSHIP = (
    "Refresh writes only the columns Segment to Next action of Clients, Status and Detail of Actions, and the sheets "
    "Portfolio, History, Movements, If nobody acts, Forecast and Problems. Everything else is yours: add columns, "
    "sheets, charts and colours as you like."
)


FORECAST = (
    "A refresh tries each scenario on your own past, as it was known then. The one that was off least is expected; the "
    "band is where its past errors put 8 of 10 months."
)


def build(ws: Worksheet) -> None:
    """Lay the page out."""
    from kopilot_xl.sheets import looks

    quiet, strong = looks.font(color=palette.MUTED), looks.font(bold=True)
    reading = looks.align(wrap=True, indent=1)
    ws.sheet_view.showGridLines = False
    looks.widths(ws, (3, 5, 30, 62, 84))
    looks.put(ws, "B1", SHEET, look=looks.font(size=18, bold=True, color=palette.ACCENT))
    ws.row_dimensions[1].height = 32

    def heading(row: int, *texts: str) -> None:
        ws.row_dimensions[row].height = 24
        for letter, text in zip("BCDE", (*texts, *[""] * 4), strict=False):
            look = looks.font(size=12 if text == texts[0] else looks.SIZE, bold=True, color=palette.ACCENT)
            looks.put(
                ws,
                f"{letter}{row}",
                text or None,
                look=look,
                stand=looks.align(indent=int(letter in "DE")),
                lines=looks.edge(bottom=palette.ACCENT),
            )

    heading(2, "How it works")
    row = 2
    for number, text in STEPS:
        row += 1
        looks.put(ws, f"B{row}", number, look=looks.font(bold=True, color=palette.ACCENT), stand=looks.align("center"))
        looks.put(ws, f"C{row}:E{row}", text, stand=looks.align(wrap=True))
        ws.row_dimensions[row].height = 18
    row += 2
    heading(row, "The segments", "", "Who is in it", "What to do")
    for segment in (*reversed(BARS), Segment.CANCELED):
        row += 1
        looks.put(ws, f"B{row}", segment.icon, look=looks.font(size=12), stand=looks.align("center"))
        tint = palette.TINTS[segment]
        looks.put(ws, f"C{row}", segment, look=strong, stand=looks.align(indent=1), background=tint)
        looks.put(ws, f"D{row}", Rules().meaning(segment), stand=reading)
        looks.put(ws, f"E{row}", segment.advice, stand=reading)
        ws.row_dimensions[row].height = 28
    row += 2
    heading(row, "The formulas")
    for formula, text in FORMULAS:
        row += 1
        looks.put(ws, f"B{row}:C{row}", formula, look=looks.font(name=looks.MONOSPACED, bold=True))
        ws[f"B{row}"].data_type = "s"  # shown, not computed
        looks.put(ws, f"D{row}:E{row}", text, stand=looks.align(indent=1))
        ws.row_dimensions[row].height = 16
    row += 2
    heading(row, "The forecast", "", "A month ahead is")
    for scenario in Scenario:
        row += 1
        looks.put(ws, f"B{row}:C{row}", scenario.value, look=strong)
        looks.put(ws, f"D{row}:E{row}", scenario.formula, stand=looks.align(indent=1))
        ws.row_dimensions[row].height = 16
    row += 1
    looks.put(ws, f"B{row}:E{row}", FORECAST, look=quiet, stand=looks.align(vertical="top", wrap=True))
    ws.row_dimensions[row].height = 18
    row += 2
    heading(row, "What is yours, and what refresh writes")
    row += 1
    looks.put(ws, f"B{row}:E{row}", OWNERSHIP, look=quiet, stand=looks.align(vertical="top", wrap=True))
    ws.row_dimensions[row].height = 30
    looks.page(ws)

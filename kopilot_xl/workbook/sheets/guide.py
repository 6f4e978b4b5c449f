"""The Guide sheet: one page that tells what the segments mean and how the workbook is used."""

from __future__ import annotations

from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.workbook.book import Book

SHEET = "Guide"
SEGMENTS = (*reversed(BARS), Segment.CANCELED)
"""The segments in the order in which the page tells of them."""
MEANINGS = "GuideMeanings"
"""The named block that tells who is in each of them, with the thresholds of Settings."""

STEPS: tuple[tuple[str, str], ...] = (
    ("1", "Keep clients in Clients and invoices in Transactions. Each month kopilot-xl update brings your next export "
          "in, from the Sources on Settings, and keeps what you decided. Planned revenue has the status Planned."),
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
    "Refresh writes only the columns Segment to Next action of Clients; Client, Status and Detail of Actions, and a "
    "blank Recorded on there; the sheets Portfolio, Client, Trend, Forecast, If nobody acts, Problems and the hidden "
    "ones; and who is in each segment, above. Everything else is yours: add columns, sheets, charts and colours as you "
    "like."
)


_MACRO_FREE = {
    "2": "Refresh: close this workbook, then kopilot-xl refresh and its name. Portfolio says how many rows were typed "
         "since the last refresh.",
    "4": "Record what you decided in Actions, one row each: plan revenue, mark lost, mark canceled, reactivate. The "
         "next refresh reads it back; to undo, delete the row and refresh.",
}  # fmt: skip
MACRO_FREE_STEPS: tuple[tuple[str, str], ...] = tuple((number, _MACRO_FREE.get(number, text)) for number, text in STEPS)
"""The same where the workbook has no macros."""
MACRO_FREE_FORMULAS: tuple[tuple[str, str], ...] = (
    (
        "Segment",
        "A formula over what the last refresh stored in hidden columns: it goes with As of on Settings, or today.",
    ),
    (
        "Leaves on",
        "Formulas too, as Last invoice, Next planned and Next action; so is Portfolio's shape with its chart.",
    ),
    ("Value", "As of the last refresh, as the lists, movements and the forecast are."),
    (
        "Refresh",
        "What a client says where the formulas cannot know: past its last stored day, or before the first refresh.",
    ),
)
"""What the formulas of the macro-free edition show."""
MACRO_FREE_OWNERSHIP = OWNERSHIP.replace(
    "the columns Segment to Next action of Clients", "the columns of Clients from Segment on, hidden ones too"
)


FORECAST = (
    "A refresh tries the three on your own past, as it was known then, and mixes them: the less a rule was off, the "
    "more it weighs. The band is where the mix's past errors put 8 of 10 months."
)


def fill(book: Book, rules: Rules) -> None:
    """Write who is in each segment, with these thresholds; nothing where the block is gone, as in a workbook of 0.1."""
    book.write_block(MEANINGS, [[rules.meaning(segment)] for segment in SEGMENTS])

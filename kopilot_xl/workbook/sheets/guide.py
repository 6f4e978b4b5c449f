"""The Guide sheet: one page that tells what the segments mean and how the workbook is used."""

from __future__ import annotations

from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import Book

SHEET = "Guide"
SEGMENTS = (*reversed(BARS), Segment.CANCELED)
"""The segments in the order in which the page tells of them."""
MEANINGS, CONDITIONS = "GuideMeanings", "GuideConditions"
"""The named blocks that tell who is in each of them, and when the portfolio has which shape, with the thresholds of
Settings."""

SHAPES: dict[Shape, tuple[str, str]] = {
    Shape.EMPTY: (
        marked("There are no clients in the portfolio."),
        "Fill Clients and Transactions, then refresh.",
    ),
    Shape.INACCURATE: (
        marked("No Activity is {share} of the portfolio or more."),
        "The share of active clients cannot be trusted. Plan those clients' first revenue, or mark them canceled.",
    ),
    Shape.DECLINING: (
        marked(
            "At least as many clients went quiet as are active or new; or at most half of all these are active, and "
            "fewer are new than leaving."
        ),
        "Contact those who went quiet, the leaving ones first: another product, an upgrade, maintenance.",
    ),
    Shape.GROWING: (
        marked(
            "More clients are new than went quiet; or at most half of all these are active, and the new make up for "
            "leaving ones."
        ),
        "Plan the revenue well, so that work goes to the months that still need it.",
    ),
    Shape.MATURE: (
        marked("Everything else: active clients are the majority."),
        "Well balanced if all three checks pass; the sentence on Portfolio says which one does not.",
    ),
}
"""When the portfolio has each shape, the first that holds, and what to do about it. Quiet are Sleeping Away,
Hibernating and Leaving."""

TERMS: tuple[tuple[str, str], ...] = (
    ("Portfolio", "All clients but Lost and Canceled ones. Shares are of it; Lost is shown outside, as a number."),
    ("Tilt", "Active and New less Sleeping Away, Hibernating and Leaving, as a share of all five: −1 all went quiet, "
             "+1 all are active or new. ● by clients, ■ by value."),
    ("Value", "What a client brought in the 12 months up to its last invoice, credit notes included; of a New one, "
              "what is planned. A leaving client weighs what it was worth."),
    ("Keep", "Do next, first heading: Leaving by days left, then Hibernating, Sleeping Away and Active by value. "
             "Nobody with enough revenue coming is on the list."),
    ("Win back", "New and Lost, by value: keep the plans of the new ones true, try the lost ones again."),
    ("Decide", "No Activity: plan the first revenue, or mark it canceled. A few with activity beat many without."),
)  # fmt: skip
"""The words of Portfolio, and the three headings of Do next."""

STEPS: tuple[tuple[str, str], ...] = (
    ("1", "Bring your next export in: kopilot-xl update and the name of this workbook, from the Sources on Settings. "
          "Your decisions stay. Or type into Clients and Transactions; planned revenue has the status Planned."),
    ("2", "Refresh: in Excel the tab Kopilot, Refresh portfolio. From a terminal: kopilot-xl refresh and the name of "
          "this workbook, closed in Excel. Mend what Problems lists: a row left out may misjudge a client."),
    ("3", "Read Portfolio: its shape, who moved, whether the revenue lasts. Then Do next, from the top."),
    ("4", "Decide beside each client, with date and amount where revenue is planned, and refresh as of today: it goes "
          "into Actions. Or type there, one row each. To undo, delete the row and refresh."),
    ("5", "Look a client up on Client, or in Clients: In Actions leads to what was decided. Actions says what became "
          "of it: rejected in red, with the reason; overdue plans wait to be invoiced, moved or dropped."),
)  # fmt: skip
"""The monthly round."""

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
    "ones; and, above, who is in each segment and when a shape is which. Everything else is yours: add columns, "
    "sheets, charts and colours as you like."
)


_MACRO_FREE = {
    "2": "Refresh: close this workbook, then kopilot-xl refresh and its name. Portfolio says how many rows were typed "
         "since the last refresh. Mend what Problems lists: a row left out may misjudge a client.",
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
    """Write who is in each segment and when each shape is, with these thresholds, where the blocks for it are."""
    book.write_block(MEANINGS, [[rules.meaning(segment)] for segment in SEGMENTS])
    book.write_block(CONDITIONS, [[condition(shape, rules)] for shape in SHAPES])


def condition(shape: Shape, rules: Rules) -> str:
    """Return when the portfolio has a shape, with these thresholds."""
    return t(SHAPES[shape][0], share=formatting.share(rules.inaccurate_share))

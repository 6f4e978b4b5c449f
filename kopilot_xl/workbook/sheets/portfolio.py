"""The Portfolio sheet: the page people look at, in named blocks of values that refresh writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import Client, Summary, do_next
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller

SHEET = "Portfolio"

TITLE, AS_OF, HINT = "PortfolioTitle", "PortfolioAsOf", "PortfolioHint"
SHAPE, WORDS, CHECKS = "PortfolioShape", "PortfolioWords", "PortfolioChecks"
ICON = "PortfolioIcon"
HISTOGRAM, TOTAL, VALUE_LABEL = "PortfolioHistogram", "PortfolioTotal", "PortfolioValueLabel"
OUTSIDE, TILT = "PortfolioOutside", "PortfolioTilt"
PROBLEMS, REFRESHED = "PortfolioProblems", "PortfolioRefreshed"
DO_NEXT = {
    Heading.KEEP: "PortfolioClean",
    Heading.WIN_BACK: "PortfolioReactivate",
    Heading.DECIDE: "PortfolioDecide",
}

DO_NEXT_ROWS = {Heading.KEEP: 10, Heading.WIN_BACK: 5, Heading.DECIDE: 5}
"""How many clients are named under each heading; one more row says how many others there are."""
DO_NEXT_COLUMNS = ("Segment", "Client ID", "Client", "Days left", "Last invoice", "Value", "What to do")

HISTOGRAM_COLUMNS = ("Segment", "Clients", "Share", "Value", "Share of value")

BLOCKS: dict[str, tuple[int, int]] = {
    TITLE: (1, 1),
    AS_OF: (1, 1),
    HINT: (1, 1),
    ICON: (1, 1),
    SHAPE: (1, 1),
    WORDS: (1, 1),
    CHECKS: (3, 2),
    HISTOGRAM: (len(BARS), len(HISTOGRAM_COLUMNS)),
    TOTAL: (1, len(HISTOGRAM_COLUMNS)),
    VALUE_LABEL: (1, 1),
    OUTSIDE: (1, 1),
    TILT: (2, 3),
    PROBLEMS: (1, 1),
    REFRESHED: (1, 1),
    **{DO_NEXT[heading]: (rows + 1, len(DO_NEXT_COLUMNS)) for heading, rows in DO_NEXT_ROWS.items()},
}
"""The named blocks and their size in rows and columns."""

NOT_REFRESHED = "Not refreshed yet"
"""The label until the first refresh."""
FIRST_WORDS = (
    "Put your clients and transactions into their sheets, save and close this workbook, then refresh it: "
    "kopilot-xl refresh and its name. The Guide sheet tells the rest."
)
"""What is under the label until the first refresh."""

BALANCE = 10
"""Places on either side of the middle of the balance picture."""


@dataclass(frozen=True)
class Page:
    """What the page shows beside the portfolio's figures."""

    company: str
    currency: str
    as_of: date
    hint: str
    """why the as-of date stands out, blank if it does not"""
    problems: int
    notices: int
    now: datetime


def hint(as_of: date, setting: date | None, today: date) -> str:
    """Return why the as-of date stands out, blank if it does not.

    Args:
        as_of: the day looked at.
        setting: the As-of date of Settings, None if that is blank.
        today: what counts as today.
    """
    if as_of in {setting, today}:
        return ""
    if as_of < today:
        return "A look back: not today, and not the As-of date of Settings."
    return "A look ahead, if nobody acts: not today, and not the As-of date of Settings."


WIDTHS = (5, 16, 12, 30, 10, 13, 12, 42, 1.5, 4.5, 15, 10, 9, 13, 11)
"""The widths of the sheet's columns, in characters."""


def fill(book: Book, summary: Summary, clients: Sequence[Client], page: Page) -> None:
    """Write every block of the page that the workbook still has."""
    blocks: dict[str, list[list[Value]]] = {
        TITLE: [[page.company or "Client portfolio"]],
        AS_OF: [[page.as_of]],
        HINT: [[page.hint or None]],
        ICON: [[summary.shape.icon]],
        SHAPE: [[summary.shape.value]],
        WORDS: [[summary.words]],
        CHECKS: [["✓" if check.passed else "✗", check.text] for check in summary.checks] or [[None, None]] * 3,
        HISTOGRAM: [_bar(summary, segment) for segment in BARS],
        TOTAL: [
            [
                "Portfolio",
                summary.size,
                1.0 if summary.size else None,
                summary.value(PORTFOLIO),
                1.0 if summary.value(PORTFOLIO) else None,
            ]
        ],
        VALUE_LABEL: [[f"Value, {page.currency}" if page.currency else "Value"]],
        OUTSIDE: [[outside(summary)]],
        TILT: [
            ["by clients", summary.tilt, balance(summary.tilt)],
            ["by value", summary.tilt_by_value, balance(summary.tilt_by_value)],
        ],
        PROBLEMS: [[found(page.problems, page.notices)]],
        REFRESHED: [[page.now]],
    }
    for heading, todo in do_next(clients).items():
        blocks[DO_NEXT[heading]] = _todo(todo, DO_NEXT_ROWS[heading], page.as_of)
    for name, rows in blocks.items():
        book.write_block(name, rows)


def _bar(summary: Summary, segment: Segment) -> list[Value]:
    return [
        segment.value,
        summary.counts[segment],
        summary.share(segment),
        summary.values[segment],
        summary.share_of_value(segment),
    ]


def _todo(clients: Sequence[Client], room: int, as_of: date) -> list[list[Value]]:
    rows: list[list[Value]] = [
        [
            client.segment and client.segment.value,
            fitting_smaller(client.id, WIDTHS[2]),
            fitting(client.name, WIDTHS[3]),
            (client.leaves_on - as_of).days if client.leaves_on else None,
            client.last_invoice,
            client.value,
            client.next_action,
        ]
        for client in clients[:room]
    ]
    if len(clients) > room:
        rows.append([None, None, f"… and {formatting.count(len(clients) - room, 'more client')}"])
    elif not clients:
        rows.append([None, None, "No one."])
    return rows


def outside(summary: Summary) -> str:
    """Return the sentence about the clients outside the portfolio."""
    lost, canceled = summary.counts[Segment.LOST], summary.counts[Segment.CANCELED]
    return f"Outside the portfolio: {lost:,} lost, {canceled:,} canceled."


def found(problems: int, notices: int) -> str:
    """Return the sentence about the data's problems and notices."""
    if not problems and not notices:
        return "No data problems."
    counts = [formatting.count(problems, "data problem")] if problems else []
    counts += [formatting.count(notices, "notice")] if notices else []
    return f"{' and '.join(counts)}: see the Problems sheet."


def balance(tilt: float | None) -> str | None:
    """Return the tilt as a small picture: a beam with its middle marked and a weight where it balances."""
    if tilt is None:
        return None
    beam = ["─"] * BALANCE + ["┼"] + ["─"] * BALANCE
    beam[BALANCE + round(tilt * BALANCE)] = "●"
    return "".join(beam)

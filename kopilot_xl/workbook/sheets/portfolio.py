"""The Portfolio sheet's named blocks that every version has: the figures of the page, which formulas may read.

`portfolio_page` and `do_next` write what the page of this version shows beside them; `portfolio_grid` says where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets.portfolio_grid import (
    AS_OF,
    BLOCKS,
    CHECKS,
    DO_NEXT,
    DO_NEXT_COLUMNS,
    DO_NEXT_ROWS,
    HINT,
    HISTOGRAM,
    HISTOGRAM_COLUMNS,
    ICON,
    OUTSIDE,
    PROBLEMS,
    REFRESHED,
    SHAPE,
    SHEET,
    TILT,
    TITLE,
    TOTAL,
    VALUE_LABEL,
    WORDS,
)
from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller

__all__ = [
    "AS_OF",
    "BLOCKS",
    "CHECKS",
    "DO_NEXT",
    "DO_NEXT_COLUMNS",
    "DO_NEXT_ROWS",
    "HINT",
    "HISTOGRAM",
    "HISTOGRAM_COLUMNS",
    "ICON",
    "OUTSIDE",
    "PROBLEMS",
    "REFRESHED",
    "SHAPE",
    "SHEET",
    "TILT",
    "TITLE",
    "TOTAL",
    "VALUE_LABEL",
    "WORDS",
    "Page",
    "balance",
    "fill",
    "found",
    "hint",
    "outside",
]


_ID_WIDTH, _NAME_WIDTH = 12, 30
"""How wide the columns of ids and names are on the page of version 0.1."""
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
        return t("A look back: not today, and not the As-of date of Settings.")
    return t("A look ahead, if nobody acts: not today, and not the As-of date of Settings.")


def fill(book: Book, summary: Summary, listed: Mapping[Heading, Sequence[Client]], page: Page) -> None:
    """Write every block of the page that the workbook still has; `listed` is whom to turn to, by heading."""
    blocks: dict[str, list[list[Value]]] = {
        TITLE: [[page.company or "Client portfolio"]],
        AS_OF: [[page.as_of]],
        HINT: [[page.hint or None]],
        ICON: [[summary.shape.icon]],
        SHAPE: [[summary.shape.value]],
        WORDS: [[summary.words]],
        CHECKS: [["✓" if check.passed else "✗", check.text] for check in summary.checks],
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
    for heading, todo in listed.items():
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
            fitting_smaller(client.id, _ID_WIDTH),
            fitting(client.name, _NAME_WIDTH),
            (client.leaves_on - as_of).days if client.leaves_on else None,
            client.last_invoice,
            client.value,
            client.next_action,
        ]
        for client in clients[:room]
    ]
    if len(clients) > room:
        more = len(clients) - room
        rows.append([None, None, tn("… and {count:,} more client", "… and {count:,} more clients", more)])
    elif not clients:
        rows.append([None, None, t("No one.")])
    return rows


def outside(summary: Summary) -> str:
    """Return the sentence about the clients outside the portfolio."""
    lost, canceled = summary.counts[Segment.LOST], summary.counts[Segment.CANCELED]
    return t("Outside the portfolio: {lost:,} lost, {canceled:,} canceled.", lost=lost, canceled=canceled)


def found(problems: int, notices: int) -> str:
    """Return the sentence about the data's problems and notices."""
    if not problems and not notices:
        return t("No data problems.")
    counts = [tn("{count:,} data problem", "{count:,} data problems", problems)] if problems else []
    counts += [tn("{count:,} notice", "{count:,} notices", notices)] if notices else []
    return t("{counts}: see the Problems sheet.", counts=t(" and ").join(counts))


def balance(tilt: float | None) -> str | None:
    """Return the tilt as a small picture: a beam with its middle marked and a weight where it balances."""
    if tilt is None:
        return None
    beam = ["─"] * BALANCE + ["┼"] + ["─"] * BALANCE
    beam[BALANCE + round(tilt * BALANCE)] = "●"
    return "".join(beam)

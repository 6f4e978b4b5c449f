"""The sheet "If nobody acts": the portfolio in the days ahead, and who leaves when."""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.domain import formatting
from kopilot_xl.domain.outlook import STEPS, Outlook, Projection
from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import BARS
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import chart_axes
from kopilot_xl.workbook.tables.table import Column, Format, Table
from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller

SHEET = "If nobody acts"

NOTE = "OutlookNote"
DATES, NOBODY, NOBODY_LEAVING = "OutlookDates", "OutlookNobody", "OutlookNobodyLeaving"
PLANS_DATES, PLANS, PLANS_LEAVING = "OutlookPlansDates", "OutlookPlans", "OutlookPlansLeaving"
REACHES = {NOBODY: "OutlookNobodyReach", PLANS: "OutlookPlansReach"}
"""The cell beside each histogram with the least height of its chart's axis."""

COLUMNS = ("Today", *(f"+{days} days" for days in STEPS))
"""The columns of every block: today, then the days ahead."""
LEAVING_ROWS = ("Clients that leave", "Their value", "Share of value that leaves")
"""The rows under each histogram."""

BLOCKS: dict[str, tuple[int, int]] = {
    NOTE: (1, 1),
    DATES: (1, len(COLUMNS)),
    NOBODY: (len(BARS), len(COLUMNS)),
    NOBODY_LEAVING: (len(LEAVING_ROWS), len(COLUMNS)),
    PLANS_DATES: (1, len(COLUMNS)),
    PLANS: (len(BARS), len(COLUMNS)),
    PLANS_LEAVING: (len(LEAVING_ROWS), len(COLUMNS)),
}
"""The named blocks and their size in rows and columns; the rows of a histogram are `BARS`."""

LEAVES_ON = Column("Leaves on", Format.DATE, width=13, written=True)
DAYS_LEFT = Column("Days left", Format.COUNT, width=11, written=True)
CLIENT_ID = Column("Client ID", width=12, written=True, shrink=True)
NAME = Column("Client", width=30, written=True)
SEGMENT = Column("Segment", width=16, written=True)
VALUE = Column("Value", Format.AMOUNT, width=15, written=True)
LAST_INVOICE = Column("Last invoice", Format.DATE, width=14, written=True)

DEPARTURES = Table("Departures", (LEAVES_ON, DAYS_LEFT, CLIENT_ID, NAME, SEGMENT, VALUE, LAST_INVOICE))

CORNER = "A33"
"""The corner of the table Departures; there is nothing below it."""

FIRST_WORDS = "Not refreshed yet: a refresh tells who leaves when if nobody acts."
"""The headline until the first refresh."""


def fill(book: Book, summary: Summary, outlook: Outlook) -> None:
    """Write both histograms of the days ahead, and who leaves when."""
    as_of = outlook.as_of
    book.write_block(NOTE, [[note(outlook)]])
    for futures, dates, bars, leaving in (
        (outlook.nobody, DATES, NOBODY, NOBODY_LEAVING),
        (outlook.plans, PLANS_DATES, PLANS, PLANS_LEAVING),
    ):
        book.write_block(dates, [[as_of, *(future.on for future in futures)]])
        days = [summary, *(future.summary for future in futures)]
        book.write_block(bars, [[day.counts[segment] for day in days] for segment in BARS])
        book.write_block(leaving, _leaving(futures))
        book.write_block(REACHES[bars], [[chart_axes.clients(drawn=any(day.size for day in days))]])
    if book.has_table(DEPARTURES.name):
        leavers = outlook.expected_churn
        book.write_table(
            DEPARTURES.name,
            {
                LEAVES_ON.header: [leaver.on for leaver in leavers],
                DAYS_LEFT.header: [(leaver.on - as_of).days for leaver in leavers],
                CLIENT_ID.header: [fitting_smaller(leaver.client.id, CLIENT_ID.width) for leaver in leavers],
                NAME.header: [fitting(leaver.client.name, NAME.width) for leaver in leavers],
                SEGMENT.header: [leaver.client.segment and leaver.client.segment.value for leaver in leavers],
                VALUE.header: [leaver.client.value for leaver in leavers],
                LAST_INVOICE.header: [leaver.client.last_invoice for leaver in leavers],
            },
        )


def note(outlook: Outlook) -> str:
    """Return the sentence that sums the outlook up."""
    last = outlook.nobody[-1]
    if last.share_of_value is None:
        return t("There is no value in the portfolio that could leave.")
    if not last.leaving:
        return t("Even if nobody acts, no client leaves by {day}.", day=formatting.day(last.on))
    return tn(
        "If nobody acts, {count:,} client with {share} of today's value leave by {day}.",
        "If nobody acts, {count:,} clients with {share} of today's value leave by {day}.",
        last.leaving,
        share=formatting.share(last.share_of_value),
        day=formatting.day(last.on),
    )


def _leaving(futures: Sequence[Projection]) -> list[list[Value]]:
    return [
        [None, *(future.leaving for future in futures)],
        [None, *(future.leaving_value for future in futures)],
        [None, *(future.share_of_value for future in futures)],
    ]


VARIANTS = {
    NOBODY: (
        "If nobody acts",
        "No new invoice is sent. Planned revenue keeps a client until its date, then it counts for nothing.",
    ),
    PLANS: ("If all plans come true", "Planned revenue is invoiced on its date; nothing else is sent."),
}
"""The heading and the assumption of each histogram."""

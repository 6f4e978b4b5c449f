"""The sheet "If nobody acts": the portfolio in the days ahead, and who leaves when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kopilot_xl.book import Book, Value
from kopilot_xl.domain import words
from kopilot_xl.domain.outlook import STEPS, Future, Outlook
from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import BARS
from kopilot_xl.sheets import axes, palette
from kopilot_xl.sheets.table import Column, Format, Table
from kopilot_xl.sheets.values import fitting, fitting_smaller

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "If nobody acts"

NOTE = "OutlookNote"
DATES, NOBODY, NOBODY_LEAVING = "OutlookDates", "OutlookNobody", "OutlookNobodyLeaving"
PLANS_DATES, PLANS, PLANS_LEAVING = "OutlookPlansDates", "OutlookPlans", "OutlookPlansLeaving"
REACHES = {NOBODY: "OutlookNobodyReach", PLANS: "OutlookPlansReach"}
"""The cell beside each histogram that tells how high its chart's axis reaches at least."""

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
"""The corner of the table Departures; nothing stands below it."""

FIRST_WORDS = "Not refreshed yet: a refresh tells who leaves when if nobody acts."
"""What stands in the headline until the first refresh."""


def fill(book: Book, summary: Summary, outlook: Outlook) -> None:
    """Write both histograms of the days ahead, and who leaves when."""
    as_of = outlook.as_of
    book.write_block(NOTE, [[note(outlook)]])
    for futures, dates, bars, leaving in (
        (outlook.nobody, DATES, NOBODY, NOBODY_LEAVING),
        (outlook.plans, PLANS_DATES, PLANS, PLANS_LEAVING),
    ):
        book.write_block(dates, [[as_of, *(each.on for each in futures)]])
        days = [summary, *(each.summary for each in futures)]
        book.write_block(bars, [[each.counts[segment] for each in days] for segment in BARS])
        book.write_block(leaving, _leaving(futures))
        book.write_block(REACHES[bars], [[axes.clients(drawn=any(each.size for each in days))]])
    if book.has_table(DEPARTURES.name):
        gone = outlook.departures
        book.write_table(
            DEPARTURES.name,
            {
                LEAVES_ON.header: [each.on for each in gone],
                DAYS_LEFT.header: [(each.on - as_of).days for each in gone],
                CLIENT_ID.header: [fitting_smaller(each.client.id, CLIENT_ID.width) for each in gone],
                NAME.header: [fitting(each.client.name, NAME.width) for each in gone],
                SEGMENT.header: [each.client.segment and each.client.segment.value for each in gone],
                VALUE.header: [each.client.value for each in gone],
                LAST_INVOICE.header: [each.client.last_invoice for each in gone],
            },
        )


def note(outlook: Outlook) -> str:
    """Return the sentence that sums the outlook up."""
    last = outlook.nobody[-1]
    if last.share_of_value is None:
        return "There is no value in the portfolio that could leave."
    if not last.leaving:
        return f"Even if nobody acts, no client leaves by {words.day(last.on)}."
    return (
        f"If nobody acts, {words.count(last.leaving, 'client')} with {words.share(last.share_of_value)} of today's "
        f"value leave by {words.day(last.on)}."
    )


def _leaving(futures: Sequence[Future]) -> list[list[Value]]:
    return [
        [None, *(each.leaving for each in futures)],
        [None, *(each.leaving_value for each in futures)],
        [None, *(each.share_of_value for each in futures)],
    ]


VARIANTS = {
    NOBODY: (
        "If nobody acts",
        "No new invoice is sent. Planned revenue keeps a client until its date, then it counts for nothing.",
    ),
    PLANS: ("If all plans come true", "Planned revenue is invoiced on its date; nothing else is sent."),
}
"""The heading and the assumption of each histogram."""
_HEIGHT = 14
"""Sheet rows from one histogram to the next."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: both histograms with their charts above, who leaves when below them."""
    from kopilot_xl.sheets import looks

    ws.sheet_view.showGridLines = False
    looks.put_table(ws, DEPARTURES, CORNER)
    cells = looks.down(DEPARTURES, SEGMENT, CORNER)
    looks.tint_segments(ws, cells, cells.partition(":")[0])
    for letter in "HIJ":
        ws.column_dimensions[letter].width = 15
    ws.column_dimensions["K"].width = 3
    for letter in "LMNOP":
        ws.column_dimensions[letter].width = 15
    ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 8
    looks.put(ws, "A1:P1", FIRST_WORDS, look=looks.font(size=16, bold=True, color=palette.ACCENT))
    for column in ws["A2:P2"][0]:
        column.border = looks.edge(top=palette.ACCENT)
    looks.name(ws, NOTE, "A1")
    for top, blocks in ((3, (DATES, NOBODY, NOBODY_LEAVING)), (3 + _HEIGHT, (PLANS_DATES, PLANS, PLANS_LEAVING))):
        _build_variant(ws, top, *blocks)
    top = int(CORNER[1:])
    ws.row_dimensions[top - 1].height = 24
    heading = looks.font(size=14, bold=True, color=palette.ACCENT)
    looks.put(ws, f"A{top - 1}", "Who leaves when, if nobody acts", look=heading)
    looks.page(ws, across=True)
    ws.print_title_rows = f"{top}:{top}"


def _build_variant(ws: Worksheet, top: int, dates: str, bars: str, leaving: str) -> None:
    """Lay out one histogram from a row on: its words to the left, its chart to the right."""
    from kopilot_xl.sheets import charts, looks

    heading, assumption = VARIANTS[bars]
    quiet, bold = looks.font(color=palette.MUTED), looks.font(bold=True, color=palette.MUTED)
    looks.put(ws, f"A{top}:C{top}", heading, look=looks.font(size=14, bold=True, color=palette.ACCENT))
    ws.row_dimensions[top].height = 22
    looks.put(ws, f"A{top + 1}:B{top + 6}", assumption, look=quiet, stand=looks.align(vertical="top", wrap=True))
    letters = "EFGHIJ"
    looks.put(ws, f"D{top}", "Clients", look=bold, stand=looks.align("left", "bottom"))
    for letter, header in zip(letters, COLUMNS, strict=True):
        looks.put(ws, f"{letter}{top}", header, look=bold, stand=looks.align("right", "bottom"))
    first = top + 2
    for letter in "D" + letters:
        looks.put(
            ws, f"{letter}{top + 1}", look=quiet, stand=looks.align("right"), shown=Format.DATE,
            lines=looks.edge(bottom=palette.LINE),
        )  # fmt: skip
    for row, segment in enumerate(BARS, first):
        looks.put(ws, f"D{row}", segment, stand=looks.align(indent=1), background=palette.TINTS[segment])
        for letter in letters:
            looks.put(ws, f"{letter}{row}", stand=looks.align("right"), shown=Format.COUNT)
    below = first + len(BARS)
    for row, (label, shown) in enumerate(
        zip(LEAVING_ROWS, (Format.COUNT, Format.AMOUNT, Format.SHARE), strict=True), below
    ):
        line = looks.edge(top=palette.INK) if row == below else None
        for letter in "D" + letters:
            side = looks.align("left", indent=1) if letter == "D" else looks.align("right")
            text = label if letter == "D" else None
            looks.put(ws, f"{letter}{row}", text, look=looks.font(bold=True), stand=side, shown=shown, lines=line)
    looks.name(ws, bars, f"E{first}", *BLOCKS[bars])
    looks.name(ws, leaving, f"E{below}", *BLOCKS[leaving])
    looks.name(ws, dates, f"E{top + 1}", *BLOCKS[dates])
    charts.ahead(ws, "D", top, first, len(COLUMNS), ("L", top + 1), ("P", below + len(LEAVING_ROWS) - 1), REACHES[bars])
    charts.words_until(ws, f"L{first + 3}:O{first + 3}", charts.EMPTY_WORDS, f"SUM($E${first + 1}:$J${below - 1})>0")

"""The Portfolio sheet: the page people look at, in named blocks of values that refresh writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from kopilot_xl.book import Book, Value
from kopilot_xl.domain import words
from kopilot_xl.domain.portfolio import Client, Shape, Summary, do_next
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.sheets import palette
from kopilot_xl.sheets.table import Format
from kopilot_xl.sheets.values import fitting, fitting_smaller

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "Portfolio"

TITLE, AS_OF, HINT = "PortfolioTitle", "PortfolioAsOf", "PortfolioHint"
SHAPE, WORDS, CHECKS = "PortfolioShape", "PortfolioWords", "PortfolioChecks"
ICON = "PortfolioIcon"
HISTOGRAM, TOTAL, VALUE_LABEL = "PortfolioHistogram", "PortfolioTotal", "PortfolioValueLabel"
OUTSIDE, TILT = "PortfolioOutside", "PortfolioTilt"
PROBLEMS, REFRESHED = "PortfolioProblems", "PortfolioRefreshed"
DO_NEXT = {
    Heading.CLEAN: "PortfolioClean",
    Heading.REACTIVATE: "PortfolioReactivate",
    Heading.DECIDE: "PortfolioDecide",
}

DO_NEXT_ROWS = {Heading.CLEAN: 10, Heading.REACTIVATE: 5, Heading.DECIDE: 5}
"""How many clients are named under each heading; one more row tells how many there are beside them."""
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
    **{DO_NEXT[each]: (rows + 1, len(DO_NEXT_COLUMNS)) for each, rows in DO_NEXT_ROWS.items()},
}
"""The named blocks and their size in rows and columns."""

FIRST_WORDS = (
    "Put your clients and transactions into their sheets, save and close this workbook, then refresh it: "
    "kopilot-xl refresh and its name. The Guide sheet tells the rest."
)
"""What stands under the label until the first refresh."""

_BALANCE = 10
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


def fill(book: Book, summary: Summary, clients: Sequence[Client], page: Page) -> None:
    """Write every block of the page that the workbook still has."""
    blocks: dict[str, list[list[Value]]] = {
        TITLE: [[page.company or "Client portfolio"]],
        AS_OF: [[page.as_of]],
        HINT: [[page.hint or None]],
        ICON: [[summary.shape.icon]],
        SHAPE: [[summary.shape.value]],
        WORDS: [[summary.words]],
        CHECKS: [["✓" if each.passed else "✗", each.text] for each in summary.checks],
        HISTOGRAM: [_bar(summary, each) for each in BARS],
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
            each.segment and each.segment.value,
            fitting_smaller(each.id, _WIDTHS[2]),
            fitting(each.name, _WIDTHS[3]),
            (each.leaves_on - as_of).days if each.leaves_on else None,
            each.last_invoice,
            each.value,
            each.next_action,
        ]
        for each in clients[:room]
    ]
    if len(clients) > room:
        rows.append([None, None, f"… and {words.count(len(clients) - room, 'more client')}"])
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
    told = [words.count(problems, "data problem")] if problems else []
    told += [words.count(notices, "notice")] if notices else []
    return f"{' and '.join(told)}: see the Problems sheet."


def balance(tilt: float | None) -> str | None:
    """Return the tilt as a small picture: a beam with its middle marked and a weight where it balances."""
    if tilt is None:
        return None
    beam = ["─"] * _BALANCE + ["┼"] + ["─"] * _BALANCE
    beam[_BALANCE + round(tilt * _BALANCE)] = "●"
    return "".join(beam)


_WIDTHS = (5, 16, 12, 30, 10, 13, 12, 42, 1.5, 4.5, 15, 10, 9, 13, 11)
"""A to O: the clients to turn to take B to H and on, the histogram's table I to O."""
_DO_NEXT_ROW = 18
"""Where the lower part of the page begins."""


def build(ws: Worksheet) -> None:
    """Lay the page out: the shape, the histogram and its table above, the clients to turn to below."""
    from kopilot_xl.sheets import looks

    ws.sheet_view.showGridLines = False
    looks.widths(ws, _WIDTHS)
    _build_head(ws)
    _build_shape(ws)
    _build_histogram(ws)
    last = _build_do_next(ws)
    _build_foot(ws, last + 1)
    looks.page(ws)
    ws.print_area = f"A1:O{last + 1}"


def _build_head(ws: Worksheet) -> None:
    from kopilot_xl.sheets import looks

    quiet = looks.font(color=palette.MUTED)
    ws.row_dimensions[1].height, ws.row_dimensions[2].height, ws.row_dimensions[3].height = 30, 16, 8
    title = looks.font(size=20, bold=True, color=palette.ACCENT)
    looks.put(ws, "B1:J1", "Client portfolio", look=title, stand=looks.align(shrink=True))
    looks.put(ws, "K1:M1", "as of", look=quiet, stand=looks.align("right", "bottom"))
    looks.put(
        ws, "N1:O1", look=looks.font(size=16, bold=True), stand=looks.align("right", "bottom"), shown=Format.DATE
    )  # fmt: skip
    looks.put(ws, "B2:G2", "Who brings revenue, who is going, and whom to turn to", look=quiet)
    looks.put(ws, "H2:O2", look=looks.font(color=palette.ALERT), stand=looks.align("right"))
    for letter in "BCDEFGHIJKLMNO":
        ws[f"{letter}3"].border = looks.edge(top=palette.ACCENT)
    for name, place in ((TITLE, "B1"), (AS_OF, "N1"), (HINT, "H2")):
        looks.name(ws, name, place)
    looks.when(ws, "N1", "LEN($H$2)>0", color=palette.ALERT)


def _build_shape(ws: Worksheet) -> None:
    from kopilot_xl.sheets import looks

    quiet = looks.font(color=palette.MUTED)
    ws.row_dimensions[4].height = 34
    looks.put(ws, "A4", look=looks.font(size=18), stand=looks.align("center"))
    looks.put(ws, "B4:D4", "Not refreshed yet", look=looks.font(size=24, bold=True, color=palette.ACCENT))
    for shape in (Shape.DECLINING, Shape.INACCURATE):
        looks.when(ws, "B4", f'$B$4="{shape}"', color=palette.ALERT)
    for shape in (Shape.GROWING, Shape.MATURE):
        looks.when(ws, "B4", f'$B$4="{shape}"', color=palette.GOOD)
    looks.put(ws, "B5:D8", FIRST_WORDS, look=looks.font(size=11), stand=looks.align(vertical="top", wrap=True))
    for row in range(9, 12):
        looks.put(ws, f"A{row}", look=looks.font(bold=True), stand=looks.align("center"))
        looks.put(ws, f"B{row}:D{row}")
    looks.when(ws, "A9:A11", 'A9="✓"', color=palette.GOOD)
    looks.when(ws, "A9:A11", 'A9="✗"', color=palette.ALERT)
    looks.put(ws, "B13", "Tilt", look=looks.font(bold=True, color=palette.ACCENT))
    scale = "inactive".ljust(_BALANCE * 2 + 1 - len("engaged")) + "engaged"
    aside = looks.align(indent=1)
    looks.put(ws, "D13", scale, look=looks.font(name=looks.MONOSPACED, color=palette.MUTED), stand=aside)
    for row in (14, 15):
        looks.put(ws, f"B{row}", look=quiet)
        looks.put(ws, f"C{row}", look=looks.font(bold=True), stand=looks.align("right"), shown=Format.TILT)
        looks.put(ws, f"D{row}", look=looks.font(name=looks.MONOSPACED, bold=True, color=palette.ACCENT), stand=aside)
    for name, place in ((ICON, "A4"), (SHAPE, "B4"), (WORDS, "B5"), (CHECKS, "A9"), (TILT, "B14")):
        looks.name(ws, name, place, *BLOCKS[name])


def _build_histogram(ws: Worksheet) -> None:
    from kopilot_xl.sheets import charts, looks

    top, letters = 4, "KLMNO"
    formats = (Format.TEXT, Format.COUNT, Format.SHARE, Format.AMOUNT, Format.SHARE)
    quiet = looks.font(bold=True, color=palette.MUTED)
    for letter, header in zip("IJ" + letters, ("", "", *HISTOGRAM_COLUMNS), strict=True):
        side = looks.align("left" if letter in "IJK" else "right", "bottom", wrap=True)
        looks.put(ws, f"{letter}{top}", header or None, look=quiet, stand=side, lines=looks.edge(bottom=palette.LINE))
    for row, segment in enumerate(BARS, top + 1):
        ws[f"I{row}"].fill = looks.fill(palette.SEGMENTS[segment])
        looks.put(ws, f"J{row}", segment.icon, stand=looks.align("center"))
        for letter, shown in zip(letters, formats, strict=True):
            out = looks.font(color=palette.MUTED) if segment is Segment.LOST else None
            side = looks.align("left" if letter == "K" else "right")
            looks.put(ws, f"{letter}{row}", segment if letter == "K" else None, look=out, stand=side, shown=shown)
    total = top + 1 + len(BARS)
    for letter, shown in zip("IJ" + letters, (Format.TEXT, Format.TEXT, *formats), strict=True):
        side = looks.align("left" if letter in "IJK" else "right")
        looks.put(
            ws, f"{letter}{total}", look=looks.font(bold=True), stand=side, shown=shown,
            lines=looks.edge(top=palette.INK),
        )  # fmt: skip
    ws[f"K{total}"].value = "Portfolio"
    looks.put(ws, f"J{total + 1}:O{total + 1}", look=looks.font(color=palette.MUTED))
    looks.name(ws, VALUE_LABEL, f"N{top}")
    looks.name(ws, HISTOGRAM, f"K{top + 1}", *BLOCKS[HISTOGRAM])
    looks.name(ws, TOTAL, f"K{total}", *BLOCKS[TOTAL])
    looks.name(ws, OUTSIDE, f"J{total + 1}")
    charts.histogram(ws, "K", "L", top + 1, ("E", top), ("H", _DO_NEXT_ROW - 2))
    charts.words_until(ws, "F9:H9", charts.EMPTY_WORDS, f"SUM($L${top + 1}:$L${total - 1})>0")


def _build_do_next(ws: Worksheet) -> int:
    """Lay out the lower part; return its last row."""
    from kopilot_xl.sheets import looks

    row = _DO_NEXT_ROW
    ws.row_dimensions[row].height = 24
    looks.put(ws, f"B{row}", "Do next", look=looks.font(size=14, bold=True, color=palette.ACCENT))
    looks.put(
        ws, f"D{row}:O{row}", "From top to bottom. Clients with revenue coming are not listed.",
        look=looks.font(color=palette.MUTED),
    )  # fmt: skip
    formats = (Format.TEXT, Format.TEXT, Format.TEXT, Format.COUNT, Format.DATE, Format.AMOUNT, Format.TEXT)
    for heading, room in DO_NEXT_ROWS.items():
        row += 1
        ws.row_dimensions[row].height = 18
        for letter, text in zip("BCDEFGH", DO_NEXT_COLUMNS, strict=True):
            first = letter == "B"
            look = looks.font(bold=True, color=palette.ACCENT if first else palette.MUTED)
            side = looks.align("right" if letter in "EG" else "left", indent=1 if letter in "BCFH" else 0)
            place = f"H{row}:O{row}" if letter == "H" else f"{letter}{row}"
            looks.put(ws, place, heading if first else text, look=look, stand=side, background=palette.BAND)
        looks.name(ws, DO_NEXT[heading], f"B{row + 1}", *BLOCKS[DO_NEXT[heading]])
        for _ in range(room + 1):
            row += 1
            for letter, shown in zip("BCDEFGH", formats, strict=True):
                place = f"H{row}:O{row}" if letter == "H" else f"{letter}{row}"
                indent = 1 if letter in "BCFH" else 0
                # An id is shown in letters that fit.
                side = looks.align("right" if letter in "EG" else "left", indent=indent, shrink=letter == "C")
                small = looks.font(size=9, color=palette.MUTED) if letter == "H" else None
                looks.put(ws, place, look=small, stand=side, shown=shown)
            ws.row_dimensions[row].height = 15.75
    looks.tint_segments(ws, f"B{_DO_NEXT_ROW + 1}:B{row}", f"$B{_DO_NEXT_ROW + 1}")
    return row


def _build_foot(ws: Worksheet, row: int) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    from kopilot_xl.sheets import looks

    ws.row_dimensions[row].height = 20
    looks.put(ws, f"B{row}:G{row}", "Problems", look=looks.font(bold=True, color=palette.ACCENT))
    ws[f"B{row}"].hyperlink = Hyperlink(ref=f"B{row}", location="Problems!A1", tooltip="Go to the Problems sheet")
    quiet = looks.font(color=palette.MUTED)
    looks.put(ws, f"H{row}:M{row}", "last refreshed", look=quiet, stand=looks.align("right"))
    looks.put(ws, f"N{row}:O{row}", look=quiet, stand=looks.align("right"), shown=Format.MOMENT)
    looks.name(ws, PROBLEMS, f"B{row}")
    looks.name(ws, REFRESHED, f"N{row}")

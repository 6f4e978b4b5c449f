"""What the Portfolio page says around its figures: attention, movements, segments, tilt, whether the revenue lasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kopilot_xl.domain import formatting
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.lasting import YearFigures
from kopilot_xl.domain.movements import Move, Movements
from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.rules import add_months
from kopilot_xl.domain.segments import BARS, ENGAGED, INACTIVE, PORTFOLIO, PORTFOLIO_BARS, Segment
from kopilot_xl.errors import MissingError
from kopilot_xl.texts import marked, t, tn
from kopilot_xl.workbook.addresses import cell_address, split_address, split_reference
from kopilot_xl.workbook.book import Book, Formula, Value
from kopilot_xl.workbook.sheets import do_next, portfolio_grid
from kopilot_xl.workbook.sheets.contents import Result
from kopilot_xl.workbook.tables.text_width import fitting

NAMED = 3
"""How many of the clients that moved are named."""
NAME_WIDTH = 34
"""How much of a name there is room for where several are on one line."""
BEAM = 41
"""How many signs the beam of the tilt has, its middle included."""

FIRST_WORDS = marked(
    "1.  Paste clients and invoices into the sheets Clients and Transactions.\n"
    "2.  Kopilot tab, Refresh portfolio (or kopilot-xl refresh, without a ribbon).\n"
    "3.  Come back here: the shape of your portfolio, and whom to call first."
)
"""What is beside the label of a workbook without clients."""
START, FIRST_HINT = marked("Start here"), marked("About five minutes. To see a filled workbook first: kopilot-xl demo.")
QUESTION = marked("Who pays, who is slipping away, who to call")
NEXT = marked("Do next")
USE = marked(
    "Most urgent first; who has revenue coming is not listed. Decide at the right, then refresh: it goes into Actions."
)
BEGIN, LEADS, DECIDE = (
    marked("Begin with"),
    marked("Each name leads to its sheet."),
    marked("Decide here, then refresh"),
)
NO_BARS = marked("Your clients by segment will appear here")
GHOSTS = (0, 2, 4, 6, 14, 3, 4)
"""How high the pale bars of a workbook without clients are."""


@dataclass(frozen=True)
class Key:
    """A figure of "Does it last?": what it is called, how it is explained, its number format, how it changes.

    `points` tells whether its change is in percentage points; `relative`, in percent of the year before. `later` tells
    that it is known some day only, and when.
    """

    label: str
    meaning: str
    shown: str
    of: Callable[[YearFigures], float | None]
    points: bool = False
    relative: bool = False
    later: bool = False


COUNT, SHARE, TENTHS = "#,##0", "0%", "0.0%"
KEYS: tuple[Key, ...] = (
    Key(marked("Invoiced"), marked("Invoices and credit notes of the last 12 months."), COUNT,
        lambda year: year.invoiced, relative=True),
    Key(marked("Revenue kept"),
        marked("What last year's clients paid in these 12 months, as a share of what they paid in the 12 months "
               "before."),
        SHARE, lambda year: year.retention.net if year.retention else None,
        points=True, later=True),
    Key(marked("– growth not counted"), marked("The same, with no client counted for more than it paid before."),
        SHARE, lambda year: year.retention.gross if year.retention else None,
        points=True, later=True),
    Key(marked("Clients kept"), marked("Of the clients of the 12 months before, those that were invoiced again."),
        SHARE, lambda year: year.retention.clients_kept if year.retention else None,
        points=True, later=True),
    Key(marked("Clients won"), marked("Clients first invoiced in these 12 months."),
        COUNT, lambda year: year.retention.new.clients if year.retention else None),
    Key(marked("Clients gone"), marked("Clients of the 12 months before without revenue in these."),
        COUNT, lambda year: year.retention.gone.clients if year.retention else None),
    Key(marked("Largest client"), marked("What the largest client was invoiced, of all that was invoiced."),
        TENTHS, lambda year: year.concentration.largest if year.concentration else None, points=True),
    Key(marked("Five largest"), marked("What the five largest clients were invoiced, of all that was invoiced."),
        SHARE, lambda year: year.concentration.largest_five if year.concentration else None, points=True),
)  # fmt: skip
"""The figures of "Does it last?", in their order."""


def has_page(book: Book) -> bool:
    """Tell whether a workbook has the page, and not that of an earlier version."""
    try:
        book.cell_address(portfolio_grid.LIST)
    except MissingError:
        return False
    return True


def link_cells(book: Book) -> frozenset[str]:
    """Return the addresses of the cells of "Do next" that hold links of a refresh, as in `Portfolio!C22`."""
    if not has_page(book):
        return frozenset()
    sheet, _, cell = book.cell_address(portfolio_grid.LIST).rpartition("!")
    top, left = split_address(cell)
    block = portfolio_grid.PAGE[portfolio_grid.LIST]
    return frozenset(
        f"{sheet}!{cell_address(row, column)}"
        for row in range(top, top + block.rows)
        for column in range(left, left + block.columns)
    )


def fill(book: Book, result: Result) -> None:
    """Write the page; a workbook with the page of an earlier version goes on without it."""
    if not has_page(book):
        return
    summary, moved, empty = result.summary, result.movements, not result.inputs.clients.keys
    grid, currency = portfolio_grid, result.inputs.settings.currency
    blocks: dict[str, Sequence[Sequence[Value | Formula]]] = {
        grid.ATTENTION: [[attention(result)]],
        grid.MOVED_SINCE: [[_since(moved, result.as_of)]],
        grid.MOVED: [[moves(moved)]],
        grid.SINCE: [[_since_short(moved, result.as_of)]],
        grid.SEGMENTS: [_segment(summary, segment, moved) for segment in PORTFOLIO_BARS],
        grid.TOTALS: [_total(summary, moved), _outside(summary, moved)],
        grid.BEAM: [[beam(summary.tilt, summary.tilt_by_value)]],
        grid.TILT_WORDS: [[tilt_words(summary, moved)]],
        grid.KEYS: keys(result, currency),
        grid.GHOST: [[None]] * len(BARS),
        grid.NEXT_TITLE: [[t(NEXT)]],
        grid.NEXT_USE: [[t(USE)]],
        grid.BROUGHT: [[brought(result)]],
        **{name: [[text]] for name, text in zip(grid.CHECK_NAMES, check_texts(summary), strict=True)},
    }
    if empty:
        blocks |= _empty(currency)
    for name, rows in blocks.items():
        book.write_block(name, rows)
    listed = do_next.rows(result)
    book.write_block(grid.LIST, [row.cells for row in listed], over_formulas=True)
    book.write_block(grid.ENTRIES, [row.entered for row in listed], over_formulas=True)
    book.write_block(grid.LIST_IDS, [[row.id, do_next.URGENT if row.urgent else None] for row in listed])


def _empty(currency: str) -> dict[str, list[list[Value | Formula]]]:
    """What the page of a workbook without clients says instead."""
    grid = portfolio_grid
    return {
        grid.SHAPE: [[t(START)]],
        grid.WORDS: [[t(FIRST_WORDS)]],
        grid.ATTENTION: [[None]],
        grid.PROBLEMS: [[None]],
        grid.MOVED_SINCE: [[None]],
        grid.MOVED: [[t(FIRST_HINT)]],
        grid.SEGMENTS: [[segment.value] for segment in PORTFOLIO_BARS],
        grid.TOTALS: [[t("Portfolio")], [t("Outside: lost")]],
        grid.BEAM: [[None]],
        grid.TILT_WORDS: [[t(NO_BARS)]],
        grid.KEYS: [[label] for label in key_labels(currency)],
        grid.GHOST: [[height] for height in GHOSTS],
        grid.NEXT_TITLE: [[t(BEGIN)]],
        grid.NEXT_USE: [[t(LEADS)]],
        grid.BROUGHT: [[None]],
    }


def placed(book: Book, result: Result) -> Result:
    """Return the result with its problems about "Do next" at the rows that `fill` gives to what they are about."""
    about = {entry.problem: entry.row for entry in result.inputs.waiting if entry.reason}
    if not about or not has_page(book):
        return result
    top, _ = split_address(split_reference(book.cell_address(portfolio_grid.LIST))[1])
    rows = {row.entry.row: at for at, row in enumerate(do_next.rows(result), top) if row.entry}
    problems = [
        replace(problem, row=rows.get(about[problem], problem.row)) if problem in about else problem
        for problem in result.problems
    ]
    return replace(result, problems=problems)


# what wants attention, and what moved


def attention(result: Result) -> str | None:
    """Return whether every decision was applied; None where there is no decision, and something else to tell."""
    in_log = sum(row.status is ActionStatus.REJECTED for row in result.log.results)
    in_list = sum(bool(entry.reason) for entry in result.inputs.waiting)
    if in_log or in_list:
        where = t("Actions") if not in_list else t("below") if not in_log else t("Actions, and below")
        return tn(
            "✗ {count} decision was not applied: see {where}",
            "✗ {count} decisions were not applied: see {where}",
            in_log + in_list,
            where=where,
        )
    if not result.problems:
        return t("✓ Nothing went wrong")
    return t("✓ Every decision was applied") if result.log.results else None


def _since(moved: Movements | None, as_of: date) -> str | None:
    if moved is None:
        return None
    day = moved.earlier.since
    return t("Since {day}", day=formatting.day_of_year(day) if day.year == as_of.year else formatting.day(day))


def _since_short(moved: Movements | None, as_of: date) -> str:
    if moved is None:
        return t("since last")
    return t("since {day}", day=formatting.short_day(moved.earlier.since, as_of))


def moves(moved: Movements | None) -> str | None:
    """Return how many clients moved for the worse and for the better, and the most valuable of them."""
    if moved is None:
        return None
    worse, better = len(moved.worse), len(moved.better)
    if not worse and not better:
        return t("No client moved.")
    counts = []
    if worse:
        counts.append(tn("▼ {count:,} client for the worse", "▼ {count:,} clients for the worse", worse))
    if better and worse:
        counts.append(t("▲ {count:,} for the better", count=better))
    elif better:
        counts.append(tn("▲ {count:,} client for the better", "▲ {count:,} clients for the better", better))
    named = ",  ".join(_move(move) for move in moved.moves[:NAMED])
    return f"{', '.join(counts)}.   {named}"


def _move(move: Move) -> str:
    client = move.client
    name = fitting(" ".join((client.name or client.id).split()), NAME_WIDTH)
    after = move.after.value if move.after else t("not a client yet")
    value = f" ({formatting.whole(client.value)})" if client.value else ""
    return f"{name} {'▲' if move.is_better else '▼'} {after}{value}"


def check_texts(summary: Summary) -> list[str | None]:
    """Return the three checks, each passed or failed with its figures; blanks for an empty portfolio."""
    if not summary.checks:
        return [None] * 3
    return [f"{'✓' if check.passed else '✗'} {check.short}" for check in summary.checks]


# segments and tilt


def _change(before: int, now: int, moved: Movements | None) -> int | None:
    return None if moved is None else now - before


def _segment(summary: Summary, segment: Segment, moved: Movements | None) -> list[Value]:
    before = moved.counts_before[segment] if moved else 0
    now = summary.counts[segment]
    return [segment.value, now, _change(before, now, moved), summary.share(segment), summary.values[segment]]


def _total(summary: Summary, moved: Movements | None) -> list[Value]:
    before = sum(moved.counts_before[segment] for segment in PORTFOLIO) if moved else 0
    share = 1.0 if summary.size else None
    return [t("Portfolio"), summary.size, _change(before, summary.size, moved), share, summary.value(PORTFOLIO)]


def _outside(summary: Summary, moved: Movements | None) -> list[Value]:
    lost, canceled = summary.counts[Segment.LOST], summary.counts[Segment.CANCELED]
    before = moved.counts_before[Segment.LOST] if moved else 0
    label = t("Outside: lost (and {count:,} canceled)", count=canceled) if canceled else t("Outside: lost")
    return [label, lost, _change(before, lost, moved), None, summary.values[Segment.LOST]]


def beam(by_clients: float | None, by_value: float | None) -> str | None:
    """Return the tilt as a beam: its middle marked, ● where the clients balance, ■ where their value does."""
    if by_clients is None:
        return None
    half = BEAM // 2
    signs = ["─"] * half + ["┼"] + ["─"] * half
    if by_value is not None:
        signs[half + round(by_value * half)] = "■"
    signs[half + round(by_clients * half)] = "●"
    return "".join(signs)


def tilt_words(summary: Summary, moved: Movements | None) -> str | None:
    """Return both tilts in figures, that of the clients with its change."""
    if summary.tilt is None:
        return None
    told = t("Tilt   ● by clients {tilt}", tilt=formatting.tilt(summary.tilt))
    if moved is not None:
        engaged, inactive = (sum(moved.counts_before[each] for each in some) for some in (ENGAGED, INACTIVE))
        if engaged + inactive:
            change = summary.tilt - (engaged - inactive) / (engaged + inactive)
            size = formatting.tilt(abs(change)).lstrip("+")
            told += "" if size == "0.00" else f" {'▲' if change > 0 else '▼'} {size}"
    if summary.tilt_by_value is not None:
        told += t("     ■ by value {tilt}", tilt=formatting.tilt(summary.tilt_by_value))
    return told


# does it last?


def key_labels(currency: str) -> list[str]:
    """Return what the figures of "Does it last?" are called."""
    first, *others = (t(key.label) for key in KEYS)
    return [f"{first}, {currency}" if currency else first, *others]


def keys(result: Result, currency: str) -> list[list[Value | Formula]]:
    """Return the rows of "Does it last?": label, the last 12 months, the year before, the change."""
    known = result.lasting
    assert known is not None  # noqa: S101 - what is written was looked ahead
    from_month = t("from {month}", month=formatting.short_month_of(known.known_from)) if known.known_from else None
    rows: list[list[Value | Formula]] = []
    for key, label in zip(KEYS, key_labels(currency), strict=True):
        now = key.of(known.now)
        before = key.of(known.before) if known.before else None
        row: list[Value | Formula] = [label, now, before, _key_change(key, now, before)]
        if now is None and key.later:
            row[1] = from_month
        rows.append(row)
    return rows


def _key_change(key: Key, now: float | None, before: float | None) -> float | None:
    """How a figure changed: in percent, in whole points, or in clients."""
    if now is None or before is None:
        return None
    if key.relative:
        return round((now - before) / before, 2) if before > 0 else None
    if key.points:
        return round(now * 100) - round(before * 100)
    return now - before


def brought(result: Result) -> str:
    """Return what came of the decisions within the year, in a sentence; how to decide where nothing came yet."""
    amount = result.log.brought_since(add_months(result.as_of, -12))
    if amount <= 0:
        return t(DECIDE)
    return t("Your decisions brought {amount} in 12 months", amount=formatting.whole(amount))

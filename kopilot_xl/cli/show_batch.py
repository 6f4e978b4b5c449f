"""Many portfolios on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_portfolio import ALERT, money, problem_count, tilt_text
from kopilot_xl.domain import formatting
from kopilot_xl.domain.segments import Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.summary_table import Line, Total
    from kopilot_xl.usecases.result import RefreshResult


_PORTFOLIOS = 50
"""How many of many portfolios the table of all shows."""
_FAILED = 10
"""How many of those that failed are named once more."""


def brief(screen: Screen, result: RefreshResult, name: str) -> None:
    """Show a refreshed book among others, in a line."""
    summary = result.summary
    parts = [
        t("as of {day}", day=formatting.day(result.as_of)),
        summary.shape.value,
        tn("{count:,} client", "{count:,} clients", summary.size),
        t("tilt {tilt}", tilt=tilt_text(summary.tilt)),
        problem_count(result.count(Kind.PROBLEM)),
    ]
    screen.line(Text.assemble((name, "bold"), ": " + ", ".join(parts)))


def portfolios(screen: Screen, lines: Sequence[Line]) -> None:
    """Show the portfolios of many workbooks in one table, with totals by currency."""
    from kopilot_xl.usecases.batch import summary_table

    shown = lines if len(lines) <= _PORTFOLIOS else summary_table.leftmost_first(lines)[:_PORTFOLIOS]
    totals = summary_table.totals(lines)
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(t("Workbook"), overflow="fold")
    table.add_column(t("Shape"), no_wrap=True)
    for heading in (t("Tilt"), t("Clients"), t("Leaving"), t("Leaving value"), t("Problems")):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in shown:
        _add_portfolio(table, line)
    for at, total in enumerate(totals):
        value = "" if total.leaving_value is None else money(total.leaving_value, total.currency)
        figures = (f"{total.clients:,}", f"{total.leaving:,}", value, f"{total.problems:,}")
        if not at:
            table.add_section()
        table.add_row(_total_name(total), "", "", *figures, style="bold")
    done = sum(total.portfolios for total in totals)
    text = tn("{done:,} of {count:,} workbook done", "{done:,} of {count:,} workbooks done", len(lines), done=done)
    by_shape = ", ".join(f"{number:,} {shape}" for shape, number in summary_table.shapes(lines).items())
    screen.line()
    screen.show(table)
    screen.line()
    screen.line(Text(f"{text}: {by_shape}." if by_shape else f"{text}.", "bold"))
    if len(shown) < len(lines):
        screen.line(
            t(
                "The table shows the {count} that lean most to the left. --summary FILE writes all of them.",
                count=len(shown),
            ),
            indent=2,
        )
        _failed(screen, [line for line in lines if line.error])


def _total_name(total: Total) -> str:
    if not total.currency:
        return tn("{count:,} portfolio without a currency", "{count:,} portfolios without a currency", total.portfolios)
    return tn(
        "{count:,} portfolio in {currency}",
        "{count:,} portfolios in {currency}",
        total.portfolios,
        currency=total.currency,
    )


def _failed(screen: Screen, lines: Sequence[Line]) -> None:
    """Show once more which of very many workbooks failed, and why: the first message is far above."""
    if not lines:
        return
    screen.line(Text(tn("{count:,} workbook failed:", "{count:,} workbooks failed:", len(lines)), ALERT))
    for line in lines[:_FAILED]:
        screen.line(line.error, indent=2)
    if len(lines) > _FAILED:
        screen.line(Text(t("… and {count:,} more", count=len(lines) - _FAILED), "dim"), indent=2)


def _add_portfolio(table: Table, line: Line) -> None:
    summary = line.summary
    if summary is None:
        table.add_row(line.book, Text(t("failed"), ALERT))
        return
    leaving = summary.counts[Segment.LEAVING]
    table.add_row(
        line.book,
        summary.shape.value,
        tilt_text(summary.tilt),
        f"{summary.size:,}",
        f"{leaving:,}",
        money(summary.values[Segment.LEAVING], line.currency),
        Text(f"{line.problems:,}", ALERT if line.problems else ""),
    )

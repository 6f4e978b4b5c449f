"""Many portfolios on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_portfolio import _ALERT, _money, _tilt
from kopilot_xl.domain import formatting
from kopilot_xl.domain.segments import Segment
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.summary_table import Line
    from kopilot_xl.usecases.result import RefreshResult


_PORTFOLIOS = 50
"""How many of many portfolios the table of all shows."""
_FAILED = 10
"""How many of those that failed are named once more."""


def brief(screen: Screen, found: RefreshResult, name: str) -> None:
    """Show a refreshed book among others, in a line."""
    summary = found.summary
    problems = found.count(Kind.PROBLEM)
    told = [
        f"as of {formatting.day(found.as_of)}",
        summary.shape.value,
        formatting.count(summary.size, "client"),
        f"tilt {_tilt(summary.tilt)}",
        formatting.count(problems, "data problem") if problems else "no data problems",
    ]
    screen.line(Text.assemble((name, "bold"), ": " + ", ".join(told)))


def portfolios(screen: Screen, lines: Sequence[Line]) -> None:
    """Show the portfolios of many workbooks in one table, with totals by currency."""
    from kopilot_xl.usecases.batch import summary_table

    shown = lines if len(lines) <= _PORTFOLIOS else summary_table.leftmost_first(lines)[:_PORTFOLIOS]
    totals = summary_table.totals(lines)
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Workbook", overflow="fold")
    for heading in ("Shape", "Tilt", "Clients", "Leaving", "Leaving value", "Problems"):
        table.add_column(heading, justify="left" if heading == "Shape" else "right", no_wrap=True)
    for line in shown:
        _add_portfolio(table, line)
    for place, total in enumerate(totals):
        value = "" if total.leaving_value is None else _money(total.leaving_value, total.currency)
        figures = (f"{total.clients:,}", f"{total.leaving:,}", value, f"{total.problems:,}")
        whose = f"in {total.currency}" if total.currency else "without a currency"
        name = f"{formatting.count(total.portfolios, 'portfolio')} {whose}"
        if not place:
            table.add_section()
        table.add_row(name, "", "", *figures, style="bold")
    done = sum(total.portfolios for total in totals)
    told = f"{done:,} of {formatting.count(len(lines), 'workbook')} done"
    by_shape = ", ".join(f"{number:,} {shape}" for shape, number in summary_table.shapes(lines).items())
    screen.line()
    screen.show(table)
    screen.line()
    screen.line(Text(f"{told}{': ' if by_shape else ''}{by_shape}.", "bold"))
    if len(shown) < len(lines):
        screen.line(
            f"The table shows the {len(shown)} that lean most to the left. --summary FILE writes all of them.", indent=2
        )
        _failed(screen, [each for each in lines if each.error])


def _failed(screen: Screen, lines: Sequence[Line]) -> None:
    """Say once more which of very many workbooks failed, and why: where it was said first is far above."""
    if not lines:
        return
    screen.line(Text(f"{formatting.count(len(lines), 'workbook')} failed:", _ALERT))
    for each in lines[:_FAILED]:
        screen.line(each.error, indent=2)
    if len(lines) > _FAILED:
        screen.line(Text(f"… and {len(lines) - _FAILED:,} more", "dim"), indent=2)


def _add_portfolio(table: Table, line: Line) -> None:
    summary = line.summary
    if summary is None:
        table.add_row(line.book, Text("failed", _ALERT))
        return
    leaving = summary.counts[Segment.LEAVING]
    table.add_row(
        line.book,
        summary.shape.value,
        _tilt(summary.tilt),
        f"{summary.size:,}",
        f"{leaving:,}",
        _money(summary.values[Segment.LEAVING], line.currency),
        Text(f"{line.problems:,}", _ALERT if line.problems else ""),
    )

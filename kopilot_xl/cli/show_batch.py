"""Many portfolios on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_portfolio import ALERT, money, problem_count, tilt_text
from kopilot_xl.domain import formatting
from kopilot_xl.domain.segments import Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.lines import Line, Total
    from kopilot_xl.usecases.result import RefreshResult


_PORTFOLIOS = 50
"""How many of many portfolios the table of all shows."""
_GAP = 2
"""How far columns are apart, in characters."""
_LEAST_TEXT = 14
"""How wide the columns of names are at least, in characters."""
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
    if result.news is not None and (news := result.news.words(result.currency)):
        parts.append(news)
    screen.line(Text.assemble((name, "bold"), ": " + ", ".join(parts)))


def portfolios(screen: Screen, lines: Sequence[Line]) -> None:
    """Show the portfolios of many workbooks in one table, with totals by currency; as lines where it has no room."""
    from kopilot_xl.usecases.batch import summary_table

    shown = lines if len(lines) <= _PORTFOLIOS else summary_table.leftmost_first(lines)[:_PORTFOLIOS]
    totals = summary_table.totals(lines)
    rows = [_cells(line) for line in shown]
    sums = [_total_cells(total) for total in totals]
    screen.line()
    if not screen.is_terminal:  # a file has no edge
        screen.console.width = max(screen.console.width, _width([*rows, *sums]))
    if screen.console.width >= _width([*rows, *sums], _LEAST_TEXT):
        screen.show(_table(rows, sums))
    else:
        for line in shown:
            _show_narrow(screen, line)
        for total in totals:
            _show_total(screen, total)
    screen.line()
    done = sum(total.portfolios for total in totals)
    text = tn("{done:,} of {count:,} workbook done", "{done:,} of {count:,} workbooks done", len(lines), done=done)
    by_shape = ", ".join(f"{number:,} {shape}" for shape, number in summary_table.shapes(lines).items())
    screen.line(Text(f"{text}: {by_shape}." if by_shape else f"{text}.", "bold"))
    if len(shown) < len(lines):
        screen.line(
            t(
                "The table shows the {count} that lean furthest to the left. --summary FILE writes all of them.",
                count=len(shown),
            ),
            indent=2,
        )
        _failed(screen, [line for line in lines if line.error])


def _headings() -> tuple[str, ...]:
    return (
        t("Workbook"), t("Company"), t("Shape"), t("Tilt"), t("Clients"), t("Leaving"), t("Leaving value"),
        t("Problems"),
    )  # fmt: skip


def _width(rows: Sequence[Sequence[str | Text]], least: int | None = None) -> int:
    """How wide a screen must be for the table, its columns of names being as wide as they are, or at least so wide."""
    widths = [max(cell_len(str(cells[at])) for cells in [_headings(), *rows]) for at in range(len(_headings()))]
    names = widths[:2] if least is None else [least, least]
    return sum(names) + sum(widths[2:]) + _GAP * len(widths)


def _table(rows: Sequence[Sequence[str | Text]], sums: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, padding=(0, _GAP, 0, 0), show_edge=False, header_style="dim")
    book, company, shape, *figures = _headings()
    table.add_column(book, overflow="fold")
    table.add_column(company, overflow="fold")
    table.add_column(shape, no_wrap=True)
    for heading in figures:
        table.add_column(heading, justify="right", no_wrap=True)
    for cells in rows:
        table.add_row(*cells)
    for at, cells in enumerate(sums):
        if not at:
            table.add_section()
        table.add_row(*cells, style="bold")
    return table


def _show_narrow(screen: Screen, line: Line) -> None:
    """Show a portfolio on two lines."""
    book, company, shape, *_ = _cells(line)
    screen.line(Text.assemble((str(company) or str(book), "bold"), f"  {book}" if company else ""))
    if line.summary is None:
        screen.line(shape, indent=2)
        return
    leaving = line.summary.counts[Segment.LEAVING]
    value = money(line.summary.values[Segment.LEAVING], line.currency)
    parts = [
        t("tilt {tilt}", tilt=tilt_text(line.summary.tilt)),
        tn("{count:,} client", "{count:,} clients", line.summary.size),
        t("{count:,} leaving ({value})", count=leaving, value=value),
        problem_count(line.problems),
    ]
    screen.line(Text.assemble(str(shape), ", ", ", ".join(parts)), indent=2)


def _show_total(screen: Screen, total: Total) -> None:
    value = "" if total.leaving_value is None else money(total.leaving_value, total.currency)
    parts = [
        tn("{count:,} client", "{count:,} clients", total.clients),
        t("{count:,} leaving ({value})", count=total.leaving, value=value)
        if value
        else t("{count:,} leaving", count=total.leaving),
        problem_count(total.problems),
    ]
    screen.line(Text(f"{total.name}: {', '.join(parts)}", "bold"))


def _failed(screen: Screen, lines: Sequence[Line]) -> None:
    """Show once more which of very many workbooks failed, and why: the first message is far above."""
    if not lines:
        return
    screen.line(Text(tn("{count:,} workbook failed:", "{count:,} workbooks failed:", len(lines)), ALERT))
    for line in lines[:_FAILED]:
        screen.line(line.error, indent=2)
    if len(lines) > _FAILED:
        screen.line(Text(t("… and {count:,} more", count=len(lines) - _FAILED), "dim"), indent=2)


def _cells(line: Line) -> list[str | Text]:
    """The cells of a portfolio in the table."""
    summary, company = line.summary, " ".join(line.company.split())
    if summary is None:
        return [line.book, company, Text(t("failed"), ALERT), "", "", "", "", ""]
    return [
        line.book,
        company,
        summary.shape.value,
        tilt_text(summary.tilt),
        f"{summary.size:,}",
        f"{summary.counts[Segment.LEAVING]:,}",
        money(summary.values[Segment.LEAVING], line.currency),
        Text(f"{line.problems:,}", ALERT if line.problems else ""),
    ]


def _total_cells(total: Total) -> list[str]:
    value = "" if total.leaving_value is None else money(total.leaving_value, total.currency)
    figures = (f"{total.clients:,}", f"{total.leaving:,}", value, f"{total.problems:,}")
    return [total.name, "", "", "", *figures]

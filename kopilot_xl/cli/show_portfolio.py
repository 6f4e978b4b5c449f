"""A refreshed or checked workbook on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import do_next
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.sheets import palette, portfolio
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.domain.portfolio import Client, Summary
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.workbook.tables.problems import Problem


GOOD, ALERT = "green", "red"
"""The terminal's own colours: a palette made for white paper may be unreadable on black."""
_GAP = 2
"""How far columns are apart, in characters."""
_BAR = 30
"""The longest bar of the histogram, in characters."""
_HEADING = 14
"""The width of the headings under "Do next", in characters."""
_DO_NEXT = {Heading.KEEP: 5, Heading.WIN_BACK: 3, Heading.DECIDE: 3}
"""How many clients are named under each heading."""
_PROBLEMS, _NOTICES = 5, 3
"""How many problems and notices a refresh lists."""


def report(screen: Screen, result: RefreshResult) -> None:
    """Show a refreshed portfolio: its shape and why, the histogram, the tilt, whom to turn to, what is wrong."""
    summary = result.summary
    screen.line(_title(result))
    screen.line()
    screen.line(Text.assemble((summary.shape.label, "bold"), f"  {summary.words}"))
    for check in summary.checks:
        mark = ("✓", GOOD) if check.passed else ("✗", f"bold {ALERT}")
        screen.line(Text.assemble(mark, f" {check.text}"), indent=2)
    screen.line()
    screen.show(_histogram(summary, result.currency, screen.console.width - 2), indent=2)
    screen.line(Text(portfolio.outside(summary), "dim"), indent=2)
    if summary.tilt is not None:
        screen.line()
        screen.show(_tilts(summary), indent=2)
    _to_do(screen, result)
    _findings(screen, result)


def _title(result: RefreshResult, name: str = "") -> Text:
    return Text.assemble((name or result.book, "bold"), "  ", t("as of {day}", day=formatting.day(result.as_of)))


def _histogram(summary: Summary, currency: str, width: int) -> Table:
    """The histogram of segments; where a screen is narrow, its bars are shorter, and its figures whole."""
    longest = max([*(summary.counts[segment] for segment in BARS), 1])
    headings = (t("Clients"), t("Share"), t("Value, {currency}", currency=currency) if currency else t("Value"))
    rows = [_figures(summary, segment) for segment in BARS]
    total = (f"{summary.size:,}", "", formatting.whole(summary.value(PORTFOLIO)))
    names = max(cell_len(name) for name in (*(segment.label for segment in BARS), t("Segment"), t("Portfolio")))
    figures = sum(max(cell_len(cells[at]) for cells in (headings, total, *rows)) for at in range(len(headings)))
    bar = max(min(_BAR, width - names - figures - _GAP * (len(headings) + 2)), 0)
    table = Table(box=None, padding=(0, _GAP, 0, 0), show_edge=False, header_style="dim")
    table.add_column(t("Segment"), no_wrap=True)
    if bar:
        table.add_column("", width=bar, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for segment, cells in zip(BARS, rows, strict=True):
        count = summary.counts[segment]
        length = max(round(count / longest * bar), 1) if count else 0
        drawn = [Text("█" * length, f"#{palette.SEGMENTS[segment]}")] if bar else []
        table.add_row(segment.label, *drawn, *cells, style="dim" if segment is Segment.LOST else "")
    table.add_row(t("Portfolio"), *([""] if bar else []), *total, style="bold")
    return table


def _figures(summary: Summary, segment: Segment) -> tuple[str, str, str]:
    share = summary.share(segment)
    return (
        f"{summary.counts[segment]:,}",
        "" if share is None else formatting.share(share),
        formatting.whole(summary.values[segment]),
    )


def _tilts(summary: Summary) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    for name, tilt in ((t("Tilt by clients"), summary.tilt), (t("Tilt by value"), summary.tilt_by_value)):
        table.add_row(name, portfolio.balance(tilt) or "", tilt_text(tilt))
    return table


def tilt_text(tilt: float | None) -> str:
    """Return a tilt with its sign, "none" where there is nothing to weigh."""
    return t("none") if tilt is None else formatting.tilt(tilt)


def _to_do(screen: Screen, result: RefreshResult) -> None:
    lists = do_next(result.clients)
    if not any(lists.values()):
        return
    screen.line()
    screen.line(Text(t("Do next"), "bold"))
    for heading, clients in lists.items():
        most = _DO_NEXT[heading]
        for at, client in enumerate(clients[:most]):
            screen.line(_client(client, result, "" if at else heading.label), indent=2)
        if len(clients) > most:
            more = t("… and {count:,} more", count=len(clients) - most)
            screen.line(Text(" " * _HEADING + more, "dim"), indent=2)


def _client(client: Client, result: RefreshResult, heading: str) -> Text:
    parts = [client.name or client.id]
    if client.name and client.name != client.id:
        parts[0] += f" ({client.id})"
    if client.segment is Segment.LEAVING and client.leaves_on:
        days = (client.leaves_on - result.as_of).days
        parts.append(tn("{count:,} day left", "{count:,} days left", days))
    if client.overdue:
        parts.append(t("planned for {day}, not invoiced", day=formatting.day(client.overdue)))
    if client.value:
        parts.append(money(client.value, result.currency))
    segment = client.segment or Segment.NO_ACTIVITY
    return Text.assemble(
        (_padded(heading), "dim"),
        (_padded(segment.label), f"#{palette.SEGMENTS[segment]}"),
        ", ".join(parts),
    )


def _padded(text: str) -> str:
    """A text and blanks that make it as wide as headings are, one at least."""
    return text + " " * max(_HEADING - cell_len(text), 1)


def _findings(screen: Screen, result: RefreshResult) -> None:
    problems, notices = result.count(Kind.PROBLEM), result.count(Kind.NOTICE)
    screen.line()
    screen.line(Text(portfolio.found(problems, notices), ALERT if problems else ""))
    for kind, most in ((Kind.PROBLEM, _PROBLEMS), (Kind.NOTICE, _NOTICES)):
        found = [problem for problem in result.problems if problem.kind is kind]
        show_problems(screen, found[:most])
        rest = len(found) - most
        if rest > 0 and kind is Kind.PROBLEM:
            screen.line(
                Text(tn("… and {count:,} more problem", "… and {count:,} more problems", rest), "dim"), indent=2
            )
        elif rest > 0:
            screen.line(Text(tn("… and {count:,} more notice", "… and {count:,} more notices", rest), "dim"), indent=2)


def show_problems(screen: Screen, problems: Iterable[Problem]) -> None:
    """Show problems and notices, a line each."""
    for problem in problems:
        screen.line(Text(str(problem), "" if problem.kind is Kind.PROBLEM else "dim"), indent=2)


def money(value: float, currency: str) -> str:
    """Return a whole amount with its currency, if it has one."""
    return f"{currency} {formatting.whole(value)}".strip()


def checked(screen: Screen, result: RefreshResult, name: str = "") -> None:
    """Show every problem and notice of a book, under its own name or another."""
    problems, notices = result.count(Kind.PROBLEM), result.count(Kind.NOTICE)
    screen.line(_title(result, name))
    parts = [problem_count(problems) if problems else t("No data problems")]
    if notices:
        parts.append(tn("{count:,} notice", "{count:,} notices", notices))
    screen.line(Text(t(" and ").join(parts) + ".", ALERT if problems else GOOD))
    for kind in Kind:
        show_problems(screen, [problem for problem in result.problems if problem.kind is kind])


def problem_count(number: int) -> str:
    """Return how many data problems there are, in words."""
    return tn("{count:,} data problem", "{count:,} data problems", number) if number else t("no data problems")

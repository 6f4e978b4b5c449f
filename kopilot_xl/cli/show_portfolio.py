"""What the command line shows: reports for people, and the same as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import do_next
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.workbook.sheets import palette, portfolio
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.domain.portfolio import Client, Summary
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.workbook.tables.problems import Problem


_GOOD, _ALERT = "green", "red"
"""The terminal's own: a palette made for white paper may not show on black."""
_BAR = 30
_DO_NEXT = {Heading.KEEP: 5, Heading.WIN_BACK: 3, Heading.DECIDE: 3}
"""How many clients are named under each heading."""
_PROBLEMS, _NOTICES = 5, 3
"""How many problems and notices a refresh lists."""


# a refreshed book


def report(screen: Screen, found: RefreshResult) -> None:
    """Show a refreshed portfolio: its shape and why, the histogram, the tilt, whom to turn to, what is wrong."""
    summary = found.summary
    screen.line(_title(found))
    screen.line()
    screen.line(Text.assemble((summary.shape.value, "bold"), f"  {summary.words}"))
    for check in summary.checks:
        mark = ("✓", _GOOD) if check.passed else ("✗", f"bold {_ALERT}")
        screen.line(Text.assemble(mark, f" {check.text}"), indent=2)
    screen.line()
    screen.show(_histogram(summary, found.currency), indent=2)
    screen.line(Text(portfolio.outside(summary), "dim"), indent=2)
    if summary.tilt is not None:
        screen.line()
        screen.show(_tilts(summary), indent=2)
    _to_do(screen, found)
    _findings(screen, found)


def _title(found: RefreshResult, name: str = "") -> Text:
    return Text.assemble((name or found.book, "bold"), f"  as of {formatting.day(found.as_of)}")


def _histogram(summary: Summary, currency: str) -> Table:
    longest = max([*(summary.counts[each] for each in BARS), 1])
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Segment", no_wrap=True)
    table.add_column("", width=_BAR, no_wrap=True)
    table.add_column("Clients", justify="right")
    table.add_column("Share", justify="right")
    table.add_column(f"Value, {currency}" if currency else "Value", justify="right")
    for segment in BARS:
        count = summary.counts[segment]
        length = max(round(count / longest * _BAR), 1) if count else 0
        share = summary.share(segment)
        table.add_row(
            segment.value,
            Text("█" * length, f"#{palette.SEGMENTS[segment]}"),
            f"{count:,}",
            "" if share is None else formatting.share(share),
            formatting.whole(summary.values[segment]),
            style="dim" if segment is Segment.LOST else "",
        )
    table.add_row("Portfolio", "", f"{summary.size:,}", "", formatting.whole(summary.value(PORTFOLIO)), style="bold")
    return table


def _tilts(summary: Summary) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    for name, tilt in (("Tilt by clients", summary.tilt), ("Tilt by value", summary.tilt_by_value)):
        table.add_row(name, portfolio.balance(tilt) or "", _tilt(tilt))
    return table


def _tilt(tilt: float | None) -> str:
    return "none" if tilt is None else formatting.tilt(tilt)


def _to_do(screen: Screen, found: RefreshResult) -> None:
    lists = do_next(found.clients)
    if not any(lists.values()):
        return
    screen.line()
    screen.line(Text("Do next", "bold"))
    for heading, clients in lists.items():
        room = _DO_NEXT[heading]
        for each in clients[:room]:
            screen.line(_client(each, found, heading if each is clients[0] else None), indent=2)
        if len(clients) > room:
            screen.line(Text(f"{'':14}… and {len(clients) - room:,} more", "dim"), indent=2)


def _client(client: Client, found: RefreshResult, heading: Heading | None) -> Text:
    told = [client.name or client.id]
    if client.name and client.name != client.id:
        told[0] += f" ({client.id})"
    if client.segment is Segment.LEAVING and client.leaves_on:
        told.append(f"{formatting.count((client.leaves_on - found.as_of).days, 'day')} left")
    if client.overdue:
        told.append(f"planned for {formatting.day(client.overdue)}, not invoiced")
    if client.value:
        told.append(_money(client.value, found.currency))
    segment = client.segment or Segment.NO_ACTIVITY
    return Text.assemble(
        (f"{heading or '':14}", "dim"), (f"{segment.value:14}", f"#{palette.SEGMENTS[segment]}"), ", ".join(told)
    )


def _findings(screen: Screen, found: RefreshResult) -> None:
    problems, notices = found.count(Kind.PROBLEM), found.count(Kind.NOTICE)
    screen.line()
    screen.line(Text(portfolio.found(problems, notices), _ALERT if problems else ""))
    for kind, room in ((Kind.PROBLEM, _PROBLEMS), (Kind.NOTICE, _NOTICES)):
        some = [each for each in found.problems if each.kind is kind]
        _listed(screen, some[:room])
        if len(some) > room:
            screen.line(Text(f"… and {formatting.count(len(some) - room, f'more {kind.lower()}')}", "dim"), indent=2)


def _listed(screen: Screen, problems: Iterable[Problem]) -> None:
    for each in problems:
        style = "" if each.kind is Kind.PROBLEM else "dim"
        screen.line(Text(str(each), style), indent=2)


def _money(value: float, currency: str) -> str:
    return f"{currency} {formatting.whole(value)}".strip()


# a checked book


def checked(screen: Screen, found: RefreshResult, name: str = "") -> None:
    """Show every problem and notice of a book, under its own name or another."""
    problems, notices = found.count(Kind.PROBLEM), found.count(Kind.NOTICE)
    screen.line(_title(found, name))
    told = [formatting.count(problems, "data problem") if problems else "No data problems"]
    if notices:
        told.append(formatting.count(notices, "notice"))
    screen.line(Text(f"{' and '.join(told)}.", _ALERT if problems else _GOOD))
    for kind in Kind:
        _listed(screen, [each for each in found.problems if each.kind is kind])

"""What the command line shows: reports for people, and the same as JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kopilot_xl.domain import words
from kopilot_xl.domain.portfolio import do_next
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Heading, Segment
from kopilot_xl.sheets import forecast, palette, portfolio
from kopilot_xl.sheets.findings import Kind

if TYPE_CHECKING:
    from kopilot_xl.beyond import Segmentation
    from kopilot_xl.create import Created
    from kopilot_xl.domain.forecast import Forecast
    from kopilot_xl.domain.forecast import Line as ScenarioLine
    from kopilot_xl.domain.portfolio import Client, Summary
    from kopilot_xl.domain.sales import Prepared
    from kopilot_xl.exports import Choices
    from kopilot_xl.forecasting import Foretold
    from kopilot_xl.overview import Line
    from kopilot_xl.refreshing import Report
    from kopilot_xl.sheets.findings import Problem

_GOOD, _ALERT = "green", "red"
"""The terminal's own: a palette made for white paper may not show on black."""
_WIDTH = 100
"""How wide a report is where no terminal says so."""
_BAR = 30
_PROGRESS = 40
"""How long the bar is that tells how far many workbooks are."""
_DO_NEXT = {Heading.CLEAN: 5, Heading.REACTIVATE: 3, Heading.DECIDE: 3}
"""How many clients are named under each heading."""
_PROBLEMS, _NOTICES = 5, 3
"""How many problems and notices a refresh lists."""
_PORTFOLIOS = 50
"""How many of many portfolios the table of all shows."""
_FAILED = 10
"""How many of those that failed are named once more."""

_PLAIN = {
    "✓": "+",
    "✗": "x",
    "█": "#",
    "─": "-",
    "┼": "+",
    "●": "o",
    "…": "...",
    "·": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "’": "'",
    "“": '"',
    "”": '"',
    "→": "->",
    "€": "EUR",
}
"""What stands for a sign where the terminal's encoding has none."""


def fitting(text: str, encoding: str | None) -> str:
    """Return a text with every sign that an encoding cannot write replaced by one that it can; None writes all."""
    if encoding is None:
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_sign(each, encoding) for each in text)
    except LookupError:
        return fitting(text, "ascii")
    return text


def _sign(sign: str, encoding: str) -> str:
    for attempt in (sign, _PLAIN.get(sign), unicodedata.normalize("NFKD", sign)[:1]):
        if attempt:
            try:
                attempt.encode(encoding)
            except UnicodeEncodeError:
                continue
            return attempt
    return "" if unicodedata.combining(sign) or sign == "\ufe0f" else "?"


class _Fitting:
    """A stream that never fails on a sign its encoding does not have."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(fitting(text, getattr(self._stream, "encoding", None)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command to end; Rich's own way counts as a failure."""
        raise BrokenPipeError


class Screen:
    """Where a command writes: a terminal with colours and wrapped lines, or plain lines where there is none."""

    def __init__(self, stream: TextIO) -> None:
        self.console: Console = _Console(file=_Fitting(stream), highlight=False, markup=False, emoji=False)  # type: ignore[arg-type]  # all that Rich asks of a stream
        if not self.console.is_terminal:
            self.console = _Console(
                file=self.console.file, highlight=False, markup=False, emoji=False, width=_WIDTH, color_system=None
            )

    @property
    def is_terminal(self) -> bool:
        """Whether a person is looking on."""
        return self.console.is_terminal

    def line(self, text: str | Text = "", *, indent: int = 0) -> None:
        """Write a line; in a terminal a long one is wrapped under its indent, elsewhere it stays one."""
        content = Text(text) if isinstance(text, str) else text
        if self.is_terminal:
            self.console.print(Padding(content, (0, 0, 0, indent)) if indent else content)
        else:
            self.console.print(Text.assemble(" " * indent, content), soft_wrap=True)

    def show(self, content: RenderableType, *, indent: int = 0) -> None:
        """Write a block such as a table."""
        block = Padding(content, (0, 0, 0, indent))
        if self.is_terminal:
            self.console.print(block)
        else:
            with self.console.capture() as lines:
                self.console.print(block)
            self.console.file.write("\n".join(each.rstrip() for each in lines.get().split("\n")))

    def data(self, content: object) -> None:
        """Write one line of JSON, which any encoding can hold."""
        self.console.file.write(json.dumps(content) + "\n")
        self.console.file.flush()


# a refreshed book


def report(screen: Screen, found: Report) -> None:
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


def brief(screen: Screen, found: Report, name: str) -> None:
    """Show a refreshed book among others, in a line."""
    summary = found.summary
    problems = found.count(Kind.PROBLEM)
    told = [
        f"as of {words.day(found.as_of)}",
        summary.shape.value,
        words.count(summary.size, "client"),
        f"tilt {_tilt(summary.tilt)}",
        words.count(problems, "data problem") if problems else "no data problems",
    ]
    screen.line(Text.assemble((name, "bold"), ": " + ", ".join(told)))


def as_json(found: Report, name: str) -> dict[str, object]:
    """Return what a refresh found, in values JSON knows; tilts are unrounded, null where there is nothing to weigh."""
    summary = found.summary
    return {
        "book": name,
        "as_of": found.as_of.isoformat(),
        "shape": summary.shape.value,
        "tilt": summary.tilt,
        "tilt_by_value": summary.tilt_by_value,
        "segments": {each.value: summary.counts[each] for each in Segment},
        "portfolio": summary.size,
        "currency": found.currency,
        "values": {each.value: round(summary.values[each], 4) for each in Segment},
        "actions": {each.value: number for each, number in found.actions.items()},
        "problems": found.count(Kind.PROBLEM),
        "notices": found.count(Kind.NOTICE),
        "forecast": forecast_as_json(found.forecast, found.prepared) if found.forecast else None,
        "seconds": round(found.seconds, 3),
    }


def forecast_as_json(told: Forecast, months: Sequence[Prepared]) -> dict[str, object]:
    """Return a forecast in values JSON knows; numbers are unrounded, null where the past is too short to tell."""
    ends = [*zip(told.band.low, told.band.high, strict=True)] or [(None, None)] * len(told.months)
    return {
        "expected": told.chosen and told.chosen.value,
        "checked": told.checked,
        "months": [
            {
                "month": f"{month:%Y-%m}",
                "expected": told.expected[at] if told.expected else None,
                "at_least": ends[at][0],
                "at_most": ends[at][1],
                **({"planned": months[at].total, "to_call": months[at].to_call} if months else {}),
            }
            for at, month in enumerate(told.months)
        ],
        "band_held": told.band.coverage,
        "scenarios": {each.value: _line_as_json(line) for each, line in told.lines.items()},
    }


def _line_as_json(line: ScenarioLine) -> dict[str, object]:
    found = line.accuracy
    return {
        "months": line.values and list(line.values),
        "this_year": line.landing,
        "past_dates": found.dates if found else 0,
        "off": found and found.error,
        "off_share": found and found.share,
        "mase": found and found.mase,
        "off_by_months_ahead": found and list(found.by_horizon),
        "mase_by_months_ahead": found and list(found.mase_by_horizon),
        "remark": line.lacks or None,
    }


def _title(found: Report, name: str = "") -> Text:
    return Text.assemble((name or found.book, "bold"), f"  as of {words.day(found.as_of)}")


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
            "" if share is None else words.share(share),
            words.whole(summary.values[segment]),
            style="dim" if segment is Segment.LOST else "",
        )
    table.add_row("Portfolio", "", f"{summary.size:,}", "", words.whole(summary.value(PORTFOLIO)), style="bold")
    return table


def _tilts(summary: Summary) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
    for name, tilt in (("Tilt by clients", summary.tilt), ("Tilt by value", summary.tilt_by_value)):
        table.add_row(name, portfolio.balance(tilt) or "", _tilt(tilt))
    return table


def _tilt(tilt: float | None) -> str:
    return "none" if tilt is None else words.tilt(tilt)


def _to_do(screen: Screen, found: Report) -> None:
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


def _client(client: Client, found: Report, heading: Heading | None) -> Text:
    told = [client.name or client.id]
    if client.name and client.name != client.id:
        told[0] += f" ({client.id})"
    if client.segment is Segment.LEAVING and client.leaves_on:
        told.append(f"{words.count((client.leaves_on - found.as_of).days, 'day')} left")
    if client.overdue:
        told.append(f"planned for {words.day(client.overdue)}, not invoiced")
    if client.value:
        told.append(_money(client.value, found.currency))
    segment = client.segment or Segment.NO_ACTIVITY
    return Text.assemble(
        (f"{heading or '':14}", "dim"), (f"{segment.value:14}", f"#{palette.SEGMENTS[segment]}"), ", ".join(told)
    )


def _findings(screen: Screen, found: Report) -> None:
    problems, notices = found.count(Kind.PROBLEM), found.count(Kind.NOTICE)
    screen.line()
    screen.line(Text(portfolio.found(problems, notices), _ALERT if problems else ""))
    for kind, room in ((Kind.PROBLEM, _PROBLEMS), (Kind.NOTICE, _NOTICES)):
        some = [each for each in found.problems if each.kind is kind]
        _listed(screen, some[:room])
        if len(some) > room:
            screen.line(Text(f"… and {words.count(len(some) - room, f'more {kind.lower()}')}", "dim"), indent=2)


def _listed(screen: Screen, problems: Iterable[Problem]) -> None:
    for each in problems:
        style = "" if each.kind is Kind.PROBLEM else "dim"
        screen.line(Text(str(each), style), indent=2)


# many books


class Progress:
    """A bar that tells how many of many workbooks are done, how fast it goes and how long it will take."""

    def __init__(self, screen: Screen, what: str, total: int, tell: Callable[[str], None]) -> None:
        self._tell = tell
        from rich.progress import BarColumn, MofNCompleteColumn, RenderableColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar
        from rich.table import Column

        # Where room is short, the bar and the name become shorter, and never the figures.
        self._name = Text(no_wrap=True, overflow="ellipsis")
        columns = (
            TextColumn(what),
            BarColumn(bar_width=None, table_column=Column(max_width=_PROGRESS)),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            TextColumn("left"),
            RenderableColumn(self._name),
        )
        self._bar = Bar(*columns, console=screen.console, transient=True, speed_estimate_period=120)
        self._task = self._bar.add_task("", total=total, rate="")

    def begun(self, path: Path) -> None:
        """Name the workbook that was begun last."""
        self._name.plain = path.name

    def ended(self, path: Path) -> None:
        """Count a workbook that is done."""
        self._bar.advance(self._task)
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, rate="" if speed is None else pace(speed))

    def waits(self, line: str) -> None:
        """Tell what work has to wait for."""
        with self.aside():
            self._tell(line)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something is told, so that it stands on lines of its own."""
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()


def pace(speed: float) -> str:
    """Return a number of workbooks a second as people say it: `12 a second`, `4.2 a second`, `30 a minute`."""
    if speed >= 1:
        return f"{speed:.0f} a second" if speed >= 10 else f"{speed:.1f} a second"
    return f"{speed * 60:.0f} a minute" if speed * 60 >= 10 else f"{speed * 60:.1f} a minute"


def portfolios(screen: Screen, lines: Sequence[Line]) -> None:
    """Show the portfolios of many workbooks in one table, with totals by currency."""
    from kopilot_xl import overview

    shown = lines if len(lines) <= _PORTFOLIOS else overview.leftmost_first(lines)[:_PORTFOLIOS]
    totals = overview.totals(lines)
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
        name = f"{words.count(total.portfolios, 'portfolio')} {whose}"
        if not place:
            table.add_section()
        table.add_row(name, "", "", *figures, style="bold")
    done = sum(total.portfolios for total in totals)
    told = f"{done:,} of {words.count(len(lines), 'workbook')} done"
    by_shape = ", ".join(f"{number:,} {shape}" for shape, number in overview.shapes(lines).items())
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
    screen.line(Text(f"{words.count(len(lines), 'workbook')} failed:", _ALERT))
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


def _money(value: float, currency: str) -> str:
    return f"{currency} {words.whole(value)}".strip()


# a checked book


def checked(screen: Screen, found: Report, name: str = "") -> None:
    """Show every problem and notice of a book, under its own name or another."""
    problems, notices = found.count(Kind.PROBLEM), found.count(Kind.NOTICE)
    screen.line(_title(found, name))
    told = [words.count(problems, "data problem") if problems else "No data problems"]
    if notices:
        told.append(words.count(notices, "notice"))
    screen.line(Text(f"{' and '.join(told)}.", _ALERT if problems else _GOOD))
    for kind in Kind:
        _listed(screen, [each for each in found.problems if each.kind is kind])


def checked_as_json(found: Report, name: str) -> dict[str, object]:
    """Return every problem and notice of a book, in values JSON knows."""
    return {
        "book": name,
        "as_of": found.as_of.isoformat(),
        "problems": [_finding(each) for each in found.problems if each.kind is Kind.PROBLEM],
        "notices": [_finding(each) for each in found.problems if each.kind is Kind.NOTICE],
    }


def _finding(problem: Problem) -> dict[str, object]:
    return {
        "place": problem.place,
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "wrong": problem.wrong,
        "done": problem.done,
    }


# what was read and made


def created(screen: Screen, made: Created) -> None:
    """Show where a new workbook is, what is in it, how the exports were read and how to go on."""
    choices(screen, made.choices)
    if made.choices:
        filled = f"{words.count(made.clients, 'client')} and {words.count(made.transactions, 'transaction')}"
        how = f"Next: kopilot-xl refresh {_quoted(str(made.path))}"
    else:
        filled = "no clients yet"
        how = "Next: fill its sheets Clients and Transactions, then refresh it."
    screen.line(Text.assemble((str(made.path), "bold"), f" is made, with {filled}."))
    screen.line(how)


def choices(screen: Screen, read: Sequence[Choices]) -> None:
    """Show how exports were read."""
    for each in read:
        screen.line(Text(each.title, "bold"))
        for line in each.lines:
            screen.line(line, indent=2)


def segmented(screen: Screen, found: Segmentation, output: str | None) -> None:
    """Show how tables were read, every problem in them, and where the result is."""
    choices(screen, found.choices)
    _listed(screen, found.problems)
    told = [f"{outcome} {number:,}" for outcome, number in found.actions.items() if number]
    if found.actions:
        screen.line(f"Actions: {', '.join(told) or 'none'}.")
    if output:
        screen.line(f"{words.count(found.frame.height, 'client')} as of {words.day(found.as_of)}: {output}")


def segmented_as_json(found: Segmentation, output: str | None) -> dict[str, object]:
    """Return what a segmentation found, in values JSON knows; its sources are named without credentials."""
    return {
        "output": output,
        "as_of": found.as_of.isoformat(),
        "sources": [each.file for each in found.choices],
        "clients": found.frame.height,
        "segments": {each.value: found.counts.get(each.value, 0) for each in Segment},
        "actions": {each.value: number for each, number in found.actions.items()},
        "problems": [str(each) for each in found.problems if each.kind is Kind.PROBLEM],
        "notices": [str(each) for each in found.problems if each.kind is Kind.NOTICE],
        "seconds": round(found.seconds, 3),
    }


# a forecast


def read_for_forecast(screen: Screen, found: Foretold) -> None:
    """Show how files were read, every problem in them, and why there is no seasonal model."""
    choices(screen, found.choices)
    _listed(screen, found.problems)
    if found.missing:
        screen.line(Text(found.missing, "dim"))


def foretold_as_json(found: Foretold) -> dict[str, object]:
    """Return a forecast of files in values JSON knows."""
    return {"as_of": found.as_of.isoformat(), **forecast_as_json(found.forecast, found.prepared)}


def foretold(screen: Screen, found: Foretold) -> None:
    """Show what is expected month by month, and how far each scenario was off."""
    told, months = found.forecast, found.prepared
    screen.line(Text.assemble((forecast.note(told, months), "bold")))
    for line in forecast.explanation(told):
        screen.line(line, indent=2)
    if told.expected is not None:
        screen.line()
        screen.show(_months_ahead(told, months), indent=2)
        screen.line()
        screen.show(_scenarios(told), indent=2)
    for each in told.lines.values():
        if each.lacks:
            screen.line(Text(f"{each.scenario}: {each.lacks}", "dim"), indent=2)


def _months_ahead(told: Forecast, months: Sequence[Prepared]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Month", no_wrap=True)
    for header in ("Expected", "At least", "At most", "Planned", "To call"):
        table.add_column(header, justify="right")
    ends = told.band.low, told.band.high
    for at, (month, expected) in enumerate(zip(told.months, told.expected or (), strict=True)):
        low, high = (_whole(each[at]) for each in ends)
        planned = months[at]
        table.add_row(
            words.month(month), words.whole(expected), low, high, words.whole(planned.total), f"{planned.to_call:,}"
        )
    return table


def _scenarios(told: Forecast) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Scenario", no_wrap=True)
    for header in ("12 months", "Year lands at", "Off by", "of a month", "MASE", "Past dates"):
        table.add_column(header, justify="right")
    for each in told.lines.values():
        checked = each.accuracy
        table.add_row(
            each.scenario.value,
            _whole(sum(each.values) if each.values is not None else None),
            _whole(each.landing),
            _whole(checked.error if checked else None),
            "" if checked is None or checked.share is None else words.share(checked.share),
            "" if checked is None or checked.mase is None else f"{checked.mase:.2f}",
            f"{checked.dates}" if checked else "",
            style="bold" if each.scenario is told.chosen else "",
        )
    return table


def _whole(value: float | None) -> str:
    return "" if value is None else words.whole(value)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path

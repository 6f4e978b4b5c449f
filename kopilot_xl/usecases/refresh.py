"""The one use case: read a book, compute where each client stands, write it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from os import PathLike

from kopilot_xl import interrupts
from kopilot_xl.usecases.calculation import Computation
from kopilot_xl.usecases.findings import compared_with, findings, hint
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.inputs import read
from kopilot_xl.usecases.result import Report, _report
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.opening import as_book
from kopilot_xl.workbook.sheets import (
    actions,
    clients,
    forecast,
    guide,
    history,
    movements,
    outlook,
    portfolio,
    problems,
    snapshot,
)
from kopilot_xl.workbook.sheets.snapshot import Stored
from kopilot_xl.workbook.tables.problems import Code, Kind, Problem, about_sheet, count


def refresh(
    book: Book | str | PathLike[str],
    as_of: date | None = None,
    *,
    output: str | PathLike[str] | None = None,
    backup: bool = False,
    backfill: int = 0,
    now: datetime | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Report:
    """Recompute the segments and the sheets refresh writes, and save the book.

    Two refreshes of one file come one after the other: the second waits, and reads what the first wrote.

    Args:
        book: the workbook: its path, or what `open_book` returned.
        as_of: the day to look at it; by default its AsOf setting, or today.
        output: where to save it; by default where it came from.
        backup: keep the version that is replaced beside it, as `Portfolio.xlsm.kopilot-backup`; the backup made
            before is replaced.
        backfill: fill History for so many month ends before the day, reconstructed from today's rows.
        now: the local time that counts as now.
        waiting: called with a line to show, if another refresh of the same file has to finish first.

    Returns:
        What was found and computed.

    Raises:
        BookError: the file cannot be read as a workbook, or changed meanwhile.
        MissingError: a sheet, table, column or named cell is not there.
        SettingError: a setting makes no sense.
        SaveError: the workbook cannot be saved. As with the others, nothing was changed; the text says what to do.
    """
    start, now, book = time.perf_counter(), now or datetime.now(), as_book(book)
    with collector_at_rest(), book.locked(output, backup=backup, waiting=waiting):
        stored = snapshot.read(book)
        inputs = read(book, as_of, now.date())
        interrupts.checkpoint()
        known = Computation(inputs)
        found = findings(known)
        interrupts.checkpoint()
        found += write(book, known, found, stored, now, backfill)
        book.save(output, backup=backup)
    return replace(_report(book, known, found, start), forecast=known.forecast, prepared=known.prepared)


def check(book: Book | str | PathLike[str], as_of: date | None = None, *, now: datetime | None = None) -> Report:
    """Find the problems of a workbook as `refresh` would, and write nothing.

    Args:
        book: the workbook: its path, or what `open_book` returned.
        as_of: the day to look at it; by default its AsOf setting, or today.
        now: the local time that counts as now.

    Raises:
        BookError: the file cannot be read as a workbook.
        MissingError: a sheet, table, column or named cell is not there.
        SettingError: a setting makes no sense.
    """
    start, now, book = time.perf_counter(), now or datetime.now(), as_book(book)
    with collector_at_rest():
        known = Computation(read(book, as_of, now.date()))
        return _report(book, known, findings(known), start)


def write(
    book: Book, known: Computation, found: Sequence[Problem], stored: Stored | None, now: datetime, backfill: int
) -> list[Problem]:
    """Write what refresh owns, sheet by sheet; return a notice for each sheet that is not there any more.

    Args:
        book: where to.
        known: what was computed.
        found: every problem and notice so far.
        stored: what the last refresh stored.
        now: the local time.
        backfill: for how many month ends History is filled.
    """
    inputs, people, today = known.inputs, known.clients, now.date()
    as_of, summary = inputs.as_of, known.summary
    clients.fill(book, inputs.clients, people, inputs.actions.rows, inputs.actions.by_client)
    actions.fill(book, inputs.actions, known.folded.results)
    earlier = compared_with(book, known, stored)
    if book.has_table(history.TABLE.name):
        past = {day: known.summary_on(day) for day in history.month_ends(as_of, backfill)}
        history.fill(book, past | {as_of: summary}, today)
    snapshot.fill(book, summary, people, as_of, now, earlier, known.forecast)
    if book.has_sheet(movements.SHEET):
        movements.fill(book, known.moved_since(earlier) if earlier else None)
    if book.has_sheet(outlook.SHEET):
        outlook.fill(book, summary, known.outlook())
    if book.has_sheet(forecast.SHEET):
        forecast.fill(book, known.forecast, known.prepared)
    notices = [_gone(each, "sheet") for each in _PAGES if not book.has_sheet(each)]
    notices += [_gone(each, "table") for each in _TABLES if not book.has_table(each)]
    notices += _stale_formulas(book)
    everything = [*found, *notices]
    if book.has_table(problems.TABLE.name):
        problems.fill(book, everything)
    page = portfolio.Page(
        company=inputs.settings.company,
        currency=inputs.settings.currency,
        as_of=as_of,
        hint=hint(as_of, inputs.settings.as_of, today),
        problems=count(everything, Kind.PROBLEM),
        notices=count(everything, Kind.NOTICE),
        now=now.replace(second=0, microsecond=0),
    )
    portfolio.fill(book, summary, people, page)
    return notices


_PAGES = (portfolio.SHEET, movements.SHEET, outlook.SHEET, forecast.SHEET, snapshot.SHEET)
_TABLES = (history.TABLE.name, problems.TABLE.name)
"""What only refresh writes; where it is gone there is a notice."""


def _gone(name: str, what: str) -> Problem:
    return about_sheet(
        Code.MISSING_SHEET,
        name,
        f"The {what} {name} is not in the workbook.",
        "It was not written. To have it back, copy it from a workbook made with kopilot-xl new.",
    )


def _stale_formulas(book: Book) -> list[Problem]:
    """A notice about the user's own formulas that read what refresh wrote: they show the old result until then."""
    own = f"{problems.TABLE.name}!"  # its links are written after this
    places = [each for each in book.formulas_mentioning(_written_names()) if not each.startswith(own)]
    if not places:
        return []
    shown = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
    return [
        about_sheet(
            Code.STALE_FORMULAS,
            places[0].rpartition("!")[0].strip("'"),
            f"Formulas of your own mention what refresh writes ({shown}).",
            "They keep their old result until Excel recalculates: press Ctrl+Alt+F9 there.",
        )
    ]


def _written_names() -> list[str]:
    """What a formula mentions that reads cells refresh writes."""
    columns = [f"[{each.header}]" for each in clients.TABLE.columns if each.written]
    columns += [f"{actions.TABLE.name}[{each.header}]" for each in actions.TABLE.columns if each.written]
    tables = [f"{each.name}[" for each in (history.TABLE, problems.TABLE)]
    pages = [f"{each}!" for each in (clients.TABLE.name, portfolio.SHEET, forecast.SHEET)]
    functions = [formula[1 : formula.index("(") + 1] for formula, _ in guide.FORMULAS]
    return [*columns, *tables, *pages, *functions]

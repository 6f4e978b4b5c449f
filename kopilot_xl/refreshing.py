"""The one use case: read a book, compute where each client stands, write it back."""

from __future__ import annotations

import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from os import PathLike

from kopilot_xl.book import Book
from kopilot_xl.domain.actions import Dossier, Folded, Outcome, Transaction, fold
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY, CutOffs
from kopilot_xl.errors import SettingError
from kopilot_xl.sheets import actions, clients, guide, history, portfolio, problems, settings, snapshot, transactions
from kopilot_xl.sheets.findings import Kind, Problem, count, notice


@dataclass(frozen=True)
class Inputs:
    """What stands in a book, read into typed rows. `as_of` is the day to look at it."""

    settings: settings.Settings
    as_of: date
    clients: clients.ClientRows
    transactions: transactions.TransactionRows
    actions: actions.ActionRows


@dataclass(frozen=True)
class Report:
    """What a refresh, or a check, found.

    Attributes:
        book: the workbook's name.
        as_of: the day it was looked at.
        summary: the portfolio in figures.
        clients: every client, in the order of the Clients table.
        actions: how many rows of the log came to each outcome.
        problems: every problem and notice.
        currency: the currency of all amounts, blank if none is set.
        seconds: how long it took.
    """

    book: str
    as_of: date
    summary: Summary
    clients: Sequence[Client]
    actions: Mapping[Outcome, int]
    problems: Sequence[Problem]
    currency: str
    seconds: float

    def count(self, kind: Kind) -> int:
        """Return how many problems, or notices, were found."""
        return count(self.problems, kind)


def refresh(
    book: Book,
    as_of: date | None = None,
    *,
    output: str | PathLike[str] | None = None,
    backup: bool = False,
    now: datetime | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Report:
    """Recompute the segments and the sheets refresh writes, and save the book.

    Two refreshes of one file come one after the other: the second waits, and reads what the first wrote.

    Args:
        book: the workbook, from `open_book`.
        as_of: the day to look at it; by default its AsOf setting, or today.
        output: where to save it; by default where it came from.
        backup: keep the version that is replaced beside it, as `Portfolio.xlsm.kopilot-backup`; the backup made
            before is replaced.
        now: the local time that counts as now.
        waiting: called with a line to show, if another refresh of the same file has to finish first.

    Returns:
        What was found and computed.

    Raises:
        KopilotError: the book cannot be refreshed or saved; the text says why and what to do. Nothing was changed.
    """
    start, now = time.perf_counter(), now or datetime.now()
    with _collector_at_rest(), book.reserved(output, backup=backup, waiting=waiting):
        inputs = read(book, as_of, now.date())
        folded = fold_actions(inputs)
        people = client_states(inputs, folded)
        summary = Summary.of(people, inputs.settings.rules)
        found = findings(inputs, folded, people)
        found += write(book, inputs, folded, people, summary, found, now)
        book.save(output, backup=backup)
    return _report(book, inputs, folded, people, summary, found, start)


def check(book: Book, as_of: date | None = None, *, now: datetime | None = None) -> Report:
    """Find the problems of a book as `refresh` would, and write nothing.

    Raises:
        KopilotError: the book cannot be read; the text says why and what to do.
    """
    start, now = time.perf_counter(), now or datetime.now()
    inputs = read(book, as_of, now.date())
    folded = fold_actions(inputs)
    people = client_states(inputs, folded)
    summary = Summary.of(people, inputs.settings.rules)
    return _report(book, inputs, folded, people, summary, findings(inputs, folded, people), start)


def read(book: Book, as_of: date | None, today: date) -> Inputs:
    """Read the tables the user keeps, and the settings.

    Raises:
        MissingError: a table, a column or a named cell is not there.
        SettingError: a setting makes no sense.
    """
    chosen = settings.read(book)
    day, order = as_of or chosen.as_of or today, chosen.date_order
    if not FIRST_DAY <= day <= LAST_DAY:
        raise SettingError(f"{book.name}: the as-of date must lie between {FIRST_DAY} and {LAST_DAY}, not on {day}.")
    people = clients.read(clients.TABLE.of(book), day, order)
    return Inputs(
        settings=chosen,
        as_of=day,
        clients=people,
        transactions=transactions.read(transactions.TABLE.of(book), set(people.keys), order),
        actions=actions.read(actions.TABLE.of(book), order),
    )


def fold_actions(inputs: Inputs) -> Folded:
    """Fold the action log over the transactions of the clients it names."""
    named = {entry.client for entry in inputs.actions.entries}
    rows: dict[str, list[Transaction]] = defaultdict(list)
    if named:
        table = inputs.transactions
        for key, day, amount, status in zip(table.clients, table.days, table.amounts, table.statuses, strict=True):
            if key in named:
                rows[key].append(Transaction(day, amount, status))
    dossiers = {
        key: Dossier(created, rows.get(key, ()))
        for key, created in zip(inputs.clients.keys, inputs.clients.created, strict=True)
        if key in named
    }
    return fold(inputs.actions.entries, dossiers, inputs.as_of, inputs.settings.rules)


def client_states(inputs: Inputs, folded: Folded) -> list[Client]:
    """Return where each client stands, the log's plans and marks included."""
    import polars

    from kopilot_xl.domain.activity import Status, client_activity

    people, rows, plans = inputs.clients, inputs.transactions, folded.plans
    frame = client_activity(
        polars.DataFrame(
            {
                "client": people.keys,
                "created_on": people.created,
                "mark": [folded.marks.get(key) for key in people.keys],
            },
            schema={"client": polars.String, "created_on": polars.Date, "mark": polars.String},
        ),
        polars.DataFrame(
            {
                "client": rows.clients + [each.client for each in plans],
                "issue_date": rows.days + [each.issue_date for each in plans],
                "amount": rows.amounts + [each.amount for each in plans],
                "status": [each.value for each in rows.statuses] + [Status.PLANNED.value] * len(plans),
            },
            schema={
                "client": polars.String,
                "issue_date": polars.Date,
                "amount": polars.Float64,
                "status": polars.String,
            },
        ),
        inputs.as_of,
        inputs.settings.rules,
    )
    return clients.states(people, frame)


def findings(inputs: Inputs, folded: Folded, people: Sequence[Client]) -> list[Problem]:
    """Return every problem and notice, sheet by sheet, in the order of the rows."""
    cut = CutOffs.at(inputs.as_of, inputs.settings.rules)
    transactions.plan_notices(inputs.transactions, cut)
    actions.notices(inputs.actions, folded.verdicts)
    clients.negative_values(inputs.clients, people)
    groups = (inputs.clients.problems, inputs.transactions.problems, inputs.actions.problems)
    return [each for group in groups for each in sorted(group, key=lambda found: found.row or 0)]


def write(
    book: Book,
    inputs: Inputs,
    folded: Folded,
    people: Sequence[Client],
    summary: Summary,
    found: Sequence[Problem],
    now: datetime,
) -> list[Problem]:
    """Write what refresh owns, sheet by sheet; return a notice for each sheet that is not there any more."""
    today, as_of = now.date(), inputs.as_of
    clients.fill(book, inputs.clients, people)
    actions.fill(book, inputs.actions, folded.verdicts)
    notices = []
    if book.has_table(history.TABLE.name):
        history.fill(book, summary, as_of, today)
    else:
        notices.append(_gone(history.TABLE.name, "table"))
    if not snapshot.fill(book, summary, people, as_of, now):
        notices.append(_gone(snapshot.SHEET, "sheet"))
    if not book.has_sheet(portfolio.SHEET):
        notices.append(_gone(portfolio.SHEET, "sheet"))
    if not book.has_table(problems.TABLE.name):
        notices.append(_gone(problems.TABLE.name, "table"))
    notices += _stale_formulas(book)
    everything = [*found, *notices]
    if book.has_table(problems.TABLE.name):
        problems.fill(book, everything)
    page = portfolio.Page(
        company=inputs.settings.company,
        currency=inputs.settings.currency,
        as_of=as_of,
        hint=_hint(as_of, inputs.settings.as_of, today),
        problems=count(everything, Kind.PROBLEM),
        notices=count(everything, Kind.NOTICE),
        now=now.replace(second=0, microsecond=0),
    )
    portfolio.fill(book, summary, people, page)
    return notices


def _gone(name: str, what: str) -> Problem:
    return notice(
        name,
        f"The {what} {name} is not in the workbook.",
        "It was not written. To have it back, copy it from a workbook made with kopilot-xl new.",
    )


def _stale_formulas(book: Book) -> list[Problem]:
    """A notice about the user's own formulas that read what refresh wrote: they show the old result until then."""
    places = book.formulas_mentioning(_written_names())
    if not places:
        return []
    shown = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
    return [
        notice(
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
    pages = [f"{each}!" for each in (clients.TABLE.name, portfolio.SHEET)]
    functions = [formula[1 : formula.index("(") + 1] for formula, _ in guide.FORMULAS]
    return [*columns, *tables, *pages, *functions]


def _hint(as_of: date, setting: date | None, today: date) -> str:
    if as_of in {setting, today}:
        return ""
    if as_of < today:
        return "A look back: not today, and not the As-of date of Settings."
    return "A look ahead, if nobody acts: not today, and not the As-of date of Settings."


def _report(
    book: Book,
    inputs: Inputs,
    folded: Folded,
    people: Sequence[Client],
    summary: Summary,
    found: Sequence[Problem],
    start: float,
) -> Report:
    outcomes = Counter(each.outcome for each in folded.verdicts)
    return Report(
        book=book.name,
        as_of=inputs.as_of,
        summary=summary,
        clients=people,
        actions={each: outcomes[each] for each in Outcome},
        problems=found,
        currency=inputs.settings.currency,
        seconds=time.perf_counter() - start,
    )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking millions of cells that are all still needed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

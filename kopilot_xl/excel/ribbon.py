"""What the ribbon's buttons run. Each function returns the one message to show, and never raises.

On Windows the buttons call them through the xlwings add-in with arguments. On a Mac, where nothing can be returned,
they run `on_mac`, which takes the selection itself and hands the message to a macro of the workbook.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlwings as xw

from kopilot_xl._version import __version__
from kopilot_xl.domain import formatting
from kopilot_xl.domain.actions import ActionStatus, LoggedAction
from kopilot_xl.domain.ids import client_key
from kopilot_xl.domain.segments import Action
from kopilot_xl.errors import KopilotError
from kopilot_xl.excel import export_files
from kopilot_xl.excel.setup import Machine, missing
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.texts import t, tn
from kopilot_xl.usecases.calculation import replay_log
from kopilot_xl.usecases.inputs import read
from kopilot_xl.usecases.refresh import check, refresh
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.update.in_excel import update_open
from kopilot_xl.usecases.update.update import knows_sources
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.live.excel_values import cell_value
from kopilot_xl.workbook.sheets import actions as log
from kopilot_xl.workbook.sheets import clients as people
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_amount, read_date, shown
from kopilot_xl.workbook.tables.problems import Kind

AFTER = "KopilotAfterPython"
"""The macro of the workbook that gets the message, its only argument, where Python cannot return it."""

DEBUG = "KOPILOT_XL_DEBUG"
"""The environment variable that adds the place of a defect to its message."""

LOG = "kopilot-xl-error.txt"
"""The file in the folder for temporary files that then says where the defect is: a message box has no room for it."""

_LONGEST = 1000
"""How many characters of a message Excel shows: a message box cuts off what goes beyond 1,024."""

_NAMED = 8
"""How many clients a message names."""


class _RefusedError(KopilotError):
    """An action cannot be recorded. Nothing was written."""


def _with_message(work: Callable[..., str]) -> Callable[..., str]:
    """Return the same function, which returns what went wrong as a message instead of raising."""

    @functools.wraps(work)
    def guarded(*arguments: Any) -> str:
        try:
            message = work(*arguments)
        except Exception as error:
            message = _reason(error)
        return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 2].rpartition(' ')[0]} …"

    return guarded


def _reason(error: Exception) -> str:
    if isinstance(error, (KopilotError, UnreadableError)):
        return str(error)
    message = t(
        "This is a defect, please report it: {kind}: {error} (Kopilot XL {version}). If "
        "cells changed, close the workbook without saving it.",
        kind=type(error).__name__,
        error=error,
        version=__version__,
    )
    if os.environ.get(DEBUG):
        log = Path(tempfile.gettempdir(), LOG)
        try:
            log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            message += "\n" + t("Where it happened: {path}", path=log)
        except OSError:
            message += "\n" + traceback.format_exception(error)[-2].strip()
    return message


@xw.script
@_with_message
def refresh_portfolio(as_of: Any = None) -> str:
    """Recompute the open workbook, and return its shape in a sentence.

    Args:
        as_of: the day to look at it, as a date, a serial number or a text; blank: its AsOf setting, or today.

    Returns:
        The shape in a sentence, the data problems, and what hinders saving; or why nothing was done.
    """
    book = _caller()
    return _refreshed(refresh(book, _day(as_of, None)), book)


def _refreshed(report: RefreshResult, book: LiveBook) -> str:
    summary, problems = report.summary, report.count(Kind.PROBLEM)
    sentences = [
        t(
            "{shape}, as of {day}: {clients} in the portfolio. {words}",
            shape=summary.shape.value,
            day=formatting.day(report.as_of),
            clients=tn("{count:,} client", "{count:,} clients", summary.size),
            words=summary.words,
        )
    ]
    if problems:
        sentences.append(
            tn(
                "{count:,} data problem to look at on the sheet Problems.",
                "{count:,} data problems to look at on the sheet Problems.",
                problems,
            )
        )
    return " ".join([*sentences, *_cannot_be_saved(book)])


def _cannot_be_saved(book: LiveBook) -> Iterator[str]:
    if book.is_read_only:
        yield t("The workbook is open read-only: to keep this, save it under another name (F12).")


@xw.script
@xw.arg("invoices", convert="raw")
@xw.arg("clients", convert="raw")
@_with_message
def update_from_export(invoices: Any = None, clients: Any = None) -> str:
    """Bring the next export into the open workbook, and refresh it.

    Nothing is changed if the files leave a doubt or cannot be read.

    Args:
        invoices: the paths of the exported invoices, one or an array; e-invoices are told by their endings.
        clients: those of the list of clients. Without any path, the files that the workbook remembers are read.

    Returns:
        What came and the portfolio's shape; or why nothing was done. Blank if no path was given and the workbook
        remembers no files: then they are to be asked for.
    """
    book = _caller()
    named = export_files.by_kind(_flat(invoices), _flat(clients))
    if not named:
        with book.locked():
            if not knows_sources(book):
                return ""
    try:
        made = update_open(book, named)
    except QuestionError as doubt:
        raise KopilotError(
            t(
                "{doubt} Nothing was changed. Save and close the workbook, and bring the export in with that option in "
                "a terminal: kopilot-xl update. It is remembered: from then on this button does it.",
                doubt=doubt,
            )
        ) from doubt
    assert made.result is not None  # noqa: S101 - it was refreshed
    return " ".join([*export_files.sentences(made), _refreshed(made.result, book)])


@xw.script
@xw.arg("client_ids", convert="raw")
@_with_message
def record(action: Any, client_ids: Any, issue_date: Any = None, amount: Any = None, note: Any = None) -> str:
    """Append an action for each of some clients to the sheet Actions, recorded today.

    The domain judges all of them first. If it refuses one, nothing is written at all.

    Args:
        action: one of Plan revenue, Mark lost, Mark canceled, Reactivate.
        client_ids: one id or an array of ids; each client counts once.
        issue_date: for Plan revenue the day the invoice is planned for.
        amount: for Plan revenue what is expected, for each client.
        note: anything worth remembering.

    Returns:
        What was recorded, and for whom; or why nothing was.
    """
    book = _caller()
    return _recorded(book, action, _flat(client_ids), issue_date, amount, note)


def _recorded(book: LiveBook, action: Any, client_ids: Sequence[Value], due: Any, amount: Any, note: Any) -> str:
    today = date.today()
    what = log.read_action(cell_value(action))
    if what is None:
        raise _RefusedError(t("Nothing was recorded: choose {actions}.", actions=", ".join(Action)))
    keys = list(dict.fromkeys(key for value in client_ids if (key := client_key(value)) is not None))
    if not keys:
        raise _RefusedError(
            t("Nothing was recorded: no client is selected. Select cells in rows of the sheet Clients, then try again.")
        )
    planning = what is Action.PLAN_REVENUE
    with book.locked():
        inputs = read(book, today, today)
        order = inputs.settings.date_order
        day = _day(due, order) if planning else None
        expected = read_amount(cell_value(amount)) if planning else None
        first = inputs.actions.rows.data.row_number(len(inputs.actions.rows.data.rows))
        entries = [
            LoggedAction(first + at, None if day is None and planning else _moment(today), key, what, day, expected)
            for at, key in enumerate(keys)
        ]
        if planning and day is None:
            raise _RefusedError(t("Nothing was recorded: write the day the invoice is planned for, as in 2026-04-03."))
        judged = replace(inputs, actions=replace(inputs.actions, entries=[*inputs.actions.entries, *entries]))
        verdicts = replay_log(judged, judged.as_of).results[len(inputs.actions.entries) :]
        names = _names(inputs, keys)
        refused = [
            f"{name}: {verdict.detail}"
            for name, verdict in zip(names, verdicts, strict=True)
            if verdict.status is ActionStatus.REJECTED
        ]
        if refused:
            raise _RefusedError(t("Nothing was recorded. {refused}", refused=_several(refused, " ")))
        ids = _written_ids(inputs, keys)
        count = len(keys)
        row = book.append_rows(
            log.TABLE.name,
            {
                log.RECORDED_ON.header: [today] * count,
                log.CLIENT_ID.header: ids,
                log.ACTION.header: [what.value] * count,
                log.ISSUE_DATE.header: [day] * count,
                log.AMOUNT.header: [expected] * count,
                log.NOTE.header: [None if is_blank(cell_value(note)) else shown(cell_value(note))] * count,
            },
        )
        book.save()
    where = t("row {row}", row=row) if count == 1 else t("rows {row} to {last}", row=row, last=row + count - 1)
    planned = (
        t(", {amount} on {day}", amount=formatting.amount(expected), day=formatting.day(day))
        if day and expected
        else ""
    )
    details = dict.fromkeys(result.detail for result in verdicts if result.detail)
    sentences = [
        t(
            "{action}{planned}, for {clients}: {names}. It is on the sheet {table}, {where}; "
            "delete it there to undo it.",
            action=what.value,
            planned=planned,
            clients=tn("{count:,} client", "{count:,} clients", count),
            names=_several(names, ", "),
            table=log.TABLE.name,
            where=where,
        ),
        *details,
        t("Refresh the portfolio to see its effect."),
        *_cannot_be_saved(book),
    ]
    return " ".join(sentences)


def _moment(day: date) -> datetime:
    return datetime.combine(day, time.min)


def _names(inputs: Inputs, keys: Sequence[str]) -> list[str]:
    """What to call the clients by: their ids as written, with their names."""
    rows = inputs.clients
    known = {
        key: f"{name} ({shown})" if name and name != shown else shown
        for key, shown, name in zip(rows.keys, rows.ids, rows.names, strict=True)
    }
    return [known.get(key, key) for key in keys]


def _written_ids(inputs: Inputs, keys: Sequence[str]) -> list[Value]:
    """The ids as the sheet Clients has them: a number stays one."""
    rows = inputs.clients
    ids = rows.rows.values(people.CLIENT_ID)
    known = {key: ids[position] for key, position in zip(rows.keys, rows.positions, strict=True)}
    return [value.strip() if isinstance(value := known[key], str) else value for key in keys]


def _several(texts: Sequence[str], between: str) -> str:
    """Some texts, the first of them if there are many."""
    more = len(texts) - _NAMED
    shown = between.join(texts[:_NAMED])
    return shown + between + t("and {count:,} more", count=more) if more > 0 else shown


@xw.script
@_with_message
def problems() -> str:
    """Tell the data problems of the open workbook as a refresh would find them now, and write nothing."""
    book = _caller()
    with book.locked():
        report = check(book)
    found = [str(problem) for problem in report.problems if problem.kind is Kind.PROBLEM]
    notices = report.count(Kind.NOTICE)
    counts = tn("{count:,} data problem", "{count:,} data problems", len(found)) if found else t("No data problems")
    if notices:
        counts += t(" and ") + tn("{count:,} notice", "{count:,} notices", notices)
    return "\n".join(
        [
            f"{counts}.",
            *found[:_NAMED],
            *([t("… and {count:,} more.", count=len(found) - _NAMED)] if found[_NAMED:] else []),
        ]
    )


@xw.script
@_with_message
def connection() -> str:
    """Tell that Python answers: the versions, the interpreter, and what is missing in the installation."""
    lines = [
        t(
            "Python answers. Kopilot XL {version}, xlwings {xlwings}, Python {python}.",
            version=__version__,
            xlwings=xw.__version__,
            python=platform.python_version(),
        ),
        f"Interpreter: {sys.executable}",
    ]
    found = missing(Machine.here())
    return "\n".join([*lines, *(f"Missing: {line}" for line in found)])


# on a Mac


def on_mac(button: str, *arguments: Any) -> None:
    """Run a button where nothing can be returned: the message goes to the macro `KopilotAfterPython`.

    Args:
        button: `refresh_portfolio`, `record`, `problems` or `connection`.
        arguments: what it takes; `record` takes the selected clients by itself, so that they are left out.
    """
    book = xw.Book.caller()
    if button == "record":
        message = _record_selected(book, *arguments)
    else:
        message = {"refresh_portfolio": refresh_portfolio, "problems": problems, "connection": connection}[button](
            *arguments
        )
    book.macro(AFTER)(message)


@_with_message
def _record_selected(book: xw.Book, action: Any, issue_date: Any = None, amount: Any = None, note: Any = None) -> str:
    live = LiveBook(book)
    return _recorded(live, action, selected_clients(book), issue_date, amount, note)


def selected_clients(book: xw.Book) -> list[Value]:
    """Return the ids of the clients in the rows that are selected in the table Clients and not hidden.

    Raises:
        KopilotError: the selection is not in that table.
    """
    live = LiveBook(book)
    data = live.table(people.TABLE.name)
    selection: Any = book.app.selection
    at = next((index for index, header in enumerate(data.headers) if header.strip() == people.CLIENT_ID.header), None)
    if selection is None or selection.sheet.name != data.sheet or at is None:
        raise _RefusedError(
            t(
                "Nothing was recorded: select the clients on the sheet {sheet}, then click the button again.",
                sheet=data.sheet,
            )
        )
    first = max(selection.row, data.header_row + 1)
    last = min(selection.row + selection.shape[0] - 1, data.header_row + len(data.rows))
    visible = _visible(selection.sheet, first, last)
    ids = [data.rows[row - data.header_row - 1][at] for row in visible]
    return [cell for cell in ids if not is_blank(cell)]


def _visible(sheet: Any, first: int, last: int) -> list[int]:
    """The rows that are not hidden: as few questions as it takes, since Excel answers one for many equal rows."""
    if first > last:
        return []
    height = sheet.range((first, 1), (last, 1)).row_height
    if height is not None:
        return list(range(first, last + 1)) if height else []
    middle = (first + last) // 2
    return _visible(sheet, first, middle) + _visible(sheet, middle + 1, last)


# what Excel hands over


def _caller() -> LiveBook:
    return LiveBook(xw.Book.caller())


def _flat(given: Any) -> list[Value]:
    """Every cell of an array of any shape, or the one value."""

    def cells(value: Any) -> Iterator[Any]:
        if isinstance(value, (list, tuple)):
            for cell in value:
                yield from cells(cell)
        else:
            yield value

    values: Iterable[Value] = map(cell_value, cells(given))
    return [value for value in values if not is_blank(value) and not isinstance(value, ErrorValue)]


def _day(given: Any, order: DateOrder | None) -> date | None:
    """A date that was typed or handed over; None for a blank one.

    Raises:
        UnreadableError: it is none.
    """
    values = _flat(given)
    return read_date(values[0], order) if values else None

"""Take up what was decided in "Do next": into the log what it accepts, with a reason what it would reject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.usecases.calculation import replay_log
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import decisions
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.sheets.decisions import Entry


def judged(inputs: Inputs, now: datetime) -> Inputs:
    """Return the inputs with a reason beside each decision that the log would reject today.

    Each is judged as if it were recorded now; those of other clients do not matter to it.
    """
    ready = [entry for entry in inputs.waiting if not entry.reason]
    if not ready:
        return inputs
    tried = _with(inputs, ready, now)
    results = replay_log(tried, now.date()).results[-len(ready) :]
    rejected = {
        id(entry): entry.rejected(result.detail)
        for entry, result in zip(ready, results, strict=True)
        if result.status is ActionStatus.REJECTED
    }
    return replace(inputs, waiting=[rejected.get(id(entry), entry) for entry in inputs.waiting])


def taken(book: Book, inputs: Inputs, now: datetime) -> Inputs:
    """Make the decisions without a reason against them the last rows of the log, in the book and in the inputs.

    Args:
        book: the workbook; its rows are written when it is saved.
        inputs: what was read from it, its decisions judged.
        now: the local time, when they count as recorded.

    Raises:
        SaveError: there is no room for them in Actions.
    """
    ready = [entry for entry in inputs.waiting if not entry.reason]
    if not ready:
        return inputs
    book.append_rows(inputs.actions.rows.data.name, decisions.recorded(ready, now, inputs.clients))
    return replace(_with(inputs, ready, now), waiting=[entry for entry in inputs.waiting if entry.reason])


def _with(inputs: Inputs, entries: Sequence[Entry], now: datetime) -> Inputs:
    """The inputs with some decisions as the last rows of the log."""
    rows, directory = decisions.recorded(entries, now, inputs.clients), inputs.clients.directory
    log = inputs.actions.with_rows(rows, inputs.settings.date_order, inputs.today, directory)
    return replace(inputs, actions=log)

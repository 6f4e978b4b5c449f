"""What is noticed while a book is calculated: problems and notices, and the day to compare with."""

from __future__ import annotations

from datetime import date

from kopilot_xl.domain.movements import Baseline
from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.usecases import seasonal_model
from kopilot_xl.usecases.calculation import Computation
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import (
    actions,
    clients,
    history,
    settings,
    transactions,
)
from kopilot_xl.workbook.sheets.snapshot import Stored
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet


def findings(known: Computation) -> list[Problem]:
    """Return every problem and notice, sheet by sheet, in the order of the rows."""
    inputs = known.inputs
    cut = CutOffs.at(inputs.as_of, inputs.settings.rules)
    groups = (
        [*inputs.clients.problems, *clients.negative_values(inputs.clients, known.clients)],
        [*inputs.transactions.problems, *transactions.plan_notices(inputs.transactions, cut)],
        actions.notices(inputs.actions, known.folded.results),
    )
    return [each for group in groups for each in sorted(group, key=lambda found: found.row or 0)] + _not_fitted(known)


def _not_fitted(known: Computation) -> list[Problem]:
    """A notice if the seasonal model is wanted, but its library is not installed."""
    if not known.inputs.settings.seasonal_model or known.models:
        return []
    wrong = f"{settings.SEASONAL_MODEL.label} is On, but the forecast was made without it."
    return [about_sheet(Code.MODEL_NOT_INSTALLED, settings.SHEET, wrong, seasonal_model.NOT_INSTALLED)]


def compared_with(book: Book, known: Computation, stored: Stored | None) -> Baseline | None:
    """Return the day to compare with: what the refresh before this as-of date stored, else the date before in History.

    What was stored is what was true then; a date of History alone is reconstructed from today's rows.
    """
    as_of = known.inputs.as_of
    if stored and stored.as_of < as_of:
        return Baseline(stored.as_of, stored.segments)
    if stored and stored.as_of == as_of and stored.since:
        return Baseline(stored.since, stored.before)
    since = history.previous(book, as_of)
    return known.earlier(since) if since else None


def hint(as_of: date, setting: date | None, today: date) -> str:
    """Return why the as-of date stands out, blank if it does not."""
    if as_of in {setting, today}:
        return ""
    if as_of < today:
        return "A look back: not today, and not the As-of date of Settings."
    return "A look ahead, if nobody acts: not today, and not the As-of date of Settings."

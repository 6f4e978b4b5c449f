"""Read what a calculation needs from a workbook."""

from __future__ import annotations

from datetime import date

from kopilot_xl.domain.movements import Baseline
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import history, snapshot
from kopilot_xl.workbook.sheets.reading import read

__all__ = ["read", "read_baseline"]


def read_baseline(book: Book, as_of: date) -> Baseline | date | None:
    """Return the earlier day to compare with: what the refresh before stored, else the day before in History.

    What was stored is what was true then; a day of History alone is yet to be reconstructed from today's rows. None if
    there is neither.
    """
    stored = snapshot.read(book)
    if stored and stored.as_of < as_of:
        return Baseline(stored.as_of, stored.segments)
    if stored and stored.as_of == as_of and stored.since:
        return Baseline(stored.since, stored.before)
    return history.previous(book, as_of)

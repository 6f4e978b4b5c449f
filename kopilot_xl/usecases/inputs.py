"""Read what a calculation needs from a workbook."""

from __future__ import annotations

from datetime import date

from kopilot_xl.domain.movements import Baseline
from kopilot_xl.usecases.load import check_load_of
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import history, reading, snapshot
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Problem
from kopilot_xl.workbook.tables.table import TableRows

__all__ = ["read", "read_baseline"]


def read(book: Book, as_of: date | None, today: date) -> Inputs:
    """Read the tables the user keeps, and the settings, as `workbook.sheets.reading.read` does.

    In a workbook that was adopted, the clients and the transactions are in tables of its owner's.

    Raises:
        BookError: it is not a Kopilot workbook, or has more rows than a file of its size should.
        MissingError: a table, a column or a named cell is not there.
        SettingError: a setting makes no sense, or the day is out of range.
    """
    inputs = reading.read(book, as_of, today, _adopted)
    check_load_of(book, inputs)
    return inputs


def _adopted(book: Book, order: DateOrder | None, today: date) -> tuple[TableRows, TableRows, list[Problem]] | None:
    from kopilot_xl.importing.adopted import tables  # which is needed in few workbooks

    return tables(book, order, today)


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

"""Read the tables that the user keeps in a workbook, and the settings."""

from __future__ import annotations

from datetime import date

from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY
from kopilot_xl.errors import BookError, MissingError, SettingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import actions, clients, settings, sources, transactions
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.tables.joining import join

_OWNED = (clients.TABLE, transactions.TABLE, actions.TABLE)
"""The tables that the user fills."""


def read(book: Book, as_of: date | None, today: date) -> Inputs:
    """Read the tables the user keeps, and the settings.

    Args:
        book: the workbook.
        as_of: the day to look at it; by default its AsOf setting, or today.
        today: what counts as today.

    Raises:
        MissingError: a table, a column or a named cell is not there.
        SettingError: a setting makes no sense, or the day is out of range.
        BookError: it is not a Kopilot workbook at all.
    """
    try:
        return _read(book, as_of, today)
    except MissingError as error:
        if is_kopilot_book(book):
            raise
        raise BookError(
            t(
                "{book} is not a Kopilot workbook. Make one of its clients and invoices with kopilot-xl new "
                'Portfolio.xlsm --clients "{book}#Sheet" --transactions "{book}#Sheet".',
                book=book.name,
            )
        ) from error


def _read(book: Book, as_of: date | None, today: date) -> Inputs:
    outside = [problem for table in _OWNED for problem in join(book, table)]
    chosen = settings.read(book)
    day, order = as_of or chosen.as_of or today, chosen.date_order
    if not FIRST_DAY <= day <= LAST_DAY:
        raise SettingError(
            t(
                "{book}: the as-of date must lie between {first_day} and {last_day}, not on {day}.",
                book=book.name,
                first_day=FIRST_DAY,
                last_day=LAST_DAY,
                day=day,
            )
        )
    people = clients.read(clients.TABLE.of(book), day, order)
    return Inputs(
        settings=chosen,
        as_of=day,
        clients=people,
        transactions=transactions.read(transactions.TABLE.of(book), set(people.keys), order),
        actions=actions.read(actions.TABLE.of(book), order, today, people.directory),
        today=today,
        outside=outside,
        imports=sources.findings(book),
    )

"""Read the tables that the user keeps in a workbook, and the settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY
from kopilot_xl.errors import BookError, MissingError, SettingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import actions, clients, decisions, own_tables, settings, sources, transactions
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.tables.joining import join
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Problem
from kopilot_xl.workbook.tables.table import TableRows

Adopted = Callable[[Book, DateOrder | None, date], "tuple[TableRows, TableRows, list[Problem]] | None"]
"""Returns the clients and transactions of a workbook that keeps them in tables of its owner's; None of any other."""


def read(book: Book, as_of: date | None, today: date, adopted: Adopted | None = None) -> Inputs:
    """Read the tables the user keeps, and the settings.

    Args:
        book: the workbook.
        as_of: the day to look at it; by default its AsOf setting, or today.
        today: what counts as today.
        adopted: reads the clients and transactions of a workbook that has none of our own tables for them.

    Raises:
        MissingError: a table, a column or a named cell is not there.
        SettingError: a setting makes no sense, or the day is out of range.
        BookError: it is not a Kopilot workbook at all.
    """
    try:
        return _read(book, as_of, today, adopted)
    except MissingError as error:
        if is_kopilot_book(book):
            raise
        raise BookError(
            t(
                "{book} is not a Kopilot workbook. Make it one, where its clients and invoices are, with "
                'kopilot-xl adopt "{book}".',
                book=book.name,
            )
        ) from error


def _read(book: Book, as_of: date | None, today: date, adopted: Adopted | None) -> Inputs:
    elsewhere = adopted if own_tables.read(book) is not None else None
    ours = (actions.TABLE,) if elsewhere else (clients.TABLE, transactions.TABLE, actions.TABLE)
    outside = [problem for table in ours for problem in join(book, table)]
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
    if elsewhere and (found := elsewhere(book, order, today)):
        client_rows, rows, more = found
        outside += more
    else:
        client_rows, rows = clients.TABLE.of(book), transactions.TABLE.of(book)
    people = clients.read(client_rows, day, order)
    return Inputs(
        settings=chosen,
        as_of=day,
        clients=people,
        transactions=transactions.read(rows, set(people.keys), order),
        actions=actions.read(actions.TABLE.of(book), order, today, people.directory),
        today=today,
        outside=outside,
        imports=sources.findings(book),
        waiting=decisions.read(book, order, people.directory),
    )

"""What stands in a book, read into typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY
from kopilot_xl.errors import MissingError, SettingError
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import actions, clients, settings, snapshot, transactions


@dataclass(frozen=True)
class Inputs:
    """What stands in a book, read into typed rows. `as_of` is the day to look at it."""

    settings: settings.Settings
    as_of: date
    clients: clients.ClientRows
    transactions: transactions.TransactionRows
    actions: actions.ActionRows


def is_ours(book: Book) -> bool:
    """Tell whether a book is a Kopilot workbook: it has the hidden sheet of the refreshes, or a rule of Settings."""
    return book.has_sheet(snapshot.SHEET) or any(_has_name(book, each.name) for each in settings.NUMBERS)


def _has_name(book: Book, name: str) -> bool:
    try:
        book.cell_address(name)
    except MissingError:
        return False
    return True


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
    log = actions.read(actions.TABLE.of(book), order)
    return Inputs(  # what may be read ahead comes last
        settings=chosen,
        as_of=day,
        clients=people,
        transactions=transactions.read(transactions.TABLE.of(book), set(people.keys), order),
        actions=log,
    )

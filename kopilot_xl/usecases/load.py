"""What a portfolio costs in memory, and how much a small file may ask for: a few bytes can name a million rows."""

from __future__ import annotations

from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets.contents import Inputs

CLIENT, TRANSACTION, ACTION, BAD_CELL = 5_000, 1_000, 7_000, 5_000
"""How many bytes a refresh takes for each, about: measured with 100,000 and more of them in one workbook."""

MAX_LOAD = 800_000_000
"""How many bytes a refresh may take for all rows of a workbook, however small its file is."""

MAX_LOAD_RATIO = 150
"""How many times the size of its file it may take, where that is more: workbooks of real clients stay far below."""


def check_load(name: object, clients: int, transactions: int, actions: int, size: int, bad: int = 0) -> None:
    """Make sure that a file does not ask for more memory than a file of its size should.

    Args:
        name: the file, for the message.
        clients: how many clients it has.
        transactions: how many transactions.
        actions: how many rows of the log.
        size: how many bytes the file has, or all files together.
        bad: how many cells are listed on Problems.

    Raises:
        BookError: it does.
    """
    load = clients * CLIENT + transactions * TRANSACTION + actions * ACTION + bad * BAD_CELL
    if load <= max(MAX_LOAD, MAX_LOAD_RATIO * size):
        return
    raise BookError(
        t(
            "{name} cannot be refreshed: {clients:,} clients, {transactions:,} transactions, {actions:,} actions "
            "and {bad:,} bad cells are more than a file of {size:,} bytes can really hold. Delete the rows that "
            "are not real, or compute the segments outside a workbook: kopilot-xl segment",
            name=name,
            clients=clients,
            transactions=transactions,
            actions=actions,
            bad=bad,
            size=size,
        )
    )


def check_load_of(book: Book, inputs: Inputs) -> None:
    """Do the same for what was read from a workbook; one that is open in Excel is in memory already.

    Raises:
        BookError: its file asks for more memory than a file of its size should.
    """
    if isinstance(book, FileBook):
        people, rows = inputs.clients, inputs.transactions
        check_load(
            book.path,
            len(people.keys),
            len(rows.positions),
            len(inputs.actions.entries),
            Path(book.path).stat().st_size,
            len(people.problems) + len(rows.problems),
        )

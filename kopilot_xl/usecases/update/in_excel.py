"""Bring the next export into a workbook that is open in Excel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kopilot_xl.errors import UsageError
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.texts import t
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.usecases.update.update import Updated, bring
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.drafts import draft_folder
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import clients, source_block, sources, transactions
from kopilot_xl.workbook.tables.table import Table, same_name


def update_open(book: LiveBook, named: Mapping[str, Sequence[str]], *, now: datetime | None = None) -> Updated:
    """Bring the next export into the open workbook, and refresh it.

    It is tried on a copy first, refresh included: what leaves a doubt or cannot be read stops before anything is
    changed. Then only the cells that differ are written. The workbook is not saved.

    Args:
        book: the workbook.
        named: the files by `sources.CLIENTS`, `TRANSACTIONS` and `INVOICES`; none: those that it remembers.
        now: the local time that counts as now.

    Raises:
        UsageError: no files are named, and the workbook remembers none, or it is not known where they are.
        KopilotError: as `update` and `refresh` raise.
    """
    folder = book.folder
    if folder is None and not named:
        raise UsageError(
            t(
                "{book} is not in a folder of this computer, from which its sources are found. Save it in one (F12), "
                "then try again.",
                book=book.name,
            ),
            "transactions",
        )
    with draft_folder() as drafts:
        copy = drafts / book.name
        with book.locked():
            book.save_copy(copy)
        made = bring(open_book(copy), folder or drafts, named, ImportChoices(), now=now)
        with book.locked():
            updated = open_book(copy)
            for table in (clients.TABLE, transactions.TABLE):
                _take_rows(book, updated, table)
            _take_sources(book, updated)
            book.save()
    return replace(made, path=Path(book.name), result=refresh(book, now=now))


def _take_rows(book: LiveBook, updated: FileBook, table: Table) -> None:
    """Write what differs in the user's columns of a table, and the rows that came."""
    ours = {same_name(column.header) for column in table.columns if column.written}
    before, after = book.table(table.name), updated.table(table.name)
    height = len(before.rows)
    positions = {same_name(header): index for index, header in reversed(list(enumerate(before.headers)))}
    added: dict[str, list[Value]] = {}
    for index, header in enumerate(after.headers):
        at = positions.get(same_name(header))
        if at is None or same_name(header) in ours:
            continue
        values = [row[index] for row in after.rows]
        changed = {row: value for row, value in enumerate(values[:height]) if not _is_same(value, before.rows[row][at])}
        if changed:
            book.write_cells(table.name, header, changed)
        if any(value is not None for value in values[height:]):
            added[header] = values[height:]
    if added:
        book.append_rows(table.name, added, start=height)


def _is_same(one: Value, other: Value) -> bool:
    return one == other or (one in (None, "") and other in (None, ""))


def _take_sources(book: LiveBook, updated: FileBook) -> None:
    """Have the open workbook remember what the copy does."""
    shown = source_block.read(updated)
    if shown is not None:
        source_block.write(book, shown)
    if updated.has_sheet(sources.SHEET):
        book.write_sheet(sources.SHEET, updated.sheet_values(sources.SHEET))

"""What a workbook remembers of an import, and what an import takes from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.einvoices.output import InvoicePair
from kopilot_xl.importing.output import Pair
from kopilot_xl.usecases.update.merging import TransactionRow
from kopilot_xl.usecases.update.rows import incoming_clients, incoming_transactions
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import sources
from kopilot_xl.workbook.sheets.sources import CLIENTS, INVOICES, TRANSACTIONS, Memory, Source, digest
from kopilot_xl.workbook.tables.parsing import DateOrder

_KEPT = ("encoding", "sheet", "currency", "year", "company")


def remember(
    book: Book,
    folder: Path,
    files: Mapping[str, Sequence[str]],
    choices: ImportChoices,
    pair: Pair,
    before: Memory | None = None,
    today: date | None = None,
) -> bool:
    """Have a workbook remember an import; False where it has no place for that.

    Args:
        book: the workbook.
        folder: where it is; paths are kept relative to it.
        files: what was named for each table.
        choices: what was settled.
        pair: what was read.
        before: what it remembers already.
        today: what counts as today.
    """
    memory = before or Memory()
    seen = memory.keys.get(INVOICES, frozenset())
    if isinstance(pair, InvoicePair):
        choices = replace(choices, company=choices.company or pair.company)
        seen |= {digest(key) for key in pair.files_read}
    day = today or date.today()
    found = dict(memory.sources)
    number = len(pair.transactions.data.rows)
    counts = {CLIENTS: len(pair.clients.data.rows), TRANSACTIONS: number, INVOICES: number}
    for table, named in files.items():
        if kept := [path for path in (_relative(name, folder) for name in named) if path]:
            found[table] = Source(kept, _as_json(choices), day, counts[table])
    keys = {
        CLIENTS: memory.keys.get(CLIENTS, frozenset()) | {digest(row.key) for row in incoming_clients(pair)},
        TRANSACTIONS: memory.keys.get(TRANSACTIONS, frozenset()) | keys_of(incoming_transactions(pair)),
        INVOICES: seen,
    }
    return sources.write(book, found, keys)


def keys_of(rows: Iterable[TransactionRow]) -> set[bytes]:
    """Return the keys by which imported transactions are known again: client and number, else client, day, amount."""
    return {digest(row.memory_key) for row in rows}


def remembered(memory: Memory | None, folder: Path) -> tuple[dict[str, list[str]], ImportChoices]:
    """Return the files that a workbook remembers for each table, and what was settled about them."""
    files: dict[str, list[str]] = {}
    choices = ImportChoices()
    for table, source in (memory.sources if memory else {}).items():
        files[table] = [os.path.join(folder, path) for path in source.files]
        choices = _merged(choices, source.choices)
    return files, choices


def over(choices: ImportChoices, given: ImportChoices) -> ImportChoices:
    """Return remembered choices with what is given now in their place."""
    return replace(
        given,
        date_order=given.date_order or choices.date_order,
        encoding=given.encoding or choices.encoding,
        columns={**choices.columns, **given.columns},
        statuses={**choices.statuses, **given.statuses},
        sheet=given.sheet or choices.sheet,
        currency=given.currency or choices.currency,
        year=given.year or choices.year,
        company=given.company or choices.company,
    )


def _as_json(choices: ImportChoices) -> dict[str, object]:
    kept: dict[str, object] = {name: value for name in _KEPT if (value := getattr(choices, name)) is not None}
    if choices.date_order:
        kept["date_order"] = choices.date_order.value
    if choices.columns:
        kept["columns"] = dict(choices.columns)
    if choices.statuses:
        kept["statuses"] = dict(choices.statuses)
    return kept


def _merged(choices: ImportChoices, kept: Mapping[str, object]) -> ImportChoices:
    """Return choices with what was kept of others; what makes no sense, for somebody wrote there, is left out."""
    found: dict[str, object] = {}
    for name in ("encoding", "sheet", "currency", "company"):
        if isinstance(kept.get(name), str):
            found[name] = kept[name]
    if isinstance(kept.get("year"), int):
        found["year"] = kept["year"]
    if kept.get("date_order") in list(DateOrder):
        found["date_order"] = DateOrder(str(kept["date_order"]))
    for name in ("columns", "statuses"):
        given = kept.get(name)
        if isinstance(given, dict):
            found[name] = {**getattr(choices, name), **{str(key): str(value) for key, value in given.items()}}
    return replace(choices, **found)  # type: ignore[arg-type]  # each was looked at


def _relative(name: str, folder: Path) -> str | None:
    """Return a path relative to a folder; None where that would name what lies above both, a home folder perhaps."""
    if "://" in name:
        return None
    path = Path(name).expanduser().absolute()
    try:
        shared = Path(os.path.commonpath([path, folder.absolute()]))
    except ValueError:
        return None  # on another drive
    if shared == Path(shared.anchor) or (shared in (Path.home(), Path.home().parent) and folder.absolute() != shared):
        return None
    return os.path.relpath(path, folder.absolute()).replace(os.sep, "/")

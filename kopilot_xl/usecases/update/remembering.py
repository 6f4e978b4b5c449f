"""What a workbook remembers of an import, and what an import takes from it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.einvoices.output import InvoicePair
from kopilot_xl.importing.output import Pair
from kopilot_xl.texts import t
from kopilot_xl.usecases import databases
from kopilot_xl.usecases.update.merging import ClientRow
from kopilot_xl.workbook.sheets.source_block import OPTIONS
from kopilot_xl.workbook.sheets.sources import CLIENTS, FILES, INVOICES, TRANSACTIONS, Memory, Remark, Source, digest
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Code

_KEPT = ("sheet", *OPTIONS)
_LONGEST = 1_000
"""How many characters of what was assumed about a file are kept."""


def source_of(table: str, files: Sequence[str], choices: ImportChoices) -> Source:
    """Return a source of files that were named, with what was settled about them."""
    return Source(table, files, _as_json(choices))


def choices_of(source: Source) -> ImportChoices:
    """Return what was settled about a source; what makes no sense, for somebody wrote there, is left out."""
    kept, found = source.choices, dict[str, object]()
    for name in ("encoding", "sheet", "currency", "company"):
        if isinstance(kept.get(name), str):
            found[name] = kept[name]
    if isinstance(kept.get("year"), int):
        found["year"] = kept["year"]
    if kept.get("date_order") in list(DateOrder):
        found["date_order"] = DateOrder(str(kept["date_order"]))
    for name in ("columns", "statuses"):
        given = kept.get(name)
        if isinstance(given, Mapping):
            found[name] = {str(key): str(value) for key, value in given.items()}
    return ImportChoices(**found)  # type: ignore[arg-type]  # each was looked at


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


def learned(
    memory: Memory | None,
    pair: Pair,
    people: Iterable[ClientRow],
    keys_of_rows: Iterable[tuple[object, ...]],
    *,
    other_invoices: bool = False,
    already: Collection[str] = (),
) -> Memory:
    """Return a workbook's memory with the keys of the rows and e-invoices that an import brought, and its remarks.

    Args:
        memory: what it remembered before.
        pair: what was read.
        people: its clients.
        keys_of_rows: what its transactions are known by again.
        other_invoices: whether the e-invoices are of other files and folders than those before.
        already: the tables that this update has read before, whose remarks stay.
    """
    before = memory or Memory()
    keys = {
        CLIENTS: {digest(row.key) for row in people},
        TRANSACTIONS: set(map(digest, keys_of_rows)),
    }
    if isinstance(pair, InvoicePair):
        keys[INVOICES] = {digest(key) for key in pair.files_read}
    return replace(before, keys=_with(before, keys), remarks=_remarks(before, pair, other_invoices, already))


def _remarks(memory: Memory, pair: Pair, other_invoices: bool, already: Collection[str]) -> list[Remark]:
    """What this import leaves open or assumes, and the remarks of those before it about other tables."""
    fresh: list[Remark] = []
    if isinstance(pair, InvoicePair):
        fresh += [Remark(INVOICES, Code.UNREADABLE_INVOICE, file.file, file.reason) for file in pair.broken]
        if other_invoices:
            fresh += [  # of another folder: nobody has looked whether they are mended
                remark
                for remark in memory.remarks
                if remark.code is Code.UNREADABLE_INVOICE and remark.file not in pair.files_found
            ]
        tables = {INVOICES}
        assumed = [(INVOICES, t("the e-invoices"), pair.assumed)] if pair.assumed else []
    else:
        tables = {file.table for file in pair.files}
        assumed = [(file.table, file.file, " ".join(file.remarks)) for file in pair.files if file.remarks]
    last = INVOICES if INVOICES in tables else TRANSACTIONS if TRANSACTIONS in tables else CLIENTS
    fresh += [Remark(last, Code.ACCEPTED_DOUBT, "", text) for text in pair.verdict.warnings]
    fresh += [Remark(table, Code.IMPORT_ASSUMPTION, file, text[:_LONGEST]) for table, file, text in assumed]
    kept = [remark for remark in memory.remarks if remark.table not in tables - set(already)]
    return list(dict.fromkeys([*kept, *fresh]))


def _with(memory: Memory, more: Mapping[str, Iterable[bytes]]) -> dict[str, frozenset[bytes]]:
    found = dict(memory.keys)
    for table, keys in more.items():
        found[table] = found.get(table, frozenset()) | frozenset(keys)
    return found


def with_files(memory: Memory, keys: Iterable[bytes]) -> Memory:
    """Return a workbook's memory with the keys of files that were read."""
    return replace(memory, keys=_with(memory, {FILES: keys}))


def read_from(
    source: Source, pair: Pair, today: date, last: tuple[str, datetime] | None, rows: int | None = None
) -> Source:
    """Return a source once it was read.

    Args:
        source: the source.
        pair: what was read.
        today: the day it was read.
        last: the name of the newest of its files, and when that was changed; None where it has no file.
        rows: how many rows were found; by default those of its table.
    """
    table = pair.clients if source.table == CLIENTS else pair.transactions
    choices = dict(source.choices)
    if isinstance(pair, InvoicePair) and pair.company and not choices.get("company"):
        choices["company"] = pair.company
    return replace(
        source,
        choices=choices,
        last_file=last[0] if last else "",
        last_changed=last[1].replace(microsecond=0) if last else None,
        rows=len(table.data.rows) if rows is None else rows,
        read_on=today,
    )


def kept_by(folder: Path, source: Source) -> Source | None:
    """Return a source with its paths relative to the workbook's folder; None where one of them cannot be kept.

    A source is kept whole or not at all: half of its files would be taken for all of them.
    """
    paths = [_relative(name, folder) for name in source.files]
    return replace(source, files=[path for path in paths if path]) if all(paths) else None


def _as_json(choices: ImportChoices) -> dict[str, object]:
    kept: dict[str, object] = {name: value for name in _KEPT if (value := getattr(choices, name)) is not None}
    if choices.date_order:
        kept["date_order"] = choices.date_order.value
    if choices.columns:
        kept["columns"] = dict(choices.columns)
    if choices.statuses:
        kept["statuses"] = dict(choices.statuses)
    return kept


def _relative(name: str, folder: Path) -> str | None:
    """Return a path relative to a folder; None where that would name somebody's home folder, or what lies above all."""
    if databases.is_address(name):
        return databases.kept(name, lambda path: _relative(path, folder))
    path = Path(name).expanduser().absolute()
    base = folder.absolute()
    try:
        shared = Path(os.path.commonpath([path, base]))
    except ValueError:
        return None  # on another drive
    if shared == Path(shared.anchor) or (shared == Path.home().parent and base != shared):
        return None
    return os.path.relpath(path, base).replace(os.sep, "/")

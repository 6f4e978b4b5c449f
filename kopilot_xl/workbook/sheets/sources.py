"""What a workbook remembers of its imports: the block Sources, and the hidden sheet `_Sources` with keys of rows."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import clients, source_block, transactions
from kopilot_xl.workbook.sheets.source_block import CLIENTS, INVOICES, TRANSACTIONS, Source
from kopilot_xl.workbook.tables.problems import Code, Problem

SHEET = "_Sources"
FILES = "files"
"""Under this name the memory keeps which files of patterns and folders were read."""

__all__ = [
    "CLIENTS",
    "FILES",
    "INVOICES",
    "SHEET",
    "TRANSACTIONS",
    "Memory",
    "Remark",
    "Source",
    "digest",
    "findings",
    "read",
    "write",
]

_TITLE = "What imports brought; written by new and update"
_SOURCE, _KEYS, _REMARK, _VISIBLE = "source", "keys", "remark", "shown on Settings"
_DIGEST = 6
"""How many bytes stand for the key of a row: among a million rows, two are taken for one about once in 500 imports of
that size, and then a row that vanished is not named."""
_PER_CELL = 3_000 * _DIGEST
"""How many bytes of keys a cell holds, four characters for three of them: below Excel's limit of 32,767."""


@dataclass(frozen=True)
class Remark:
    """What an import left open or assumed: the sheet Problems repeats it until another import settles it.

    Attributes:
        table: that the import was for.
        code: what it is.
        file: the name of the file it is about; blank where it is about all.
        text: the sentence.
    """

    table: str
    code: Code
    file: str
    text: str


@dataclass(frozen=True)
class Memory:
    """What a workbook remembers of its imports.

    Attributes:
        sources: where its rows come from; a table's first source by the table, others by its name and a number.
        keys: the keys of the rows that imports brought, by table, and of what files they read.
        hidden: the sources as they were when they were last written; what differs from them, the owner changed.
        is_visible: whether the workbook has the block Sources.
        remarks: what the imports left open or assumed.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    keys: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    hidden: Mapping[str, Source] = field(default_factory=dict)
    is_visible: bool = False
    remarks: Sequence[Remark] = ()

    def has(self, table: str, key: object) -> bool:
        """Tell whether an import brought a row."""
        return digest(key) in self.keys.get(table, frozenset())


@lru_cache(1 << 18)
def digest(key: object) -> bytes:
    """Return what is kept of a row's key."""
    return hashlib.blake2b(repr(key).encode(), digest_size=_DIGEST).digest()


def read(book: Book) -> Memory | None:
    """Return what a workbook remembers; None where it has neither the block Sources nor the hidden sheet.

    The block counts: what the hidden sheet has of a source is only what the block does not show.

    Raises:
        SettingError: a cell of the block makes no sense.
    """
    shown = source_block.read(book)
    visible = None if shown is None else [source for source in shown if not source.is_here]
    if not book.has_sheet(SHEET):
        return None if visible is None else Memory(_named(visible), is_visible=True)
    hidden: list[Source] = []
    keys: dict[str, set[bytes]] = {}
    remarks: list[Remark] = []
    values = book.sheet_values(SHEET)
    was_visible = bool(values) and _VISIBLE in values[0]
    for row in values[1:]:
        texts = ["" if value is None else str(value) for value in row]
        if len(texts) > 5 and texts[0] == _SOURCE:
            source = _remembered(row, texts)
            if source is not None:
                hidden.append(source)
        elif len(texts) > 2 and texts[0] == _KEYS:
            packed = base64.b64decode("".join(texts[2:]), validate=False)
            known = keys.setdefault(texts[1], set())
            known.update(packed[at : at + _DIGEST] for at in range(0, len(packed), _DIGEST))
        elif remark := _remark(texts):
            remarks.append(remark)
    known_keys = {table: frozenset(found) for table, found in keys.items()}
    before = _named(hidden)
    is_new = not visible and not was_visible  # an upgrade brought the block since: its owner never cleared it
    now = before if visible is None or is_new else _named(visible)
    return Memory(now, known_keys, before, visible is not None, remarks)


def _remembered(row: Sequence[Value], texts: Sequence[str]) -> Source | None:
    try:
        files, choices = json.loads(texts[2]), json.loads(texts[3])
    except ValueError:
        return None  # somebody wrote there: then nothing is remembered
    day, rows = row[4], row[5]
    try:
        changed = datetime.fromisoformat(texts[7]) if len(texts) > 7 else None
    except ValueError:
        changed = None
    return Source(
        texts[1],
        files,
        choices,
        texts[6] if len(texts) > 6 else "",
        changed,
        int(rows) if isinstance(rows, (int, float)) else None,
        day if isinstance(day, date) else None,
    )


def _named(sources: Iterable[Source]) -> dict[str, Source]:
    """Return sources by their table, the second of one by its name and a 2."""
    found: dict[str, Source] = {}
    for source in sources:
        name, number = source.table, 1
        while name in found:
            number += 1
            name = f"{source.table} {number}"
        found[name] = source
    return found


def _remark(texts: Sequence[str]) -> Remark | None:
    """A row as a remark; None where it is none, or one that a later version wrote."""
    if len(texts) < 5 or texts[0] != _REMARK or texts[2] not in list(Code):
        return None
    return Remark(texts[1], Code(texts[2]), texts[3], texts[4])


def findings(book: Book) -> list[Problem]:
    """Return what the imports of a workbook left open or assumed, as problems and notices."""
    if not book.has_sheet(SHEET):
        return []
    rows = (["" if value is None else str(value) for value in row] for row in book.sheet_values(SHEET)[1:])
    return [_finding(remark) for remark in map(_remark, rows) if remark]


def _finding(remark: Remark) -> Problem:
    sheet = clients.TABLE.name if remark.table == CLIENTS else transactions.TABLE.name
    wrong, done = remark.text, ""
    if remark.code is Code.UNREADABLE_INVOICE:
        wrong = t("{file} cannot be read as an e-invoice: {reason}.", file=remark.file, reason=remark.text.rstrip("."))
        done = t("It does not count. Get it again from its sender, or remove it; then update.")
    elif remark.code is Code.ACCEPTED_DOUBT:
        done = t("It was accepted when the file was imported; mend the export, then update.")
    elif remark.code is Code.IMPORT_ASSUMPTION:
        wrong = t("Assumed when {file} was imported: {text}", file=remark.file, text=remark.text)
    return Problem(remark.code, sheet, None, "", None, remark.file, wrong, done)


def write(
    book: Book, sources: Iterable[Source], keys: Mapping[str, Iterable[bytes]], remarks: Iterable[Remark] = ()
) -> bool:
    """Have a workbook remember its sources and the keys of the rows they brought; False where it has no room for it."""
    kept = list(sources)
    here = [source for source in source_block.read(book) or () if source.is_here]
    shown = source_block.write(book, [*here, *kept][: source_block.ROWS])
    rows: list[list[Value]] = [[_TITLE, _VISIBLE] if shown else [_TITLE]]
    for source in kept:
        files = json.dumps(list(source.files), ensure_ascii=False)
        choices = json.dumps(dict(source.choices), ensure_ascii=False, sort_keys=True)
        changed = source.last_changed.replace(microsecond=0).isoformat(" ") if source.last_changed else None
        rows.append(
            [_SOURCE, source.table, files, choices, source.read_on, source.rows, source.last_file or None, changed]
        )
    rows += [[_REMARK, remark.table, remark.code, remark.file, remark.text] for remark in remarks]
    for table, found in keys.items():
        packed = b"".join(sorted(set(found)))
        for at in range(0, len(packed), _PER_CELL):
            rows.append([_KEYS, table, base64.b64encode(packed[at : at + _PER_CELL]).decode()])
    return book.write_sheet(SHEET, rows) or shown

"""The very hidden sheet `_Sources`: where the data of a workbook come from, and which rows imports brought."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.tables.problems import Code, Problem

SHEET = "_Sources"
CLIENTS, TRANSACTIONS, INVOICES = "clients", "transactions", "invoices"

_TITLE = "What imports brought; written by new and update"
_SOURCE, _KEYS, _REMARK = "source", "keys", "remark"
_DIGEST = 6
"""How many bytes stand for the key of a row: among a million rows, two are taken for one about once in 500 imports of
that size, and then a row that vanished is not named."""
_PER_CELL = 3_000 * _DIGEST
"""How many bytes of keys a cell holds, four characters for three of them: below Excel's limit of 32,767."""


@dataclass(frozen=True)
class Source:
    """Where one table of a workbook comes from.

    Attributes:
        files: paths or patterns, relative to the workbook's folder.
        choices: what the user settled about them, in values JSON knows.
        read_on: the day they were read last.
        rows: how many rows of the table came from them.
    """

    files: Sequence[str]
    choices: Mapping[str, object]
    read_on: date | None
    rows: int


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
        sources: where the tables come from.
        keys: of the rows they brought, by table.
        remarks: what the imports left open or assumed.
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    keys: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()

    def has(self, table: str, key: object) -> bool:
        """Tell whether an import brought a row."""
        return digest(key) in self.keys.get(table, frozenset())


def digest(key: object) -> bytes:
    """Return what is kept of a row's key."""
    return hashlib.blake2b(repr(key).encode(), digest_size=_DIGEST).digest()


def read(book: Book) -> Memory | None:
    """Return what a workbook remembers; None where it has no such sheet."""
    if not book.has_sheet(SHEET):
        return None
    sources: dict[str, Source] = {}
    keys: dict[str, set[bytes]] = {}
    remarks: list[Remark] = []
    for row in book.sheet_values(SHEET)[1:]:
        texts = ["" if value is None else str(value) for value in row]
        if len(texts) > 5 and texts[0] == _SOURCE:
            day, rows = row[4], row[5]
            try:
                files, choices = json.loads(texts[2]), json.loads(texts[3])
            except ValueError:
                continue  # somebody wrote there: then nothing is remembered
            number = int(rows) if isinstance(rows, (int, float)) else 0
            sources[texts[1]] = Source(files, choices, day if isinstance(day, date) else None, number)
        elif len(texts) > 2 and texts[0] == _KEYS:
            packed = base64.b64decode("".join(texts[2:]), validate=False)
            known = keys.setdefault(texts[1], set())
            known.update(packed[at : at + _DIGEST] for at in range(0, len(packed), _DIGEST))
        elif remark := _remark(texts):
            remarks.append(remark)
    return Memory(sources, {table: frozenset(known) for table, known in keys.items()}, remarks)


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
        done = t("It does not count. Get it again from where it comes from, or take it away; then update.")
    elif remark.code is Code.ACCEPTED_DOUBT:
        done = t("It was accepted when the file was imported; mend the export, then update.")
    elif remark.code is Code.IMPORT_ASSUMPTION:
        wrong = t("Assumed when {file} was imported: {text}", file=remark.file, text=remark.text)
    return Problem(remark.code, sheet, None, "", None, remark.file, wrong, done)


def write(
    book: Book, sources: Mapping[str, Source], keys: Mapping[str, Iterable[bytes]], remarks: Iterable[Remark] = ()
) -> bool:
    """Have a workbook remember its sources and the keys of the rows they brought; False where it has no such sheet."""
    rows: list[list[Value]] = [[_TITLE]]
    for table, source in sources.items():
        files = json.dumps(list(source.files), ensure_ascii=False)
        choices = json.dumps(dict(source.choices), ensure_ascii=False, sort_keys=True)
        rows.append([_SOURCE, table, files, choices, source.read_on, source.rows])
    rows += [[_REMARK, remark.table, remark.code, remark.file, remark.text] for remark in remarks]
    for table, found in keys.items():
        packed = b"".join(sorted(set(found)))
        for at in range(0, len(packed), _PER_CELL):
            rows.append([_KEYS, table, base64.b64encode(packed[at : at + _PER_CELL]).decode()])
    return book.write_sheet(SHEET, rows)

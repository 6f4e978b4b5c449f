"""The very hidden sheet `_Sources`: where the data of a workbook come from, and which rows imports brought."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kopilot_xl.workbook.book import Book, Value

SHEET = "_Sources"
CLIENTS, TRANSACTIONS, INVOICES = "clients", "transactions", "invoices"

_TITLE = "What imports brought; written by new and update"
_SOURCE, _KEYS = "source", "keys"
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
class Memory:
    """What a workbook remembers of its imports: the sources, and the keys of the rows they brought, by table."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    keys: Mapping[str, frozenset[bytes]] = field(default_factory=dict)

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
    return Memory(sources, {table: frozenset(known) for table, known in keys.items()})


def write(book: Book, sources: Mapping[str, Source], keys: Mapping[str, Iterable[bytes]]) -> bool:
    """Have a workbook remember its sources and the keys of the rows they brought; False where it has no such sheet."""
    rows: list[list[Value]] = [[_TITLE]]
    for table, source in sources.items():
        files = json.dumps(list(source.files), ensure_ascii=False)
        choices = json.dumps(dict(source.choices), ensure_ascii=False, sort_keys=True)
        rows.append([_SOURCE, table, files, choices, source.read_on, source.rows])
    for table, found in keys.items():
        packed = b"".join(sorted(set(found)))
        for at in range(0, len(packed), _PER_CELL):
            rows.append([_KEYS, table, base64.b64encode(packed[at : at + _PER_CELL]).decode()])
    return book.write_sheet(SHEET, rows)

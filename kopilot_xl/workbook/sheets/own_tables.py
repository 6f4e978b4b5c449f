"""Which tables of its owner's a workbook that was adopted has for Clients and Transactions.

The block Sources on Settings says so: a row each, with `this workbook` as its file, the table or sheet, and which
heading is which of our columns. Its owner can read and correct that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.sheets import source_block
from kopilot_xl.workbook.sheets.source_block import CLIENTS, HERE, TRANSACTIONS, Source


@dataclass(frozen=True)
class OwnTable:
    """A table of the owner's.

    Attributes:
        name: the table or sheet.
        columns: our columns and the headings they have there; those that a refresh writes among them.
        statuses: words of the owner's and what they mean.
    """

    name: str
    columns: Mapping[str, str]
    statuses: Mapping[str, str] = field(default_factory=dict)

    def source(self, table: str, rows: int) -> Source:
        """Return it as a row of the block Sources.

        Args:
            table: `CLIENTS` or `TRANSACTIONS`.
            rows: how many rows it has.
        """
        choices: dict[str, object] = {"sheet": self.name, "columns": dict(self.columns)}
        if self.statuses:
            choices["statuses"] = dict(self.statuses)
        return Source(table, [HERE], choices, rows=rows)


@dataclass(frozen=True)
class OwnTables:
    """The tables of the owner's that are Clients and Transactions."""

    clients: OwnTable
    transactions: OwnTable


def read(book: Book) -> OwnTables | None:
    """Return what the block Sources says; None in a workbook that has tables of ours.

    Raises:
        SettingError: a cell of the block makes no sense.
    """
    found: dict[str, OwnTable] = {}
    for source in source_block.read(book) or ():
        sheet = source.choices.get("sheet")
        if source.is_here and sheet:
            found.setdefault(source.table, OwnTable(str(sheet), _pairs(source, "columns"), _pairs(source, "statuses")))
    if CLIENTS in found and TRANSACTIONS in found:
        return OwnTables(found[CLIENTS], found[TRANSACTIONS])
    return None


def _pairs(source: Source, key: str) -> dict[str, str]:
    pairs = source.choices.get(key)
    return {str(name): str(value) for name, value in pairs.items()} if isinstance(pairs, Mapping) else {}

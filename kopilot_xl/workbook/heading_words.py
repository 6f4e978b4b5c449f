"""The headings of our tables in other languages: a workbook may have them in any that the words are kept in.

Readers and writers ask for a column by its English heading; here another language's heading becomes that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from kopilot_xl.texts.words import fold, sections

_TYPED: Mapping[str, frozenset[str]] = {
    "clients": frozenset(("client id", "client", "created on")),
    "transactions": frozenset(("client id", "issue date", "amount", "status", "reference")),
    "actions": frozenset(("recorded on", "client id", "action", "issue date", "amount", "note")),
}
"""The headings that a workbook in English has: where all are there, no other language is looked into."""


def in_english(table: str, headings: Sequence[str]) -> tuple[str, ...]:
    """Return the headings of a table, those of our own columns in English whatever language they are in.

    A heading stays as it is where the English one is there too, or where two could be it.
    """
    given = tuple(headings)
    typed = _TYPED.get(table.casefold())
    there = {each.strip().casefold() for each in given}
    if typed is None or typed <= there:
        return given
    known = _known(table.casefold())
    found = [known.get(fold(each)) for each in given]
    return tuple(
        heading if ours is None or ours.casefold() in there or found.count(ours) > 1 else ours
        for heading, ours in zip(given, found, strict=True)
    )


@cache
def _known(table: str) -> Mapping[str, str]:
    """The English heading of each folded heading of another language."""
    known: dict[str, str] = {}
    for tables in sections("sheets"):
        for name, columns in tables.items():
            if name.casefold() == table:
                for ours, spellings in columns.items():
                    known.update((fold(each), ours) for each in spellings)
    return known

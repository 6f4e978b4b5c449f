"""The programs that are known by their headings, and what their words mean where it differs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from kopilot_xl.importing.vocabulary import Kind, State, word_key
from kopilot_xl.texts.words import fold


@dataclass(frozen=True)
class Program:
    """A program's export.

    Attributes:
        name: of the program and its export.
        needs: the folded headings that all must be there.
        without: the folded headings none of which may be there.
        statuses: what its status words mean, folded.
        kinds: what the words of its type column mean, folded.
        columns: our column to its heading, where the headings alone would not tell.
        payments: a folded heading to the ledger accounts, first and last, whose rows are payments.
    """

    name: str
    needs: frozenset[str]
    without: frozenset[str] = frozenset()
    statuses: Mapping[str, State] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    payments: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)


@cache
def programs() -> tuple[Program, ...]:
    """Return all programs, those with most headings first."""
    folder = files("kopilot_xl.importing") / "programs"
    found = []
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if not path.name.endswith(".toml"):
            continue
        told = tomllib.loads(path.read_text("utf-8"))
        for export in told["exports"]:
            statuses = {
                word_key(word): State(state)
                for word, state in {**told.get("statuses", {}), **export.get("statuses", {})}.items()
            }
            kinds = {
                word_key(word): Kind(kind)
                for word, kind in {**told.get("kinds", {}), **export.get("kinds", {})}.items()
            }
            found.append(
                Program(
                    f"{told['name']}, {export['name']}", frozenset(map(fold, export["needs"])),
                    frozenset(map(fold, export.get("without", ()))), statuses, kinds, export.get("columns", {}),
                    {fold(name): _ranges(ranges) for name, ranges in export.get("payments", {}).items()},
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda each: -len(each.needs)))


def _ranges(pairs: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    return [(first, last) for first, last in pairs]


def recognised(headings: Sequence[str]) -> Program | None:
    """Return the program whose headings a table has, None where none is known."""
    there = set(map(fold, headings))
    return next((each for each in programs() if each.needs <= there and not each.without & there), None)

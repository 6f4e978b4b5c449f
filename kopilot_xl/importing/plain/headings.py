"""Which column is which, by its heading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from kopilot_xl.errors import MissingError
from kopilot_xl.importing.plain.grid import _Grid
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.tables.parsing import is_blank, shown
from kopilot_xl.workbook.tables.table import Column, Table

_HEADER_WITHIN = 60
"""A header row is looked for in this many rows."""
_SHOWN_HEADINGS = 12
_IN_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_CURRENCY_WORD = re.compile(r"\b(?:in )?(?:EUR|USD|GBP|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|JPY|INR|ZAR)\b")

CLIENT_NAME = Column(clients.NAME.header, also=clients.NAME.also)
"""The clients' names in an export of transactions."""


@dataclass(frozen=True)
class Wanted:
    """The columns looked for: a header row is the first with all of `best`, else with one of each of `needs`."""

    table: Table
    columns: tuple[Column, ...]
    best: tuple[Column, ...]
    needs: tuple[tuple[Column, ...], ...]

    def find(self, rows: Sequence[Sequence[Value]]) -> tuple[int, dict[Column, int]] | None:
        """Return the header row and where each column stands in it, None where there is no such row."""
        head = [_match(row, self.columns) for row in rows[:_HEADER_WITHIN]]
        for at, found in enumerate(head):
            if all(each in found for each in self.best):
                return at, found
        for at, found in enumerate(head):
            if all(any(each in found for each in choice) for choice in self.needs):
                return at, found
        return None


CLIENTS = Wanted(
    table=clients.TABLE,
    columns=tuple(each for each in clients.TABLE.columns if not each.written),
    best=(clients.CLIENT_ID, clients.NAME),
    needs=((clients.CLIENT_ID, clients.NAME),),
)
TRANSACTIONS = Wanted(
    table=transactions.TABLE,
    columns=(*transactions.TABLE.columns, CLIENT_NAME),
    best=(transactions.CLIENT_ID, transactions.ISSUE_DATE),
    needs=((transactions.ISSUE_DATE,), (transactions.CLIENT_ID, CLIENT_NAME)),
)

_ACTIONS = Wanted(
    table=actions.TABLE,
    columns=tuple(each for each in actions.TABLE.columns if not each.written),
    best=tuple(each for each in actions.TABLE.columns if each.required),
    needs=((actions.RECORDED_ON,), (actions.CLIENT_ID,), (actions.ACTION,)),
)


@dataclass(frozen=True)
class _Found:
    """A grid whose header row is known. `taken` tells where each column stands, from 0."""

    grid: _Grid
    wanted: Wanted
    header: int
    taken: Mapping[Column, int]

    @property
    def headings(self) -> list[str]:
        return [_text(each) for each in self.grid.rows[self.header]]

    def column(self, column: Column) -> list[Value]:
        """The values of a column below the header, none where it is missing."""
        at = self.taken.get(column)
        rows = self.grid.rows[self.header + 1 :]
        return [] if at is None else [row[at] for row in rows if at < len(row)]

    def has(self, column: Column) -> bool:
        """Whether a column is there and holds anything."""
        return column in self.taken and (
            len(self.grid.rows) == self.header + 1 or any(not is_blank(each) for each in self.column(column))
        )

    def also(self, column: Column, like: Column, remark: str) -> _Found:
        """Take one column for another as well, and say so."""
        grid = replace(self.grid, remarks=(*self.grid.remarks, remark))
        return replace(self, grid=grid, taken={**self.taken, column: self.taken[like]})


def _word(value: Value) -> bool:
    """Whether a cell says anything; a stray delimiter does not."""
    return any(map(str.isalnum, value)) if isinstance(value, str) else value is not None


def _no_header(grid: _Grid, wanted: Wanted, place: str = "") -> MissingError:
    fullest = max(grid.rows[:_HEADER_WITHIN], key=lambda row: sum(isinstance(each, str) and bool(each) for each in row))
    found = _match(fullest, wanted.columns)
    headings = _some([_text(each) for each in fullest if not is_blank(each)]) or "none"
    lacking = next(choice for choice in wanted.needs if not any(each in found for each in choice))
    known = " or ".join(dict.fromkeys(each.header for each in lacking))
    return MissingError(
        t(
            "{place} has no column that is known as {known} (its columns: {headings}). {lacking}",
            place=place or grid.path,
            known=known,
            headings=headings,
            lacking=_accepted(lacking[0]),
        )
    )


def no_heading(place: str, column: Column, headings: Sequence[str]) -> MissingError:
    """Return what to raise where no heading is known as a column."""
    return MissingError(
        t(
            "{place} has no column that is known as {column} (its columns: {headings}). {accepted}",
            place=place,
            column=column.header,
            headings=_some(headings),
            accepted=_accepted(column),
        )
    )


def _accepted(column: Column) -> str:
    return f"Give the column one of these headings: {_some([column.header, *column.also])}."


def _some(texts: Sequence[str]) -> str:
    """The first of some texts, so that a message stays a line."""
    more = len(texts) - _SHOWN_HEADINGS
    return ", ".join(texts[:_SHOWN_HEADINGS]) + (f" and {more} more" if more > 0 else "")


def known_headings(headings: Sequence[str], wanted: Wanted, place: str) -> dict[Column, str]:
    """Return which of some headings is taken for which column.

    Raises:
        MissingError: none is known as a column that is needed; `place` is what has the headings.
    """
    found = wanted.find([headings])
    if found is None:
        raise _no_header(_Grid(Path(place), "", [list(headings)]), wanted, place)
    return {column: headings[at] for column, at in found[1].items()}


# from headings to columns


def _text(value: Value) -> str:
    return " ".join(shown(value).split())


@lru_cache(maxsize=4096)
def _fold(heading: str) -> str:
    """What a heading is compared by: case, accents, blanks and punctuation do not count."""
    plain = unicodedata.normalize("NFKD", heading.replace("#", " no ")).casefold()
    return "".join(each for each in plain if each.isalnum())


def _folds(heading: str) -> tuple[str, str]:
    """A heading's own fold, and the one without a unit such as `(EUR)`."""
    return _fold(heading), _fold(_CURRENCY_WORD.sub("", _IN_BRACKETS.sub("", heading)))


def _match(row: Sequence[Value], columns: Sequence[Column]) -> dict[Column, int]:
    """Which cell of a header row is taken for which column: its own heading first, then the others it goes by."""
    places: dict[str, int] = {}
    loose: dict[str, int] = {}
    for at, value in enumerate(row):
        if isinstance(value, str) and value.strip():
            own, without_unit = _folds(value)
            places.setdefault(own, at)
            loose.setdefault(without_unit, at)
    found: dict[Column, int] = {}
    for column, spellings in [(each, (each.header,)) for each in columns] + [(each, each.also) for each in columns]:
        if column not in found:
            place = _first([_fold(each) for each in spellings], places, loose, set(found.values()))
            if place is not None:
                found[column] = place
    return {each: found[each] for each in columns if each in found}


def _first(names: Sequence[str], places: dict[str, int], loose: dict[str, int], used: set[int]) -> int | None:
    for known in (places, loose):
        for name in names:
            at = known.get(name)
            if at is not None and at not in used:
                return at
    return None

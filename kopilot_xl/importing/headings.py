"""Which column is which, where its heading alone says it: tables too large to be looked at whole, and logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kopilot_xl.errors import MissingError
from kopilot_xl.importing.roles import roles_of
from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.tables.parsing import is_blank, shown
from kopilot_xl.workbook.tables.table import Column, Table

_HEADER_WITHIN = 60
"""A header row is looked for in this many rows."""
_SHOWN_HEADINGS = 12
_GUESS = 60.0
"""A heading that no list of the vocabulary names is not taken: nothing else is looked at here."""

CLIENT_NAME = Column(clients.NAME.header)
"""The clients' names in an export of transactions."""


@dataclass(frozen=True)
class Wanted:
    """The columns looked for: a header row is the first with all of `best`, else with one of each of `needs`.

    Attributes:
        table: our table.
        columns: each with what the vocabulary calls it, the best first.
        best: what the best header row has.
        needs: what every header row has, one of each.
    """

    table: Table
    columns: Mapping[Column, tuple[str, ...]]
    best: tuple[Column, ...]
    needs: tuple[tuple[Column, ...], ...]

    def find(self, rows: Sequence[Sequence[Value]]) -> tuple[int, dict[Column, int]] | None:
        """Return the header row and where each column stands in it, None where there is no such row."""
        head = [_match(row, self.columns) for row in rows[:_HEADER_WITHIN]]
        for at, found in enumerate(head):
            if all(column in found for column in self.best):
                return at, found
        for at, found in enumerate(head):
            if all(any(column in found for column in choice) for choice in self.needs):
                return at, found
        return None


CLIENTS = Wanted(
    table=clients.TABLE,
    columns={
        clients.CLIENT_ID: ("client_id", "client_id_weak"),
        clients.NAME: ("client_name",),
        clients.CREATED_ON: ("created",),
    },
    best=(clients.CLIENT_ID, clients.NAME),
    needs=((clients.CLIENT_ID, clients.NAME),),
)
TRANSACTIONS = Wanted(
    table=transactions.TABLE,
    columns={
        transactions.CLIENT_ID: ("client_id",),
        transactions.ISSUE_DATE: ("issue_date",),
        transactions.AMOUNT: ("amount_net", "amount_total", "amount_gross", "amount_line"),
        transactions.STATUS: ("status",),
        transactions.REFERENCE: ("number",),
        CLIENT_NAME: ("client_name",),
    },
    best=(transactions.CLIENT_ID, transactions.ISSUE_DATE),
    needs=((transactions.ISSUE_DATE,), (transactions.CLIENT_ID, CLIENT_NAME)),
)
ACTIONS = Wanted(
    table=actions.TABLE,
    columns={
        column: ("client_id",) if column == actions.CLIENT_ID else ()
        for column in actions.TABLE.columns
        if not column.written
    },
    best=tuple(column for column in actions.TABLE.columns if column.required),
    needs=((actions.RECORDED_ON,), (actions.CLIENT_ID,), (actions.ACTION,)),
)


def no_header(place: str, rows: Sequence[Sequence[Value]], wanted: Wanted) -> MissingError:
    """Return what to raise where no row has the headings of the columns that are needed."""
    fullest = max(rows[:_HEADER_WITHIN], key=lambda row: sum(isinstance(value, str) and bool(value) for value in row))
    found = _match(fullest, wanted.columns)
    headings = _some([heading_text(value) for value in fullest if not is_blank(value)]) or "none"
    lacking = next(choice for choice in wanted.needs if not any(column in found for column in choice))
    known = " or ".join(dict.fromkeys(column.header for column in lacking))
    return MissingError(
        t(
            "{place} has no column that can be recognised as {known} (its columns: {headings}). {lacking}",
            place=place,
            known=known,
            headings=headings,
            lacking=_accepted(lacking[0], wanted),
        )
    )


def no_heading(place: str, column: Column, headings: Sequence[str], wanted: Wanted = TRANSACTIONS) -> MissingError:
    """Return what to raise where no heading is known as a column."""
    return MissingError(
        t(
            "{place} has no column that can be recognised as {column} (its columns: {headings}). {accepted}",
            place=place,
            column=column.header,
            headings=_some(headings),
            accepted=_accepted(column, wanted),
        )
    )


def _accepted(column: Column, wanted: Wanted) -> str:
    known = vocabulary().languages["en"]["headings"]
    names = dict.fromkeys([column.header, *(name for role in wanted.columns[column] for name in known.get(role, ()))])
    return t("Give the column one of these headings: {names}.", names=_some(list(names)))


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
        raise no_header(place, [list(headings)], wanted)
    return {column: headings[at] for column, at in found[1].items()}


# from headings to columns


def heading_text(value: Value) -> str:
    """Return a cell as a heading: on one line, without blanks around it."""
    return " ".join(shown(value).split())


def _match(row: Sequence[Value], columns: Mapping[Column, tuple[str, ...]]) -> dict[Column, int]:
    """Which cell of a header row is taken for which column: its own heading first, then the others it goes by."""
    headings = [value.strip() if isinstance(value, str) else "" for value in row]
    folds: dict[str, int] = {}
    for at, heading in enumerate(headings):
        if heading:
            folds.setdefault(fold(heading), at)
    found = {column: folds[fold(column.header)] for column in columns if fold(column.header) in folds}
    for column, roles in columns.items():
        sure = [
            (-order, roles_of(heading).get(role, 0.0), -at)
            for at, heading in enumerate(headings)
            if heading and at not in found.values() and column not in found
            for order, role in enumerate(roles)
            if roles_of(heading).get(role, 0.0) > _GUESS
        ]
        if sure:
            found[column] = -max(sure)[2]
    return {column: found[column] for column in columns if column in found}

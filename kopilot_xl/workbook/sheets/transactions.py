"""The Transactions sheet: invoices, credit notes and planned revenue, as the user keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar, cast

from kopilot_xl.domain import formatting
from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.domain.transactions import Ledger, Status
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.sheets import clients, status_words
from kopilot_xl.workbook.sheets.status_words import status_of
from kopilot_xl.workbook.tables.parsing import (
    DateOrder,
    UnreadableError,
    all_amounts,
    all_dates,
    id_key,
    is_blank,
    read_amount,
    read_date,
)
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet
from kopilot_xl.workbook.tables.table import Column, Format, Table, TableRows

T = TypeVar("T")

CLIENT_ID = Column(clients.CLIENT_ID.header, width=12, required=True, shrink=True)
ISSUE_DATE = Column(
    "Issue date",
    Format.DATE,
    width=12,
    required=True,
)  # fmt: skip
AMOUNT = Column(
    "Amount",
    Format.AMOUNT,
    width=15,
)  # fmt: skip
STATUS = Column(
    "Status",
    width=12,
    choices=("Issued", "Paid", "Overdue", "Bad debt", "Planned", "Draft", "Canceled"),
)
REFERENCE = Column(
    "Reference",
    width=20,
)  # fmt: skip

TABLE = Table(
    "Transactions",
    (CLIENT_ID, ISSUE_DATE, AMOUNT, STATUS, REFERENCE),
    needed=((CLIENT_ID,), (ISSUE_DATE, AMOUNT)),
)

_LEFT_OUT = marked("The row was left out.")


@dataclass(frozen=True)
class TransactionRows:
    """The transactions that count, as parallel lists.

    Attributes:
        rows: the table.
        clients: the keys of their clients.
        days: their issue dates.
        amounts: their amounts, None where blank or unreadable.
        statuses: what they are.
        positions: their positions in `rows`.
        unpaid: the indexes, in these lists, of those that are overdue or bad debt.
        problems: what was found while reading.
    """

    rows: TableRows
    clients: Sequence[str]
    days: Sequence[date]
    amounts: Sequence[float | None]
    statuses: Sequence[Status]
    positions: Sequence[int]
    unpaid: Set[int] = frozenset()
    problems: Sequence[Problem] = ()

    @cached_property
    def ledger(self) -> Ledger:
        """The transactions of each client together."""
        return Ledger.of(self.clients, self.days, self.amounts, self.statuses, self.unpaid)


def read_status(value: Value) -> Status:
    """Return what a transaction is.

    Raises:
        UnreadableError: it is no accepted spelling.
    """
    if is_blank(value):
        return Status.ISSUED
    status = status_of(str(value))
    if status is None:
        raise UnreadableError(
            t(
                '"{value}" is not a status. Write {names} or {choices}.',
                value=value,
                names=", ".join(map(t, STATUS.choices[:-1])),
                choices=t(STATUS.choices[-1]),
            ),
            Code.UNKNOWN_STATUS,
        )
    return status


def is_unpaid(value: Value) -> bool:
    """Tell whether a status says that an invoice is overdue, or will hardly be paid at all."""
    return not is_blank(value) and status_words.is_unpaid(str(value))


def read(rows: TableRows, known: Set[str], order: DateOrder | None) -> TransactionRows:
    """Return the transactions. Left out, each with a problem: no id or an unknown one, no date, no known status."""
    days, bad_days = rows.typed(ISSUE_DATE, lambda value: read_date(value, order), t(_LEFT_OUT), all_dates)
    amounts, bad_amounts = rows.typed(AMOUNT, read_amount, t("Taken as blank."), all_amounts)
    statuses, bad_statuses = rows.typed(STATUS, read_status, t(_LEFT_OUT), _all_statuses)
    problems = [*bad_days.values(), *bad_amounts.values(), *bad_statuses.values()]
    ids = rows.values(CLIENT_ID)
    keys = list(map(_Keys().__getitem__, ids))
    positions: Sequence[int] = range(len(keys))
    if not known >= set(keys) or None in days or None in statuses:
        positions = []
        for position, (key, day, status) in enumerate(zip(keys, days, statuses, strict=True)):
            if key in known and day is not None and status is not None:
                positions.append(position)
                continue
            if key is None:
                is_error = isinstance(ids[position], ErrorValue)
                wrong = t("The client id is an error.") if is_error else t("The transaction has no client id.")
                problems.append(rows.problem(position, CLIENT_ID, Code.MISSING_ID, wrong, t(_LEFT_OUT)))
            elif key not in known:
                wrong = t("No client has this id. Add it to Clients, or correct it.")
                problems.append(rows.problem(position, CLIENT_ID, Code.UNKNOWN_CLIENT, wrong, t(_LEFT_OUT)))
            if day is None and position not in bad_days:
                wrong = t("The transaction has no issue date.")
                problems.append(rows.problem(position, ISSUE_DATE, Code.MISSING_DATE, wrong, t(_LEFT_OUT)))
    if not len(rows):
        problems.append(
            about_sheet(
                Code.NO_TRANSACTIONS,
                rows.data.sheet,
                t("There are no transactions."),
                t("No client counts as invoiced."),
            )
        )
    return TransactionRows(
        rows,
        _at(keys, positions),
        _at(days, positions),
        amounts if len(positions) == len(amounts) else [amounts[position] for position in positions],
        _at(statuses, positions),
        positions,
        _unpaid(rows, positions),
        problems,
    )


def _unpaid(rows: TableRows, positions: Sequence[int]) -> Set[int]:
    """The indexes of the positions whose status says unpaid."""
    texts = rows.values(STATUS)
    words = {text for text in set(texts) if is_unpaid(text)}
    return {index for index, position in enumerate(positions) if texts[position] in words} if words else frozenset()


def _at(values: Sequence[T | None], positions: Sequence[int]) -> list[T]:
    """The values at some positions, none of which is None."""
    return cast("list[T]", values if len(positions) == len(values) else [values[position] for position in positions])


class _Keys(dict[Value, "str | None"]):
    """The key of each id as written, worked out once."""

    def __missing__(self, value: Value) -> str | None:
        key = self[value] = id_key(value)
        return key


class _Statuses(dict[Value, Status]):
    """The status behind each spelling as written, worked out once."""

    def __missing__(self, value: Value) -> Status:
        status = self[value] = read_status(value)
        return status


def _all_statuses(values: Sequence[Value]) -> list[Status | None] | None:
    """Return a column of statuses, None if one of them cannot be read."""
    try:
        return list(map(_Statuses().__getitem__, values))
    except UnreadableError:
        return None


def plan_notices(transactions: TransactionRows, cut: CutOffs) -> list[Problem]:
    """Return a notice for each planned row whose date has passed, or lies past the horizon."""
    rows, notices = transactions.rows, list[Problem]()
    for position, day in _plans(transactions):
        if day <= cut.as_of:
            wrong = f"Planned for {formatting.day(day)}, not invoiced."
            done = "Not counted: invoice it, move it or drop it."
            notices.append(rows.problem(position, ISSUE_DATE, Code.OVERDUE_PLAN, wrong, done))
        elif day > cut.horizon:
            wrong = f"Planned for {formatting.day(day)}, past {formatting.day(cut.horizon)}."
            done = "Not counted yet: it is too far ahead."
            notices.append(rows.problem(position, ISSUE_DATE, Code.FAR_PLAN, wrong, done))
    return notices


def _plans(transactions: TransactionRows) -> Iterator[tuple[int, date]]:
    """The positions and dates of the planned rows, those of zero or less among them."""
    for index in [index for index, status in enumerate(transactions.statuses) if status is Status.PLANNED]:
        yield transactions.positions[index], transactions.days[index]

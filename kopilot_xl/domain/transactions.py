"""Transactions: what each of them is, and those of each client together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

Booking = tuple[date, float | None]
"""A transaction of a client: its issue date, and its amount, None if that is blank or unreadable."""


class Status(StrEnum):
    """What a transaction is. Source: docs/rules.md, "The inputs"."""

    ISSUED = "Issued"
    PLANNED = "Planned"
    DRAFT = "Draft"
    CANCELED = "Canceled"


@dataclass(frozen=True)
class Ledger:
    """The transactions of each client by its key, in the order of the rows; drafts and canceled ones left out.

    The rows are grouped once, however many days are looked at.

    Attributes:
        issued: invoices and credit notes, post-dated ones among them.
        planned: planned revenue, of any date.
        unpaid: the positions in `issued` of a client's rows that are overdue or bad debt.
        credited: the clients that have a credit note.
    """

    issued: Mapping[str, Sequence[Booking]]
    planned: Mapping[str, Sequence[Booking]]
    unpaid: Mapping[str, Sequence[int]] = field(default_factory=dict)
    credited: Set[str] = frozenset()

    @classmethod
    def of(
        cls,
        clients: Sequence[str],
        days: Sequence[date],
        amounts: Sequence[float | None],
        statuses: Sequence[Status],
        unpaid: Set[int] = frozenset(),
    ) -> Ledger:
        """Group transactions given as parallel columns: client key, issue date, amount, status.

        `unpaid` are the positions of those that are overdue or bad debt.
        """
        issued: defaultdict[str, list[Booking]] = defaultdict(list)
        planned: defaultdict[str, list[Booking]] = defaultdict(list)
        is_issued, is_planned = Status.ISSUED, Status.PLANNED  # looked up once: there may be a million rows
        for client, booking, status in zip(clients, zip(days, amounts, strict=True), statuses, strict=True):
            if status is is_issued:
                issued[client].append(booking)
            elif status is is_planned:
                planned[client].append(booking)
        credited = {client for client, amount in zip(clients, amounts, strict=True) if amount and amount < 0}
        return cls(dict(issued), dict(planned), _owed(clients, statuses, unpaid), credited)

    def with_plans(self, plans: Iterable[tuple[str, date, float]]) -> Ledger:
        """Return the same ledger with more plans, each the key of its client, its date and its amount."""
        planned = dict(self.planned)
        for client, day, amount in plans:
            planned[client] = [*planned.get(client, ()), (day, amount)]
        return replace(self, planned=planned)


def _owed(clients: Sequence[str], statuses: Sequence[Status], unpaid: Set[int]) -> dict[str, list[int]]:
    """The positions of unpaid rows among the issued rows of each client."""
    debtors = {clients[position] for position in unpaid}
    owed: dict[str, list[int]] = {}
    counted: Counter[str] = Counter()
    if debtors:
        for position, (client, status) in enumerate(zip(clients, statuses, strict=True)):
            if client in debtors and status is Status.ISSUED:
                if position in unpaid:
                    owed.setdefault(client, []).append(counted[client])
                counted[client] += 1
    return owed

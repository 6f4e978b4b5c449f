"""Transactions: what each of them is, and those of each client together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """

    issued: Mapping[str, Sequence[Booking]]
    planned: Mapping[str, Sequence[Booking]]

    @classmethod
    def of(
        cls,
        clients: Iterable[str],
        days: Iterable[date],
        amounts: Iterable[float | None],
        statuses: Iterable[Status],
    ) -> Ledger:
        """Group transactions given as parallel columns: client key, issue date, amount, status."""
        issued: defaultdict[str, list[Booking]] = defaultdict(list)
        planned: defaultdict[str, list[Booking]] = defaultdict(list)
        is_issued, is_planned = Status.ISSUED, Status.PLANNED  # looked up once: there may be a million rows
        for client, day, amount, status in zip(clients, days, amounts, statuses, strict=True):
            if status is is_issued:
                issued[client].append((day, amount))
            elif status is is_planned:
                planned[client].append((day, amount))
        return cls(dict(issued), dict(planned))

    def with_plans(self, plans: Iterable[tuple[str, date, float]]) -> Ledger:
        """Return the same ledger with more plans, each the key of its client, its date and its amount."""
        planned = dict(self.planned)
        for client, day, amount in plans:
            planned[client] = [*planned.get(client, ()), (day, amount)]
        return Ledger(self.issued, planned)

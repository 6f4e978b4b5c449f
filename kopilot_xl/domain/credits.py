"""Credit notes: which invoices they take back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from math import floor

from kopilot_xl.domain.transactions import Booking


def cents(amount: float) -> int:
    """Return an amount in whole cents, a half rounded up: two amounts are the same if their cents are."""
    return floor(amount * 100 + 0.5)


def is_invoice(amount: float | None) -> bool:
    """Tell whether an issued row of that amount is an invoice: a credit note or a zero amount is not."""
    return amount is None or amount > 0


class KnownInvoices:
    """The invoices of one client as they become known day by day, and what credit notes have taken of them so far.

    In order of date, then of row, a credit note takes the latest invoice that is dated on or before its own date, has
    the same amount to the cent and is not taken yet; one that finds none is a partial credit and takes none. A
    taken invoice is not an invoice for anything. Source: docs/rules.md, "Credited invoices".

    Attributes:
        taken: the positions of the invoices taken so far and of the credit notes that took them.
    """

    def __init__(self, issued: Sequence[Booking]) -> None:
        """Take a client's rows that are neither planned, draft nor canceled, in the order of the table."""
        self.taken: set[int] = set()
        self._issued = issued
        # On a day the invoices come before the credit notes: a note may take an invoice of its own day.
        self._events = sorted(
            (day, not is_invoice(amount), position) for position, (day, amount) in enumerate(issued) if amount != 0
        )
        self._seen = 0
        self._by_amount: dict[int, list[int]] = defaultdict(list)
        self._invoices: list[int] = []

    @property
    def has_notes(self) -> bool:
        """Whether there is a credit note among the rows, of any date."""
        return any(is_note for _, is_note, _ in self._events)

    def advance(self, day: date) -> None:
        """Take in what is dated up to a day; days before the one advanced to last change nothing."""
        while self._seen < len(self._events) and self._events[self._seen][0] <= day:
            _, is_note, position = self._events[self._seen]
            amount = self._issued[position][1]
            self._seen += 1
            if not is_note:
                self._invoices.append(position)
                if amount is not None:
                    self._by_amount[cents(amount)].append(position)
            elif amount is not None and (open_invoices := self._by_amount.get(cents(-amount))):
                self.taken |= {open_invoices.pop(), position}

    @property
    def last(self) -> date | None:
        """The date of the latest invoice that is known and not taken."""
        while self._invoices and self._invoices[-1] in self.taken:
            self._invoices.pop()
        return self._issued[self._invoices[-1]][0] if self._invoices else None

    def open_invoices(self, until: date | None = None) -> list[Booking]:
        """Return the invoices not taken by what is known, in order of date: all, or those dated up to a day."""
        return [
            self._issued[position]
            for day, is_note, position in self._events
            if not is_note and position not in self.taken and (until is None or day <= until)
        ]


def taken_by(issued: Sequence[Booking], as_of: date) -> set[int]:
    """Return the positions of the invoices that credit notes take by a day, and of those notes."""
    if all(amount is None or amount >= 0 for _, amount in issued):
        return set()
    known = KnownInvoices(issued)
    known.advance(as_of)
    return known.taken


def without_credited(issued: Sequence[Booking], as_of: date) -> Sequence[Booking]:
    """Return a client's issued rows without the invoices that credit notes take by a day, and without those notes."""
    taken = taken_by(issued, as_of)
    return [row for position, row in enumerate(issued) if position not in taken] if taken else issued

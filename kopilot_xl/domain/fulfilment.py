"""How the plans of the log take the invoices that fulfil them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kopilot_xl.domain.credits import cents
from kopilot_xl.domain.transactions import Booking

EARLY = timedelta(days=30)
"""An invoice may be dated this much before the planned date and still fulfil the plan."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the log for one client. `position` is its place in the log."""

    position: int
    recorded: date
    day: date
    amount: float


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """The invoices that one plan took, in order of date.

    Source: docs/rules.md, "Actions".
    """

    plan: Plan
    invoices: Sequence[Booking]

    @property
    def invoiced(self) -> float:
        """What they bill, blank amounts left out."""
        return sum(cents(amount) for _, amount in self.invoices if amount is not None) / 100

    @property
    def is_enough(self) -> bool:
        """Whether the plan is fulfilled: half of its amount is invoiced, or an invoice has no amount."""
        if any(amount is None for _, amount in self.invoices):
            return True
        return bool(self.invoices) and 2 * cents(self.invoiced) >= cents(self.plan.amount)

    @property
    def rest(self) -> float:
        """What is still to be invoiced of a plan that is not fulfilled."""
        return (cents(self.plan.amount) - cents(self.invoiced)) / 100 if self.invoices else self.plan.amount


def fulfil(plans: Sequence[Plan], invoices: Sequence[Booking]) -> list[Fulfilment]:
    """Let plans take invoices, and return what came of each, in the order in which they took.

    By planned date, a plan goes through the invoices and takes whole ones that no plan took, dated on or after its
    recording date and at most `EARLY` before the planned date, until their sum is at least its amount.

    Args:
        plans: the plans of one client, in the order of recording.
        invoices: its invoices in order of date, those that credit notes took left out.
    """
    days = [day for day, _ in invoices]
    following = list(range(len(invoices) + 1))  # by index of an invoice: one at or after it that may be free

    def free(index: int) -> int:
        while following[index] != index:
            following[index] = following[following[index]]
            index = following[index]
        return index

    found = []
    for plan in sorted(plans, key=lambda plan: plan.day):
        wanted, mine = cents(plan.amount), []
        index = free(bisect_left(days, max(plan.recorded, plan.day - EARLY)))
        while index < len(invoices):
            amount = invoices[index][1]
            mine.append(invoices[index])
            following[index] = index + 1
            if amount is None or (wanted := wanted - cents(amount)) <= 0:
                break
            index = free(index)
        found.append(Fulfilment(plan, mine))
    return found


class OpenPlans:
    """The plans of one client that are not fulfilled by what is known, kept up to date from day to day.

    The same as `fulfil` says, for a client whose invoices are not taken back. A plan takes no invoice from before its
    recording date; so on a later day, who took the invoices of the days before it is settled.
    """

    def __init__(self, invoices: Sequence[Booking]) -> None:
        """Take the invoices of a client, in order of date."""
        self._invoices = invoices
        self._settled = 0
        self._wanted: dict[int, tuple[int, int]] = {}
        """cents planned and still wanted by the number of a plan"""
        self._hungry: list[tuple[date, int]] = []
        """planned date and number of those that go on taking invoices, in the order in which they take"""
        self._open: list[tuple[date, int]] = []
        """the same of those not fulfilled"""

    def add(self, plan: Plan) -> None:
        """Add a plan recorded on or after the day advanced to last."""
        number = len(self._wanted)
        self._wanted[number] = cents(plan.amount), cents(plan.amount)
        insort(self._hungry, (plan.day, number))
        insort(self._open, (plan.day, number))

    def advance(self, day: date) -> None:
        """Settle who takes the invoices dated before a day."""
        while self._settled < len(self._invoices) and self._invoices[self._settled][0] < day:
            on, amount = self._invoices[self._settled]
            self._settled += 1
            if not self._hungry or self._hungry[0][0] - EARLY > on:
                continue
            plan = self._hungry[0]
            planned, wanted = self._wanted[plan[1]]
            still = 0 if amount is None else wanted - cents(amount)
            self._wanted[plan[1]] = planned, still
            if amount is None or still <= 0:
                self._hungry.pop(0)
            if amount is None or 2 * still <= planned < 2 * wanted:
                self._close(plan)

    def _close(self, plan: tuple[date, int]) -> None:
        at = bisect_left(self._open, plan)
        if at < len(self._open) and self._open[at] == plan:
            del self._open[at]

    def any_between(self, day: date, last: date) -> bool:
        """Tell whether a plan is not fulfilled that is dated after a day, which is the one advanced to, up to a last.

        The invoices of the day itself are looked at too, but not settled: another plan may be recorded on it.
        """
        fulfilled: set[int] = set()
        hungry, wanted = 0, None
        for index in range(self._settled, len(self._invoices)):
            on, amount = self._invoices[index]
            if on > day or hungry == len(self._hungry) or self._hungry[hungry][0] - EARLY > day:
                break
            number = self._hungry[hungry][1]
            planned, before = self._wanted[number]
            wanted = before if wanted is None else wanted
            wanted = 0 if amount is None else wanted - cents(amount)
            if amount is None or 2 * wanted <= planned:
                fulfilled.add(number)
            if amount is None or wanted <= 0:
                hungry, wanted = hungry + 1, None
        first, end = (
            bisect_left(self._open, (day + timedelta(days=1), 0)),
            bisect_left(self._open, (last, len(self._wanted))),
        )
        return any(self._open[at][1] not in fulfilled for at in range(first, end))

"""The rule that knows the clients: who was invoiced when, how much, and what clients won of late bring."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from kopilot_xl.domain.forecasting import chances as learned
from kopilot_xl.domain.forecasting.chances import GAPS, OLDEST, ROWS, Table
from kopilot_xl.domain.forecasting.months import YEAR, Past

MEMORY = 36
"""The chances are learned from the client-months of so many months, the last ones."""
AMOUNTS = 6
"""A client's amount is that of so many of its invoiced months, the last ones."""
USUAL_WEIGHT = 0.5
"""How much the usual amount counts beside a client's own, which count with the square of their number.

So that one invoice is half believed, and six nearly wholly: or a lost giant would leave too much behind.
"""
_WEIGHTS = [1 / (count**2 + USUAL_WEIGHT) for count in range(AMOUNTS + 1)]
"""The weight of an amount, by how many of a client's own months are in it."""
USUAL_MONTHS = 24
MOST_MEDIANS = 5
"""An amount counts for at most so many medians towards the usual one, or one giant would lift every client."""
OPENING = 6
"""Clients first invoiced in so many months of the book are not known to be new."""
COHORTS = 24
"""New clients are those first invoiced in so many months, the last ones."""
SURPRISE = 2.0
"""By how many standard deviations half a year of arrivals differs from the half before, for the new pace to count."""
PACE_KNOWN = 15
"""Before so many months are known, the pace of arrivals is that of the last half-year."""


class Clients:
    """The state of every client at the end of a month, and what was learned up to it; rolled on month by month."""

    def __init__(self, past: Past, learn_from: int = 0) -> None:
        """Begin before the first month.

        Args:
            past: what was invoiced.
            learn_from: the index of the first month whose client-months are counted, so that no more are counted than
                are needed.
        """
        self._past = past
        self._learn_from = learn_from
        self.known = 0
        """how many months were rolled over"""
        count = len(past.clients)
        self.months: list[list[int]] = [[] for _ in range(count)]
        self.amounts: list[list[float]] = [[] for _ in range(count)]
        self.row = [0] * count
        self.weight = [0.0] * count
        """how much of the usual amount is in the client's amount, in parts of `USUAL_WEIGHT`"""
        self.own = [0.0] * count
        """what its own months give to its amount"""
        width = len(past.by_client) + 1
        self._own_by: list[list[float]] = [[0.0] * width for _ in range(ROWS)]
        self._weight_by: list[list[float]] = [[0.0] * width for _ in range(ROWS)]
        self._count_by: list[list[float]] = [[0.0] * width for _ in range(ROWS)]
        self._counted: deque[tuple[Table, Table]] = deque()
        self._seen: Table = _zeros()
        self._invoiced: Table = _zeros()
        self._recent: deque[list[float]] = deque(maxlen=USUAL_MONTHS)
        self._first = [-1] * count
        self._won = [0] * width
        """first invoices by month"""
        self._brought = [[0.0] * (YEAR + 2) for _ in range(width)]
        """what the clients first invoiced in a month brought, by their age in months"""

    def roll(self) -> None:
        """Take in the next month."""
        month = self.known
        counts = month >= self._learn_from
        seen = self._by_since(self._count_by) if counts else _zeros()
        invoiced = _zeros()
        all_months, first_months = self.months, self._first
        for client, _, amount in self._past.by_client[month]:
            months = all_months[client]
            if amount > 0:
                if months:
                    since = month - 1 - months[-1]
                    invoiced[self.row[client]][since if since < OLDEST else OLDEST] += 1
                    self._leave(client)
                elif first_months[client] < 0:
                    first_months[client] = month
                    self._won[month] += 1
                months.append(month)
                self.amounts[client].append(amount)
                self._enter(client)
            elif months:
                self._credit(client, -amount)
            age = month - first_months[client]
            if age < YEAR + 2 and age <= month:
                self._brought[month - age][age] += amount
        if counts:
            self._counted.append((seen, invoiced))
            self._seen, self._invoiced = _added(self._seen, seen), _added(self._invoiced, invoiced)
            if len(self._counted) > MEMORY:
                old_seen, old_invoiced = self._counted.popleft()
                self._seen, self._invoiced = _taken(self._seen, old_seen), _taken(self._invoiced, old_invoiced)
        self._recent.append(sorted([amount for _, _, amount in self._past.by_client[month] if amount > 0]))
        self.known += 1

    def _credit(self, client: int, amount: float) -> None:
        """Take a credit note off the latest invoiced month it fits into; one that it empties was none."""
        months, amounts = self.months[client], self.amounts[client]
        for at in range(len(months) - 1, -1, -1):
            if amounts[at] >= amount - 0.005:
                self._leave(client)
                amounts[at] -= amount
                if amounts[at] < 0.005:
                    del months[at], amounts[at]
                if months:
                    self._enter(client)
                return

    def _leave(self, client: int) -> None:
        row, last = self.row[client], self.months[client][-1]
        self._own_by[row][last] -= self.own[client]
        self._weight_by[row][last] -= self.weight[client]
        self._count_by[row][last] -= 1

    def _enter(self, client: int) -> None:
        # Once for each invoiced month of every client: what `_row` and `_amount` say, without calling them.
        months = self.months[client]
        count, last = len(months), months[-1]
        if count == 1:
            row = 0
        else:
            gaps = count - 1 if count <= GAPS else GAPS
            row = learned.row_of(count, (last - months[-gaps - 1]) / gaps)
        kept = count if count < AMOUNTS else AMOUNTS
        weight = _WEIGHTS[kept]
        own = sum(self.amounts[client][-kept:]) * kept * weight
        self.row[client], self.own[client], self.weight[client] = row, own, weight
        self._own_by[row][last] += own
        self._weight_by[row][last] += weight
        self._count_by[row][last] += 1

    def _by_since(self, table: Table) -> list[list[float]]:
        """A table by row and last month, read by row and months since the last one."""
        last = self.known - 1
        early = max(last - OLDEST + 1, 0)
        padding = [0.0] * (OLDEST - (last + 1 - early))
        return [[*row[early : last + 1][::-1], *padding, sum(row[:early])] for row in table]

    def usual_amount(self) -> float:
        """Return what an invoiced month brings, over all clients and the last 24 months; no giant counts in full."""
        amounts = sorted(chain.from_iterable(self._recent))
        if not amounts:
            return 0.0
        most = MOST_MEDIANS * (amounts[(len(amounts) - 1) // 2] + amounts[len(amounts) // 2]) / 2
        within = bisect_right(amounts, most)
        return (sum(amounts[:within]) + most * (len(amounts) - within)) / len(amounts)

    def arrivals(self) -> float:
        """Return how many clients are won in a month, by the pace of the last year, or half-year where it changed."""
        year = self._won[max(self.known - YEAR, 0) : self.known]
        half = min(YEAR // 2, len(year))
        late, early = sum(year[-half:]), sum(year[:-half])
        if self.known < PACE_KNOWN or abs(late - early) > SURPRISE * (late + early) ** 0.5:
            return late / half
        return (late + early) / len(year)

    def brought_by_age(self) -> list[float]:
        """Return what a client won of late brings in the month it is won, the next one, and so on for 13 months."""
        cohorts = range(max(self.known - COHORTS, OPENING), self.known)
        means = []
        for age in range(YEAR + 1):
            old_enough = [first for first in cohorts if first + age < self.known]
            brought = sum(self._brought[first][age] for first in old_enough)
            means.append(max(brought, 0.0) / (sum(self._won[first] for first in old_enough) + 2))
        return means

    def view(self, share_after: float) -> View:
        """Return what is expected, seen from the as-of date's day of the month after the last one rolled over.

        Args:
            share_after: the share of that month's amount that comes after the day; 0 where the day ends the last month.
        """
        chances = learned.learn(self._seen, self._invoiced)
        running: dict[int, tuple[int, float, float]] = {}
        own, weight = self._by_since(self._own_by), self._by_since(self._weight_by)
        if not self._past.ended and self.known < len(self._past.by_client):
            for client, before, _ in self._past.by_client[self.known]:
                if before > 0:
                    self._begin(client, before, running, own, weight)
        return View(
            chances, own, weight, self.usual_amount(), running, self.arrivals(), self.brought_by_age(),
            share_after, self._past.ended,
        )  # fmt: skip

    def _begin(
        self, client: int, amount: float, running: dict[int, tuple[int, float, float]],
        own: list[list[float]], weight: list[list[float]],
    ) -> None:  # fmt: skip
        """Take a client that was invoiced in the running month out of the tables, and note its state there."""
        months = self.months[client]
        if months:
            since = min(self.known - 1 - months[-1], OLDEST)
            own[self.row[client]][since] -= self.own[client]
            weight[self.row[client]][since] -= self.weight[client]
        running[client] = (
            _row([*months[-GAPS:], self.known], len(months) + 1),
            *_amount([*self.amounts[client][1 - AMOUNTS :], amount]),
        )


@dataclass(frozen=True)
class View:
    """What the clients are expected to bring, seen from a day.

    Attributes:
        chances: of each state, to be invoiced in a month.
        own: for each state, the sum of what its clients' own months give to their amounts.
        weight: for each state, the sum of their weights of the usual amount.
        usual: the usual amount of an invoiced month.
        running: the clients invoiced in the running month: their row at its end, and own and weight then.
        arrivals: clients won in a month.
        by_age: what a new client brings, month by month.
        share_after: the share of the running month's amount that comes after the day.
        ended: whether the day ends its month, so that there is no running month.
    """

    chances: Table
    own: Table
    weight: Table
    usual: float
    running: dict[int, tuple[int, float, float]]
    arrivals: float
    by_age: Sequence[float]
    share_after: float
    ended: bool

    def tables(self) -> list[list[list[float]]]:
        """Return each state's chance in each month looked at, the rest of the running month first unless it ended.

        The states are those at the end of the last whole month, of clients not invoiced since.
        """
        months = learned.ahead(self.chances)
        if self.ended:
            return months
        rest = [[learned.in_rest(chance, self.share_after) for chance in row] for row in self.chances]
        return [rest, *(learned.through(self.chances, table, self.share_after) for table in months)]

    def from_clients(self) -> list[float]:
        """Return what the clients of the book bring in each of these months."""
        amounts = [
            [own + USUAL_WEIGHT * self.usual * weight for own, weight in zip(owns, weights, strict=True)]
            for owns, weights in zip(self.own, self.weight, strict=True)
        ]
        rest = []
        if not self.ended:
            brought, amounts = learned.pushed(self.chances, amounts, self.share_after)
            rest.append(brought)
            for row, own, weight in self.running.values():
                amounts[row][0] += own + USUAL_WEIGHT * self.usual * weight
        months = [_dot(amounts, table) for table in learned.ahead(self.chances)]
        return [max(value, 0.0) for value in (*rest, *months)]  # the tables are added to and taken from

    def from_new_clients(self) -> list[float]:
        """Return what clients not yet won bring in each of these months."""
        sums = [self.arrivals * sum(self.by_age[:months]) for months in range(1, YEAR + 1)]
        if self.ended:
            return sums
        rest = self.arrivals * self.share_after
        return [rest * self.by_age[0], *(value + rest * self.by_age[step] for step, value in enumerate(sums, 1))]


def _row(months: Sequence[int], count: int | None = None) -> int:
    """The row of a client, given the months it was invoiced in, or the last ones and how many there are."""
    count = count or len(months)
    if count == 1:
        return 0
    last = months[-GAPS - 1 :]
    return learned.row_of(count, (last[-1] - last[0]) / (len(last) - 1))


def _amount(amounts: Sequence[float]) -> tuple[float, float]:
    """What a client's own months give to its amount, and its weight of the usual amount."""
    last = amounts[-AMOUNTS:]
    weight = _WEIGHTS[len(last)]
    return sum(last) * len(last) * weight, weight


def _zeros() -> list[list[float]]:
    return [[0.0] * (OLDEST + 1) for _ in range(ROWS)]


def _added(one: Table, other: Table) -> Table:
    return [list(map(float.__add__, row, more)) for row, more in zip(one, other, strict=True)]


def _taken(one: Table, other: Table) -> Table:
    return [list(map(float.__sub__, row, less)) for row, less in zip(one, other, strict=True)]


def _dot(one: Table, other: Table) -> float:
    return sum(sum(map(float.__mul__, row, more)) for row, more in zip(one, other, strict=True))

"""What each client is expected to bring: in the mix, without marked clients, and with what is planned."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kopilot_xl.domain.forecasting import chances as learned
from kopilot_xl.domain.forecasting.by_client import USUAL_WEIGHT
from kopilot_xl.domain.forecasting.chances import OLDEST, Table
from kopilot_xl.domain.forecasting.coming import kept, total, with_plans
from kopilot_xl.domain.forecasting.mixing import Backtest, season_factors
from kopilot_xl.domain.forecasting.months import YEAR, Past, Row, month_of

HABIT = 2
"""In how many years a client must have been invoiced in a month of the year for that to be its usual month."""
LOOKED_BACK = 36


class Expectation(NamedTuple):
    """What is expected of one client in the 12 months ahead.

    Attributes:
        amount: what it brings, as a share of the whole forecast; 0 for a marked client.
        chance: the chance that it is invoiced at least once, 0 to 1; 0 for a marked client.
        usual_amount: what an invoiced month of it brings.
        usual_month: the month of the year it is usually invoiced in, 1 to 12; None where it has no such habit.
    """

    amount: float
    chance: float
    usual_amount: float
    usual_month: int | None


class Book:
    """The clients as of the as-of date, and what each of them is expected to bring by the rule By client.

    Months ahead are those looked at: the rest of the running month first, unless it has ended, then the 12 after it.
    """

    def __init__(self, found: Backtest, past: Past) -> None:
        self._past, self._clients, self._view = past, found.clients, found.view
        self.index = {client: index for index, client in enumerate(past.clients)}
        self.months = YEAR + (not past.ended)
        self.factors = season_factors(found.seasons, past.whole, self.months)
        self.tables = found.view.tables()
        self._after = learned.ahead(found.view.chances)
        self.new = [value * factor for value, factor in zip(found.view.from_new_clients(), self.factors, strict=True)]

    def _state(self, index: int) -> tuple[int, int, float] | None:
        """A client's row and months since the last, and the amount of an invoiced month; None if never invoiced."""
        usual = USUAL_WEIGHT * self._view.usual
        if index in self._view.running:
            row, own, weight = self._view.running[index]
            return row, -1, own + usual * weight
        months = self._clients.months[index]
        if not months:
            return None
        since = min(self._past.whole - 1 - months[-1], OLDEST)
        clients = self._clients
        return clients.row[index], since, clients.own[index] + usual * clients.weight[index]

    def by_month(self, client: str) -> list[float] | None:
        """Return what is expected of a client, month by month; None if it was never invoiced."""
        index = self.index.get(client)
        state = None if index is None else self._state(index)
        if state is None:
            return None
        row, since, amount = state
        if since < 0:  # invoiced in the running month: nothing more is expected of its rest
            chances = [0.0, *(table[row][0] for table in self._after)]
        else:
            chances = [table[row][since] for table in self.tables]
        return [amount * chance * factor for chance, factor in zip(chances, self.factors, strict=True)]

    def years(self, scale: Sequence[float]) -> Iterable[tuple[str, float, float, float]]:
        """Return each client invoiced so far with its 12 months, its chance in them, and its usual amount.

        Args:
            scale: what each month looked at is multiplied by.
        """
        weights = [one * factor for one, factor in zip(scale, self.factors, strict=True)]
        year = _weighted(self.tables[-YEAR:], weights[-YEAR:])
        year_after = _weighted(self._after, weights[-YEAR:])
        within_after = learned.within(self._view.chances)
        within: Table = within_after
        if not self._past.ended:
            within = learned.through(self._view.chances, within_after, self._view.share_after)
        for index, client in enumerate(self._past.clients):
            state = self._state(index)
            if state is not None:
                row, since, amount = state
                if since < 0:
                    yield client, amount * year_after[row][0], within_after[row][0], amount
                else:
                    yield client, amount * year[row][since], within[row][since], amount

    def usual_month(self, client: str) -> int | None:
        """Return the month of the year a client is usually invoiced in, 1 to 12; None where it has no such habit.

        It was invoiced in that month in two of the last three years, in no other month as often, and in less than half
        of all months.
        """
        months = self._clients.months[self.index[client]]
        months = months[bisect_left(months, self._past.whole - LOOKED_BACK) :]
        if not HABIT <= len(months) <= LOOKED_BACK // 2:
            return None
        counts: dict[int, int] = {}
        for month in months:
            of_year = (self._past.first + month) % YEAR
            counts[of_year] = counts[of_year] + 1 if of_year in counts else 1
        most = max(counts.values())
        best = [month for month, count in counts.items() if count == most]
        return best[0] + 1 if most >= HABIT and len(best) == 1 else None


def _weighted(tables: Sequence[Table], weights: Sequence[float]) -> list[list[float]]:
    """The sum of tables, each multiplied by its weight."""
    return [
        [sum(map(float.__mul__, column, weights)) for column in zip(*rows, strict=True)]
        for rows in zip(*tables, strict=True)
    ]


@dataclass(frozen=True)
class Plans:
    """What is planned in the months looked at.

    Attributes:
        by_client: the months of each client that is not marked.
        marked: those of each marked client: nothing of it is coming.
        months: how many months are looked at.
    """

    by_client: Mapping[str, Sequence[float]]
    marked: Mapping[str, Sequence[float]]
    months: int

    @classmethod
    def of(cls, rows: Iterable[Row | tuple[str, date, float | None]], past: Past, marked: Collection[str]) -> Plans:
        """Return the plans, given rows after the as-of date; those without an amount plan nothing."""
        start, count = month_of(past.as_of) + past.ended, YEAR + (not past.ended)
        found: dict[str, list[float]] = {}
        gone: dict[str, list[float]] = {}
        for client, day, amount in rows:
            month = day.year * YEAR + day.month - 1 - start
            if amount and amount > 0 and day > past.as_of and 0 <= month < count:
                (gone if client in marked else found).setdefault(client, [0.0] * count)[month] += amount
        return cls(found, gone, count)

    @property
    def total(self) -> list[float]:
        """What is planned in each month."""
        return total(self.by_client.values(), self.months)


class Adjusted:
    """A line of months ahead without the marked clients, and with what is planned.

    What each client brings is scaled, month by month, so that all of them together bring what the line expects.
    """

    def __init__(self, book: Book, marked: Sequence[Sequence[float]], plans: Plans, by_client: Sequence[float]) -> None:
        self._book, self._plans = book, plans
        lost = total(marked, book.months)
        self._kept = kept(by_client, lost)
        self._left = [max(value - gone, 0.0) for value, gone in zip(by_client, lost, strict=True)]
        self._expected = {client: book.by_month(client) for client in plans.by_client}

    def scale(self, line: Sequence[float]) -> list[float]:
        """Return what each month of By client, without the marked clients, is multiplied by to give a line."""
        left = self.without_marked(line)
        return [max(value, 0.0) / base if base > 0 else 0.0 for value, base in zip(left, self._left, strict=True)]

    def without_marked(self, line: Sequence[float]) -> list[float]:
        """Return a line without what the marked clients would bring: every line falls alike."""
        return [value * share for value, share in zip(line, self._kept, strict=True)]

    def adjusted(self, line: Sequence[float]) -> list[float]:
        """Return the line as it is expected; no month is below what is planned in it."""
        values = self.without_marked(line)
        planned = self._plans.total
        for _, before, after in self.changes(line):
            values = [value - one + other for value, one, other in zip(values, before, after, strict=True)]
        return list(map(max, values, planned))

    def changes(self, line: Sequence[float]) -> Iterable[tuple[str, list[float], list[float]]]:
        """Return each client with plans, what was expected of it, and what is expected with them.

        Clients never invoiced are one client, with a blank key, of which is expected what new clients bring.

        Args:
            line: the line that all clients together give.
        """
        scale = self.scale(line)
        for client, months in self._expected.items():
            if months is not None:
                before = list(map(float.__mul__, months, scale))
                yield client, before, with_plans(before, self._plans.by_client[client])
        before = list(map(float.__mul__, self._book.new, scale))
        planned = total(self.never_invoiced.values(), self._book.months)
        dropped = [months for client, months in self._plans.marked.items() if self._book.by_month(client) is None]
        yield "", before, with_plans(before, planned, total(dropped, self._book.months))

    @property
    def never_invoiced(self) -> dict[str, Sequence[float]]:
        """What is planned with clients never invoiced."""
        return {client: self._plans.by_client[client] for client, months in self._expected.items() if months is None}

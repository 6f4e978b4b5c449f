"""The ways to forecast the coming months from the months behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cached_property

from kopilot_xl.domain.sales import YEAR, Sales

STRAIGHT = 36
"""How many months the line of `Scenario.STATISTICS` is fitted to."""


class Scenario(StrEnum):
    """A way to tell the months ahead from the past. The value is the name a reader sees.

    Source: docs/rules.md, "The forecast".
    """

    AS_LAST_YEAR = "As last year"
    CURRENT_GROWTH = "Current growth"
    TREND = "Trend"
    STATISTICS = "Statistics"
    SEASONAL_MODEL = "Seasonal model"

    @property
    def formula(self) -> str:
        """How a month ahead is computed, in one sentence."""
        return _FORMULAS[self]

    @property
    def months(self) -> int:
        """How many whole months of sales it needs."""
        return _NEEDED[self]


_FORMULAS = {
    Scenario.AS_LAST_YEAR: "The same month a year before.",
    Scenario.CURRENT_GROWTH: "The same month a year before × the last 12 months ÷ the 12 before them.",
    Scenario.TREND: "The average of the 12 months before it, forecast ones among them (moving average of base 12).",
    Scenario.STATISTICS: "The straight line that fits the last 36 months best (least squares), not below zero.",
    Scenario.SEASONAL_MODEL: "Exponential smoothing, not below zero; whether with trend and seasons, the AICc decides.",
}
_NEEDED = {
    Scenario.AS_LAST_YEAR: YEAR,
    Scenario.CURRENT_GROWTH: 2 * YEAR,
    Scenario.TREND: YEAR,
    Scenario.STATISTICS: STRAIGHT,
    Scenario.SEASONAL_MODEL: 2 * YEAR,
}

Months = Sequence[float]
Model = Callable[[Sequence[Months]], Sequence[Months | None]]
"""What fits a model: given what was known on dates, the earliest first, the 12 months after each; None for no fit."""


class _Past:
    """What was known on a date: months by their place in `Sales.months`, which is that of the running month then."""

    def __init__(self, sales: Sales) -> None:
        self.sales = sales
        self.months = sales.months
        self.today = len(sales.months) - 1
        self.last_whole = self.today if sales.ended else self.today - 1

    def whole(self, at: int) -> int:
        """How many whole months were known."""
        return at + self.sales.ended if self.sales.whole else 0

    def rest(self, at: int) -> float:
        """What the running month is taken to bring after the day: as the same month a year before."""
        return self.sales.after[at - YEAR] if at >= YEAR else 0.0

    def known(self, at: int) -> list[float]:
        """The months known, the running one last: sold so far, and its rest."""
        return [*self.months[:at], self.sales.before[at] + self.rest(at)]

    def level(self, at: int) -> float:
        """The size of an average month of the last 12 known."""
        months = self.known(at)[-YEAR:]
        return sum(map(abs, months)) / len(months)

    def year_to(self, at: int) -> float:
        """The sum of the 12 months that ended on the day in the month at a place."""
        start = at - YEAR
        return (
            (self.sales.after[start] if start >= 0 else 0.0) + sum(self.months[start + 1 : at]) + self.sales.before[at]
        )

    @cached_property
    def scale(self) -> float:
        """What a whole month differs from the same month a year before on average."""
        differences = [abs(self.months[at] - self.months[at - YEAR]) for at in range(YEAR, self.last_whole + 1)]
        return sum(differences) / len(differences) if differences else 0.0


def _as_last_year(past: _Past, at: int) -> Months:
    """y(t + h) = y(t + h − 12), where y(t) is the running month with its rest."""
    return past.known(at)[-YEAR:]


def _current_growth(past: _Past, at: int) -> Months | None:
    """y(t + h) = y(t + h − 12) × (the year that ends on the day ÷ the year before it); None where that is no growth."""
    last, before = past.year_to(at), past.year_to(at - YEAR)
    if before <= 0 or last < 0:
        return None
    return [each * (last / before) for each in _as_last_year(past, at)]


def _trend(past: _Past, at: int) -> Months:
    """y(t + h) = (y(t + h − 1) + … + y(t + h − 12)) ÷ 12, from forecast months where there are no others."""
    months = past.known(at)[-YEAR:]
    for _ in range(YEAR):
        months.append(sum(months[-YEAR:]) / YEAR)
    return months[-YEAR:]


def _statistics(past: _Past, at: int) -> Months:
    """y(t + h) = max(a + b (t + h), 0), where a and b make Σ (y(s) − a − b s)² least over the last 36 months s."""
    months = past.known(at)[-STRAIGHT:]
    middle, mean = (STRAIGHT - 1) / 2, sum(months) / STRAIGHT
    slope = sum((x - middle) * (y - mean) for x, y in enumerate(months)) / sum(
        (x - middle) ** 2 for x in range(STRAIGHT)
    )
    return [max(mean + slope * (x - middle), 0.0) for x in range(STRAIGHT, STRAIGHT + YEAR)]


_RULES: dict[Scenario, Callable[[_Past, int], Months | None]] = {
    Scenario.AS_LAST_YEAR: _as_last_year,
    Scenario.CURRENT_GROWTH: _current_growth,
    Scenario.TREND: _trend,
    Scenario.STATISTICS: _statistics,
}

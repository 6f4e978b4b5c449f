"""How the months of the year differ from one another: factors, as strong as the past can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kopilot_xl.domain.forecasting.months import YEAR

FEWEST_MONTHS = 14
"""From how many known months on seasons are looked for."""
LEAST_FACTOR = 0.05


@dataclass(frozen=True)
class Seasons:
    """What each month of the year adds to the level of the months, or multiplies it by.

    Attributes:
        effects: one for each month of the year; the first belongs to the first month of the series.
        multiply: whether they are factors (around 1) or amounts (around 0).
    """

    effects: Sequence[float]
    multiply: bool

    @classmethod
    def of(cls, months: Sequence[float]) -> Seasons:
        """Return the seasons of monthly sums, the earliest first."""
        if len(months) < FEWEST_MONTHS:
            return NONE
        levels = _levels(months)
        known = [index for index, level in enumerate(levels) if level is not None]
        multiply = min(months) >= 0 and all((levels[index] or 0.0) > 0 for index in known)
        by_month: list[list[float]] = [[] for _ in range(YEAR)]
        for index in known:
            level = levels[index] or 0.0
            by_month[index % YEAR].append(months[index] / level if multiply else months[index] - level)
        if not all(by_month):
            return NONE
        return cls(_shrunk(by_month, 1.0 if multiply else 0.0), multiply)

    def without(self, months: Sequence[float]) -> list[float]:
        """Return monthly sums with the seasons taken out."""
        if self.multiply:
            return [value / self.effects[index % YEAR] for index, value in enumerate(months)]
        return [value - self.effects[index % YEAR] for index, value in enumerate(months)]

    def at(self, index: int, level: float) -> float:
        """Return a month's sum, given its index in the series and its level without seasons."""
        effect = self.effects[index % YEAR]
        return level * effect if self.multiply else level + effect

    def half(self, index: int) -> float:
        """Return half of a month's factor, around 1; 1 where the seasons are amounts."""
        return 1 + (self.effects[index % YEAR] - 1) / 2 if self.multiply else 1.0


NONE = Seasons((1.0,) * YEAR, multiply=True)


def _levels(months: Sequence[float]) -> list[float | None]:
    """The level of each month without its season; None where it cannot be computed.

    From 36 months on the centred mean of 12; before, a straight line through the mean of the last 24. Its slope is
    that from each month to the same one a year later, which seasons do not bend as they bend a fitted line.
    """
    count = len(months)
    if count >= 3 * YEAR:
        half = YEAR // 2
        levels: list[float | None] = [None] * half
        for index in range(half, count - half):
            inner = sum(months[index - half + 1 : index + half])
            levels.append((inner + (months[index - half] + months[index + half]) / 2) / YEAR)
        return levels + [None] * half
    window = min(count, 2 * YEAR)
    mean = sum(months[-window:]) / window
    steps = [months[index] - months[index - YEAR] for index in range(YEAR, count)]
    slope = sum(steps) / len(steps) / YEAR * min(max((count - YEAR) / YEAR, 0.5), 1.0)
    middle = count - (window + 1) / 2
    return [mean + slope * (index - middle) for index in range(count)]


def _shrunk(by_month: Sequence[Sequence[float]], centre: float) -> list[float]:
    """The mean effect of each month of the year, drawn to `centre` by as much of it as chance explains."""
    means = [sum(values) / len(values) for values in by_month]
    shift = sum(means) / YEAR - centre
    means = [mean - shift for mean in means]
    count = sum(map(len, by_month))
    squares = sum((value - shift - mean) ** 2 for values, mean in zip(by_month, means, strict=True) for value in values)
    noise = squares / max(count - YEAR, 1) * sum(1 / len(values) for values in by_month) / YEAR
    between = sum((mean - centre) ** 2 for mean in means) / (YEAR - 1)
    strength = max(0.0, 1 - noise / between) if between > 0 else 0.0
    effects = [centre + strength * (mean - centre) for mean in means]
    return [max(effect, LEAST_FACTOR) for effect in effects] if centre else effects

"""The two rules that look at monthly totals alone: Theta, and Trend."""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.domain.forecasting.months import YEAR
from kopilot_xl.domain.forecasting.seasons import Seasons

SMOOTHINGS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)


def theta(months: Sequence[float], seasons: Seasons, ahead: int) -> list[float]:
    """Return the months ahead by the Theta method (Assimakopoulos and Nikolopoulos 2000).

    The months without their seasons are smoothed exponentially, and drift on by half the slope of the straight line
    through them (Hyndman and Billah 2003). The slope is kept within half the level lost, or the level won, in a year:
    without that a firm in its second year would be expected to double for ever.

    Args:
        months: the whole months known, the earliest first.
        seasons: their seasons.
        ahead: how many months to return.
    """
    adjusted = seasons.without(months)
    count = len(adjusted)
    smoothing, level = min((_smoothed(adjusted, alpha) for alpha in SMOOTHINGS), key=lambda found: found[0])[1:]
    middle, mean = (count - 1) / 2, sum(adjusted) / count
    slope = sum((index - middle) * (value - mean) for index, value in enumerate(adjusted))
    slope /= sum((index - middle) ** 2 for index in range(count))
    slope = min(max(slope, -abs(level) / (2 * YEAR)), abs(level) / YEAR)
    lead = (1 - (1 - smoothing) ** count) / smoothing
    levels = [level + slope / 2 * (step - 1 + lead) for step in range(1, ahead + 1)]
    return _with_seasons(levels, months, seasons)


def trend(months: Sequence[float], seasons: Seasons, ahead: int) -> list[float]:
    """Return the months ahead as the mean of the last 12, their seasons taken out and put back; see `theta`."""
    adjusted = seasons.without(months)[-YEAR:]
    return _with_seasons([sum(adjusted) / len(adjusted)] * ahead, months, seasons)


def _smoothed(values: Sequence[float], alpha: float) -> tuple[float, float, float]:
    """The sum of squared errors one month ahead, the smoothing itself, and the last level."""
    start = values[:YEAR]
    level = sum(start) / len(start)
    squares = 0.0
    for value in values:
        error = value - level
        squares += error * error
        level += alpha * error
    return squares, alpha, level


def _with_seasons(levels: Sequence[float], months: Sequence[float], seasons: Seasons) -> list[float]:
    """Months ahead from their levels; none is below zero, for more credit than invoices is nothing to plan with."""
    return [max(seasons.at(len(months) + step, level), 0.0) for step, level in enumerate(levels)]

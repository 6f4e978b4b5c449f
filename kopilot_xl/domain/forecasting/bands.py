"""How far off the mix was on past dates, and so where a month and a year ahead will lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from kopilot_xl.domain.forecasting.mixing import Ahead, Origin
from kopilot_xl.domain.forecasting.months import YEAR

SURE = 0.8
"""How often a band is to hold."""
HOLDS = (0.7, 0.9)
"""A band that held this often in the past may be called one of 8 in 10."""
FEWEST_ERRORS = 10
"""From how many known errors on there is a band."""
FEWEST_TOTALS = 5
"""From how many past sums of months on the error of a year is known."""
YOUNG = 14
"""What was forecast from fewer months says little of a forecast from more."""
ENOUGH_DATES = 5
"""How many dates with more months there must be for those with fewer to be left out."""


@dataclass(frozen=True)
class Curve:
    """The error of the mix by months ahead, as shares of an average month.

    Attributes:
        dates: on how many past dates it was tried.
        error: the mean error 1 to 12 months ahead, non-decreasing; a few dates make it larger.
        width: half the band's width; None below 10 errors.
    """

    dates: int
    error: Sequence[float]
    width: Sequence[float] | None

    @property
    def mean(self) -> float:
        """The mean error over the 12 months."""
        return sum(self.error) / YEAR


def curve(origins: Sequence[Origin], totals: Sequence[float], whole: int) -> Curve | None:
    """Return the mix's errors on past dates, by what is known once `whole` months are; None where nothing is."""
    dates = dates_to_learn_from(origins, whole)
    errors = [_scaled(date, totals, whole) for date in dates]
    by_horizon = [[row[step] for row in errors if step < len(row)] for step in range(YEAR)]
    known = [values for values in by_horizon if values]
    if not known:
        return None
    means = rising([sum(values) / len(values) for values in known], [len(values) for values in known])
    means += [means[-1]] * (YEAR - len(means))
    few = 1 + 2 / len(dates)
    ratios = sorted(
        error / mean if mean else 0.0 for mean, values in zip(means, by_horizon, strict=True) for error in values
    )
    rank = ceil(SURE * (len(ratios) + 1))
    width = None
    if len(ratios) >= FEWEST_ERRORS:
        width = [ratios[rank - 1] * mean * few for mean in means]
    return Curve(len(dates), [mean * few for mean in means], width)


def dates_to_learn_from(origins: Sequence[Origin], whole: int) -> list[Origin]:
    """Return the past dates of which something is known once `whole` months are."""
    dates = [date for date in origins if date.start < whole and date.level]
    older = [date for date in dates if date.whole >= YOUNG]
    return older if len(older) >= ENOUGH_DATES else dates


def _scaled(date: Origin, totals: Sequence[float], whole: int) -> list[float]:
    return [abs(error) / date.level for error in date.errors(date.mixed.months, totals, whole)]


def rising(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the non-decreasing values closest to others (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many values
    for value, weight in zip(values, weights, strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    return [mean for mean, _, count in blocks for _ in range(count)]


@dataclass(frozen=True)
class Held:
    """How bands made on past dates, of what was known then, held.

    Attributes:
        cases: how many past months they were tried on.
        held: how many of those lay within.
    """

    cases: int
    held: int

    @property
    def coverage(self) -> float | None:
        """The share of the months that lay within; None where there are none."""
        return self.held / self.cases if self.cases else None

    @property
    def trusted(self) -> bool:
        """Whether the band held about as often as it should, so that it may be called one of 8 in 10."""
        return self.coverage is not None and HOLDS[0] <= self.coverage <= HOLDS[1]


def held(origins: Sequence[Origin], totals: Sequence[float], whole: int) -> Held:
    """Return how the bands of past dates held, each made as today's is."""
    cases = within = 0
    for at, date in enumerate(origins):
        found = curve(origins[:at], totals, date.whole)
        if found is None or found.width is None or not date.level:
            continue
        for width, error in zip(found.width, _scaled(date, totals, whole), strict=False):
            cases += 1
            within += error <= width
    return Held(cases, within)


def _mix(origin: Origin) -> Ahead:
    return origin.mixed


@dataclass(frozen=True)
class TotalError:
    """How far off the mix's sum of months was on past dates, as shares of what so many average months bring.

    Attributes:
        dates: how many past dates tell.
        months: how many months were added up, 12 where the past is long enough.
        error: the mean error; a few dates make it larger.
        width: half the width of the range of a year.
    """

    dates: int
    months: int
    error: float
    width: float


def total_error(
    origins: Sequence[Origin], totals: Sequence[float], whole: int, of: Callable[[Origin], Ahead] = _mix
) -> TotalError | None:
    """Return the error of the sum of the longest stretch that 5 past dates know; None where there is none.

    Args:
        origins: the past dates, the earliest first.
        totals: what was invoiced in each month.
        whole: how many whole months are known.
        of: gives the line that is looked at, by default the mix.
    """
    dates = dates_to_learn_from(origins, whole)
    for months in range(YEAR, 0, -1):
        known = [date for date in dates if date.start + months <= whole]
        if len(known) >= FEWEST_TOTALS:
            errors = sorted(
                abs(sum(date.errors(of(date).months[:months], totals, whole))) / (months * date.level) for date in known
            )
            few = 1 + 2 / len(known)
            rank = min(ceil(SURE * (len(errors) + 1)), len(errors))
            return TotalError(len(known), months, sum(errors) / len(errors) * few, errors[rank - 1] * few)
    return None

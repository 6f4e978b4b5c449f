"""How far each way to forecast was off on a past that was known then."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from kopilot_xl.domain.sales import YEAR
from kopilot_xl.domain.scenarios import _RULES, Model, Months, Scenario, _Past

MOST_DATES = 120
"""How many past dates are looked at, the last ones."""
MODEL_DATES = 24
"""The same where a model has to be fitted anew on each."""
SURE = 0.8
"""How often the band is to hold."""


@dataclass(frozen=True)
class Accuracy:
    """How far a scenario was off on past dates: the same ones for all scenarios that are compared.

    Attributes:
        dates: how many past dates.
        error: the mean absolute error of a month, in currency.
        share: the same as a share of what a month was; None where nothing was sold.
        mase: the error ÷ what a month differs from the same month a year before on average, over the whole past
            (mean absolute scaled error, Hyndman and Koehler 2006, seasonal); None where they never differ.
        by_horizon: the mean absolute error by months ahead, 1 to 12; None where no past date tells.
        mase_by_horizon: the same ÷ what `mase` is scaled by.
    """

    dates: int
    error: float
    share: float | None
    mase: float | None
    by_horizon: Sequence[float | None]
    mase_by_horizon: Sequence[float | None]


@dataclass(frozen=True)
class Band:
    """Where a month will lie in 8 of 10 cases, as the scenario's own past errors tell.

    Attributes:
        low: the lower ends by month; None for a month too far ahead for the past to tell.
        high: the upper ends.
        cases: on how many past months the band, made of what was known then, was tried.
        held: in how many of them the month lay in it.
    """

    low: Sequence[float | None]
    high: Sequence[float | None]
    cases: int
    held: int

    @property
    def coverage(self) -> float | None:
        """The share of the cases in which it held; None where there are none."""
        return self.held / self.cases if self.cases else None


@dataclass(frozen=True)
class _Trial:
    """An error of a past forecast: made when, for which month, what was told and what came."""

    made: int
    month: int
    told: float
    came: float
    level: float
    """an average month of the 12 before"""

    @property
    def ahead(self) -> int:
        return self.month - self.made

    @property
    def off(self) -> float:
        return abs(self.told - self.came)


@dataclass(frozen=True)
class _Trials:
    """A scenario on the as-of date, and on each past date it can be computed for and something came after."""

    scenario: Scenario
    now: Months | None
    errors: Mapping[int, Sequence[_Trial]]

    @classmethod
    def of(cls, scenario: Scenario, past: _Past, model: Model | None) -> _Trials:
        dates = range(max(past.last_whole - (MODEL_DATES if model else MOST_DATES), 0), past.last_whole)
        fit = [at for at in (*dates, past.today) if past.whole(at) >= scenario.months]
        if model:
            told = model([past.known(at) for at in fit]) if fit else []
        else:
            told = [_RULES[scenario](past, at) for at in fit]
        known = {at: months for at, months in zip(fit, told, strict=True) if months is not None}
        now = known.pop(past.today, None)
        errors = {
            at: [
                _Trial(at, month, value, past.months[month], past.level(at))
                for month, value in enumerate(months, at + 1)
                if month <= past.last_whole
            ]
            for at, months in known.items()
        }
        return cls(scenario, now, errors)


def _accuracy(trials: _Trials, dates: Sequence[int], past: _Past) -> Accuracy:
    cases = [each for at in dates for each in trials.errors[at]]
    error = sum(each.off for each in cases) / len(cases)
    size = sum(abs(each.came) for each in cases) / len(cases)
    by_horizon: list[float | None] = []
    for ahead in range(1, YEAR + 1):
        off = [each.off for each in cases if each.ahead == ahead]
        by_horizon.append(sum(off) / len(off) if off else None)
    mase, *mase_by_horizon = (
        each / past.scale if past.scale and each is not None else None for each in (error, *by_horizon)
    )
    return Accuracy(len(dates), error, error / size if size else None, mase, by_horizon, mase_by_horizon)


def _band(trials: _Trials, past: _Past) -> Band:
    """The band of each month from the errors of forecasts about as far ahead, and how it held on past dates.

    An error counts by its size against an average month then, so that those of smaller years tell about larger ones.
    The half width is what `SURE` of them do not exceed (the rank is that of split conformal prediction, Lei et al.
    2018). On a past date the band is made of the errors that were known on it.
    """
    pools: list[list[float]] = [[] for _ in range(YEAR + 1)]
    errors = sorted((each for some in trials.errors.values() for each in some), key=lambda each: each.month)
    cases = held = learned = 0
    for at, some in sorted(trials.errors.items()):
        while learned < len(errors) and errors[learned].month <= at - (not past.sales.ended):
            _learn(pools, errors[learned])
            learned += 1
        for each in some:
            low, high = _around(each.told, pools[each.ahead], each.level)
            if low is not None and high is not None:
                cases += 1
                held += low <= each.came <= high
    for each in errors[learned:]:
        _learn(pools, each)
    level = past.level(past.today)
    ends = [_around(value, pools[ahead], level) for ahead, value in enumerate(trials.now or (), 1)]
    return Band([low for low, _ in ends], [high for _, high in ends], cases, held)


def _learn(pools: Sequence[list[float]], error: _Trial) -> None:
    """Add an error to those of its own horizon and of the two beside it."""
    if error.level:
        for ahead in range(max(error.ahead - 1, 1), min(error.ahead + 1, YEAR) + 1):
            insort(pools[ahead], error.off / error.level)


def _around(value: float, errors: Sequence[float], level: float) -> tuple[float | None, float | None]:
    """The ends of the band; it ends at zero where the value is not below."""
    rank = ceil((len(errors) + 1) * SURE)
    if rank > len(errors) or not level:
        return None, None
    width = errors[rank - 1] * level
    return value - width if value < 0 else max(value - width, 0.0), value + width

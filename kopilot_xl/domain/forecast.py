"""The next twelve months: scenarios of what will be sold, and how far each was off on the user's own past."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from math import ceil

from kopilot_xl.domain import words
from kopilot_xl.domain.sales import YEAR, Sales, first_day, month_of

STRAIGHT = 36
"""How many months the line of `Scenario.STATISTICS` is fitted to."""
FEWEST_DATES = 10
"""From how many past dates on a scenario counts as checked."""
MOST_DATES = 120
"""How many past dates are looked at, the last ones."""
MODEL_DATES = 24
"""The same where a model has to be fitted anew on each."""
SURE = 0.8
"""How often the band is to hold."""


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
class Line:
    """A scenario's 12 months after the running one.

    Attributes:
        scenario: which.
        values: the months; None where it cannot tell.
        lacks: why it cannot tell, or why it was not checked; blank otherwise.
        accuracy: how far it was off; None where the past is too short to tell.
        landing: the as-of date's calendar year: sold so far and the rest; None where it cannot tell.
    """

    scenario: Scenario
    values: Months | None
    lacks: str
    accuracy: Accuracy | None
    landing: float | None


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
class Forecast:
    """The next twelve months. Source: docs/rules.md, "The forecast".

    Attributes:
        sales: the past it is made from.
        lines: every scenario, in the order of `Scenario`; the seasonal model only where it was asked for.
        chosen: the scenario whose line is expected; None where no scenario can tell.
        band: around the expected line.
    """

    sales: Sales
    lines: Mapping[Scenario, Line]
    chosen: Scenario | None
    band: Band

    @cached_property
    def months(self) -> list[date]:
        """The first days of the months ahead."""
        running = month_of(self.sales.as_of)
        return [first_day(running + ahead) for ahead in range(1, YEAR + 1)]

    @property
    def line(self) -> Line | None:
        """The chosen scenario's line."""
        return self.lines[self.chosen] if self.chosen else None

    @property
    def expected(self) -> Months | None:
        """What is expected, month by month."""
        return self.line.values if self.line else None

    @property
    def checked(self) -> bool:
        """Whether the chosen scenario was checked on the past; otherwise it only stands in."""
        return self.line is not None and self.line.accuracy is not None

    @property
    def rest(self) -> float | None:
        """What the running month is expected to bring after the as-of date, in every scenario."""
        return _Past(self.sales).rest(len(self.sales.months) - 1) if self.expected else None


def forecast(sales: Sales, models: Mapping[Scenario, Model] | None = None) -> Forecast:
    """Return the scenarios, how far each was off on past dates, the expected line and its band.

    A past date is the as-of date a whole number of months earlier; what came after it is not looked at. Compared are
    the scenarios that can be computed now and on at least `FEWEST_DATES` past dates, on the dates they have in common;
    the least mean absolute error wins, which is the least MASE as well. Where none can be compared, the first that can
    be computed stands in.

    Args:
        sales: the monthly sales.
        models: what fits the scenarios that need fitting; without it there are the others only.
    """
    past, models = _Past(sales), models or {}
    wanted = [each for each in Scenario if each is not Scenario.SEASONAL_MODEL or each in models]
    trials = {each: _Trials.of(each, past, models.get(each)) for each in wanted}
    able = [each for each in wanted if trials[each].now is not None]
    compared = [each for each in able if len(trials[each].errors) >= FEWEST_DATES]
    common = sorted(set.intersection(*(set(trials[each].errors) for each in compared))) if compared else []
    if len(common) < FEWEST_DATES:  # a scenario that could not be computed on some dates
        compared = []
    accuracies = {each: _accuracy(trials[each], common, past) for each in compared}
    chosen = min(compared, key=lambda each: accuracies[each].error) if compared else next(iter(able), None)
    lines = {each: _line(trials[each], accuracies.get(each), past) for each in wanted}
    return Forecast(sales, lines, chosen, _band(trials[chosen], past) if chosen else Band((), (), 0, 0))


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


def _line(trials: _Trials, accuracy: Accuracy | None, past: _Past) -> Line:
    scenario, values, whole = trials.scenario, trials.now, past.sales.whole
    landing = None
    if values is not None:
        months_left = YEAR - past.sales.as_of.month
        landing = past.sales.year_to_date + past.rest(past.today) + sum(values[:months_left])
    if values is None and whole < scenario.months:
        lacks = f"It needs {words.count(scenario.months, 'whole month')} of sales; there {_there_are(whole)}."
    elif values is None:
        lacks = _NOTHING[scenario]
    elif accuracy is None:
        lacks = f"Not checked: the past is too short for {FEWEST_DATES} past dates."
    else:
        lacks = ""
    return Line(scenario, values, lacks, accuracy, landing)


_NOTHING = {
    Scenario.CURRENT_GROWTH: "The sums of the last 12 months and of the 12 before them give no growth.",
    Scenario.SEASONAL_MODEL: "No model fits.",
}


def _there_are(number: int) -> str:
    return "is 1" if number == 1 else f"are {number}" if number else "is none"


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

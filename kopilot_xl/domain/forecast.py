"""The next twelve months: scenarios of what will be sold, and how far each was off on the user's own past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kopilot_xl.domain import formatting
from kopilot_xl.domain.backtest import Accuracy, Band, _accuracy, _band, _Trials
from kopilot_xl.domain.sales import YEAR, Sales, first_day, month_of
from kopilot_xl.domain.scenarios import Model, Months, Scenario, _Past

FEWEST_DATES = 10
"""From how many past dates on a scenario counts as checked."""


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


def _line(trials: _Trials, accuracy: Accuracy | None, past: _Past) -> Line:
    scenario, values, whole = trials.scenario, trials.now, past.sales.whole
    landing = None
    if values is not None:
        months_left = YEAR - past.sales.as_of.month
        landing = past.sales.year_to_date + past.rest(past.today) + sum(values[:months_left])
    if values is None and whole < scenario.months:
        lacks = f"It needs {formatting.count(scenario.months, 'whole month')} of sales; there {_there_are(whole)}."
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

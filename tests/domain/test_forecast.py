"""The scenarios, their errors on the past, the expected line and its band: by hand, by other libraries, at random."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.statespace.sarimax import SARIMAX
from utilsforecast.losses import mae, mase

from kopilot_xl.domain.backtest import MODEL_DATES, MOST_DATES
from kopilot_xl.domain.forecast import FEWEST_DATES, Forecast, forecast
from kopilot_xl.domain.sales import Sales, ends_month, first_day, month_of, monthly_sales
from kopilot_xl.domain.scenarios import Months, Scenario
from tests.domain.oracle import months_from

RULES = tuple(each for each in Scenario if each is not Scenario.SEASONAL_MODEL)
JUNE_30 = date(2026, 6, 30)


def of_months(months: Sequence[float], as_of: date = JUNE_30) -> Sales:
    """Sales of whole months, each sold on its first day; the last is that of the as-of date."""
    running = month_of(as_of)
    return Sales.of(as_of, {(running - len(months) + at, False): each for at, each in enumerate(months, 1) if each})


def values(found: Forecast, scenario: Scenario) -> list[float] | None:
    line = found.lines[scenario]
    return None if line.values is None else [round(each, 6) for each in line.values]


# By hand.

YEAR_1 = [10.0, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]  # 780
YEAR_2 = [20.0, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220, 240]  # 1560


def test_as_last_year_is_the_same_month_a_year_before() -> None:
    assert values(forecast(of_months(YEAR_1 + YEAR_2)), Scenario.AS_LAST_YEAR) == YEAR_2


def test_current_growth_is_as_last_year_times_the_growth_of_the_last_twelve_months() -> None:
    assert values(forecast(of_months(YEAR_1 + YEAR_2)), Scenario.CURRENT_GROWTH) == [2 * each for each in YEAR_2]


def test_the_trend_is_a_moving_average_rolled_forward() -> None:
    months = [12.0] * 11 + [24.0]  # mean 13
    told = values(forecast(of_months(months)), Scenario.TREND)
    assert told is not None
    # 13; then (10 × 12 + 24 + 13) / 12 = 157 / 12; then (9 × 12 + 24 + 13 + 157 / 12) / 12
    assert told[:3] == [13.0, round(157 / 12, 6), round((145 + 157 / 12) / 12, 6)]


def test_statistics_is_the_straight_line_of_the_last_36_months_and_not_below_zero() -> None:
    rising = [999.0, *(100.0 + 10 * at for at in range(36))]
    assert values(forecast(of_months(rising)), Scenario.STATISTICS) == [460.0 + 10 * at for at in range(12)]
    falling = [360.0 - 10 * at for at in range(36)]
    assert values(forecast(of_months(falling)), Scenario.STATISTICS) == [0.0] * 12
    two_steps = [0.0] * 18 + [36.0] * 18
    # mean 18; slope Σ(x − 17.5) y ÷ Σ(x − 17.5)² = 36 × 162 ÷ 3885
    first = 18 + 36 * 162 / 3885 * 18.5
    told = values(forecast(of_months([1.0, *two_steps])), Scenario.STATISTICS)
    assert told is not None
    assert told[0] == round(first, 6)


def test_the_running_month_counts_with_what_its_rest_brought_a_year_before() -> None:
    as_of = date(2026, 7, 10)
    running = month_of(as_of)
    sums = {(running - 12, False): 5.0, (running - 12, True): 7.0, (running, False): 100.0}
    sums |= {(running - back, False): 1.0 for back in range(1, 12)}
    found = forecast(Sales.of(as_of, sums))
    assert found.rest == 7.0
    assert values(found, Scenario.AS_LAST_YEAR) == [1.0] * 11 + [107.0]
    assert values(found, Scenario.TREND) is not None
    assert found.lines[Scenario.TREND].values[0] == pytest.approx((11 + 107) / 12)  # type: ignore[index]
    # January to June 1 each, July 100 and its rest 7, August to December 1 each
    assert found.lines[Scenario.AS_LAST_YEAR].landing == pytest.approx(6 + 107 + 5)
    assert found.months == [months_from(date(2026, 8, 1), ahead) for ahead in range(12)]


def test_growth_compares_the_twelve_months_that_end_on_the_as_of_date_with_the_twelve_before() -> None:
    as_of = date(2026, 7, 10)
    running = month_of(as_of)
    sums = {(running, False): 50.0}
    sums |= {(running - 12, False): 1.0, (running - 12, True): 10.0}
    sums |= {(running - 24, False): 900.0, (running - 24, True): 3.0}  # only what came after 10 July 2024 counts
    sums |= {(running - 6, False): 20.0, (running - 18, False): 16.0}
    found = forecast(Sales.of(as_of, sums))
    growth = (10 + 20 + 50) / (3 + 16 + 1)
    assert values(found, Scenario.CURRENT_GROWTH) == [
        {5: 20 * growth, 11: 60 * growth}.get(at, 0.0) for at in range(12)
    ]  # fmt: skip


def test_the_year_lands_where_it_ends() -> None:
    assert forecast(of_months(YEAR_1, date(2026, 12, 31))).lines[Scenario.AS_LAST_YEAR].landing == sum(YEAR_1)
    # January to June are the last six of them; July to December as the first six.
    assert forecast(of_months(YEAR_1)).lines[Scenario.AS_LAST_YEAR].landing == sum(YEAR_1)
    assert forecast(of_months(YEAR_1 + YEAR_2)).lines[Scenario.CURRENT_GROWTH].landing == sum(YEAR_2[6:]) + 2 * sum(
        YEAR_2[:6]
    )


@pytest.mark.parametrize(
    ("months", "able"),
    [
        (11, ()),
        (12, (Scenario.AS_LAST_YEAR, Scenario.TREND)),
        (23, (Scenario.AS_LAST_YEAR, Scenario.TREND)),
        (24, (Scenario.AS_LAST_YEAR, Scenario.CURRENT_GROWTH, Scenario.TREND)),
        (35, (Scenario.AS_LAST_YEAR, Scenario.CURRENT_GROWTH, Scenario.TREND)),
        (36, RULES),
    ],
)
@pytest.mark.parametrize("as_of", [JUNE_30, date(2026, 7, 1), date(2026, 7, 30), date(2028, 2, 28)])
def test_a_scenario_says_so_where_the_past_is_too_short(as_of: date, months: int, able: Sequence[Scenario]) -> None:
    last = month_of(as_of) - (not ends_month(as_of))
    sales = Sales.of(as_of, {(last - at, at % 2 == 1 and as_of != JUNE_30): 10.0 for at in range(months)})
    found = forecast(sales)
    assert sales.whole == months
    assert tuple(each for each in RULES if found.lines[each].values) == able
    for each in set(RULES) - set(able):
        assert found.lines[each].lacks == f"It needs {each.months} whole months of sales; there are {months}."
        assert found.lines[each].landing is None
    assert found.chosen is (Scenario.AS_LAST_YEAR if able else None)


def test_errors_are_those_of_the_dates_the_scenarios_have_in_common() -> None:
    # 24 months of 100, then 22 of 110: on the last day of each month from the 24th on.
    months = [100.0] * 24 + [110.0] * 22
    found = forecast(of_months(months))
    line = found.lines[Scenario.AS_LAST_YEAR].accuracy
    assert line is not None
    # Statistics needs 36 months, so it could be computed on 10 dates: after 36 to 45 months.
    assert {each.accuracy.dates for each in found.lines.values() if each.accuracy} == {FEWEST_DATES}
    # As last year: made after 36 + n months, it is right from then on (the year before is all 110 from month 37 on).
    assert line.error == 0.0
    assert line.mase == 0.0
    shorter = forecast(of_months(months[:-1]))
    assert shorter.lines[Scenario.STATISTICS].accuracy is None
    assert shorter.lines[Scenario.STATISTICS].lacks.startswith("Not checked")
    # Without it: 21 dates, after 24 to 44 months. The months 24 to 44 are 110, and 100 is told of those up to the 36th.
    line = shorter.lines[Scenario.AS_LAST_YEAR].accuracy
    assert line is not None
    cases = [(made, ahead) for made in range(24, 45) for ahead in range(1, 13) if made + ahead <= 45]
    wrong = [(made, ahead) for made, ahead in cases if made + ahead <= 36]
    assert line.dates == 21
    assert line.error == pytest.approx(10 * len(wrong) / len(cases))
    assert line.share == pytest.approx(line.error / 110)
    # A month differs from the one a year before by 10 in 12 of the 33 pairs.
    assert line.mase == pytest.approx(line.error / (10 * 12 / 33))
    assert line.by_horizon[0] == pytest.approx(10 * 12 / 21)
    assert line.by_horizon[11] == pytest.approx(10 * 1 / 10)


def test_the_scenario_that_was_off_least_is_expected() -> None:
    seasons = [100.0 + 50 * (at % 12 == 11) for at in range(60)]
    assert forecast(of_months(seasons)).chosen is Scenario.AS_LAST_YEAR
    line = [100.0 + 10 * at for at in range(60)]
    assert forecast(of_months(line)).chosen is Scenario.STATISTICS
    grown = [100.0 * 1.5 ** (at // 12) * (1 + (at % 12 == 5)) for at in range(72)]
    assert forecast(of_months(grown)).chosen is Scenario.CURRENT_GROWTH
    found = forecast(of_months([100.0 + (-1) ** at * (at * 7 % 11) for at in range(60)]))
    errors = {each: line.accuracy.error for each, line in found.lines.items() if line.accuracy}
    assert found.chosen is min(errors, key=lambda each: errors[each])
    assert found.expected == found.lines[found.chosen].values


def test_the_band_is_what_four_of_five_past_errors_do_not_exceed() -> None:
    # As last year, with seasons that no other scenario knows: the error of each month of the second year is its own.
    off = [1.0, 9, 2, 8, 3, 7, 4, 6, 5, 10]
    months = [100.0, 1000.0] * 6
    months += [before + each for before, each in zip(months, off, strict=False)]
    found = forecast(of_months(months))
    assert found.chosen is Scenario.AS_LAST_YEAR
    dates = range(12, 22)  # how many months were known
    level = {made: fmean(months[made - 12 : made]) for made in (*dates, 22)}
    for ahead in (1, 2, 5, 9, 10, 12):
        near = sorted(
            off[made + each - 13] / level[made]
            for each in (ahead - 1, ahead, ahead + 1)
            for made in dates
            if 1 <= each <= 12 and made + each <= 22
        )
        rank = -(-4 * (len(near) + 1) // 5)
        if rank > len(near):
            assert (found.band.low[ahead - 1], found.band.high[ahead - 1]) == (None, None)
            continue
        expected, width = months[9 + ahead], near[rank - 1] * level[22]
        assert found.band.high[ahead - 1] == pytest.approx(expected + width)
        assert found.band.low[ahead - 1] == pytest.approx(expected - width)
    assert found.band.low[11] is None  # nothing that far ahead has come true
    assert found.band.coverage == found.band.held / found.band.cases


@pytest.mark.parametrize("seed", range(4))
def test_the_band_of_a_past_date_knows_no_error_of_a_later_month(seed: int) -> None:
    draw = np.random.default_rng(seed)
    months = [float(100 + 900 * (at % 2) + draw.integers(0, 90)) for at in range(33)]  # too few for growth
    found = forecast(of_months(months))
    assert found.chosen is Scenario.AS_LAST_YEAR
    told = {(made, ahead): months[made + ahead - 13] for made in range(12, 33) for ahead in range(1, 13)}
    came = {(made, ahead): months[made + ahead - 1] for made, ahead in told if made + ahead <= 33}
    cases = held = 0
    for made, ahead in came:
        near = sorted(
            abs(told[each, other] - came[each, other]) / fmean(months[each - 12 : each])
            for each, other in came
            if each + other <= made and abs(other - ahead) <= 1
        )
        rank = -(-4 * (len(near) + 1) // 5)
        if rank <= len(near):
            cases += 1
            width = near[rank - 1] * fmean(months[made - 12 : made])
            held += max(told[made, ahead] - width, 0) <= came[made, ahead] <= told[made, ahead] + width
    assert (found.band.cases, found.band.held) == (cases, held)
    assert cases > 50


def test_the_band_does_not_reach_below_zero() -> None:
    months = [0.0 if at % 3 else 900.0 for at in range(24)] + [300.0] * 24
    found = forecast(of_months(months))
    assert found.expected is not None
    assert all(low is None or low >= 0 for low in found.band.low)
    assert any(low == 0 for low in found.band.low)


def test_the_band_around_less_than_nothing_has_two_ends() -> None:
    found = forecast(of_months([-100.0 - 7 * (at % 5) for at in range(48)]))
    assert found.expected is not None
    told = list(zip(found.band.low, found.expected, found.band.high, strict=True))
    assert all(low is not None and high is not None and low < value < high for low, value, high in told[:11])
    assert [value - low for low, value, _ in told[:11]] == pytest.approx([high - value for _, value, high in told[:11]])  # type: ignore[operator]  # both ends are there


# What came later is not known.


@settings(max_examples=40, deadline=None)
@given(
    months=st.lists(st.integers(-100, 2000), min_size=30, max_size=60),
    late=st.lists(st.integers(0, 500), min_size=60, max_size=60),
    back=st.integers(1, 20),
    day=st.sampled_from([1, 15, 28]),
    noise=st.lists(st.integers(1, 10**6), min_size=24, max_size=24),
)
def test_no_later_transaction_leaks_into_a_past_forecast(
    months: list[int], late: list[int], back: int, day: int, noise: list[int]
) -> None:
    as_of = date(2026, 7, day)
    running = month_of(as_of)
    rows = [(first_day(running - at), float(each)) for at, each in enumerate(months)]
    rows += [(first_day(running - at) + timedelta(days=29), float(each)) for at, each in enumerate(late[1:50], 1)]
    made = months_from(as_of, -back)
    then = forecast(monthly_sales(rows, made))
    later = [(as_of - timedelta(days=17 * at), float(each)) for at, each in enumerate(noise)]
    other = forecast(monthly_sales(rows + [each for each in later if each[0] > made], made))
    assert then == other
    # And what the backtest holds against a scenario is what it would have told on that day.
    now = forecast(monthly_sales(rows, as_of))
    assume(now.checked and then.expected is not None)
    for scenario in (Scenario.AS_LAST_YEAR, Scenario.TREND):
        told, came = then.lines[scenario].values, now.sales.months
        if told and back > 1 and (line := now.lines[scenario].accuracy) and back - 1 <= line.dates:
            assert _told(now, scenario, back) == pytest.approx([*told[: back - 1]][:12])
            assert len(came) > back


def _told(found: Forecast, scenario: Scenario, back: int) -> list[float]:
    from kopilot_xl.domain import backtest, scenarios

    past = scenarios._Past(found.sales)
    trials = backtest._Trials.of(scenario, past, None)
    return [each.told for each in trials.errors[past.today - back]]


# At random.

HISTORIES = st.lists(st.one_of(st.just(0), st.integers(-2000, 20000)), min_size=1, max_size=70)


@st.composite
def invoices(draw: st.DrawFn) -> tuple[date, list[tuple[date, float]]]:
    as_of = draw(st.dates(date(1911, 1, 1), date(2090, 12, 31)))
    as_of = draw(
        st.sampled_from([as_of, as_of.replace(day=1), months_from(as_of.replace(day=1), 1) - timedelta(days=1)])
    )
    rows = [
        (as_of - timedelta(days=30 * at + draw(st.integers(0, 29))), float(amount))
        for at, amount in enumerate(draw(HISTORIES))
    ]
    return as_of, rows


@settings(max_examples=60, deadline=None)
@given(case=invoices(), scale=st.sampled_from([2.0, 0.25, 1024.0, 1e12]))
def test_amounts_of_another_size_give_a_forecast_of_that_size(
    case: tuple[date, list[tuple[date, float]]], scale: float
) -> None:
    as_of, rows = case
    one = forecast(monthly_sales(rows, as_of))
    other = forecast(monthly_sales([(day, each * scale) for day, each in rows], as_of))
    if scale != 1e12:  # a power of two changes no digit
        assert other.chosen == one.chosen
    for scenario in RULES:
        mine, theirs = one.lines[scenario], other.lines[scenario]
        assert (mine.values is None) == (theirs.values is None)
        if mine.values and theirs.values:
            assert theirs.values == pytest.approx([each * scale for each in mine.values], abs=1e-6 * scale)
        if mine.accuracy and theirs.accuracy:
            assert theirs.accuracy.mase == pytest.approx(mine.accuracy.mase)
    if other.chosen == one.chosen:
        assert other.band.held == one.band.held or scale == 1e12
        for mine_at, their_at in zip((*one.band.low, *one.band.high), (*other.band.low, *other.band.high), strict=True):
            assert their_at == pytest.approx(None if mine_at is None else mine_at * scale, abs=1e-6 * scale)


@settings(max_examples=60, deadline=None)
@given(case=invoices(), years=st.sampled_from([-4, 4, 8]))
def test_four_years_later_all_is_the_same(case: tuple[date, list[tuple[date, float]]], years: int) -> None:
    as_of, rows = case
    moved = [(months_from(day, 12 * years), each) for day, each in rows]
    one, other = monthly_sales(rows, as_of), monthly_sales(moved, months_from(as_of, 12 * years))
    assert (one.before, one.after) == (other.before, other.after)
    assert replace(forecast(other), sales=one) == forecast(one)
    assert [months_from(each, 12 * years) for each in forecast(one).months] == forecast(other).months


@settings(max_examples=100, deadline=None)
@given(case=invoices())
def test_whatever_the_past_the_forecast_holds_together(case: tuple[date, list[tuple[date, float]]]) -> None:
    as_of, rows = case
    found = forecast(monthly_sales(rows, as_of))
    assert list(found.lines) == list(RULES)
    assert (found.expected is None) == (found.sales.whole < 12)
    for line in found.lines.values():
        assert line.values is None or len(line.values) == 12
        assert line.values is not None or line.lacks
        assert line.accuracy is None or line.accuracy.dates >= FEWEST_DATES
        assert line.accuracy is None or found.lines[found.chosen].accuracy.error <= line.accuracy.error  # type: ignore[index,union-attr]
    for low, value, high in zip(
        found.band.low, found.expected or (), found.band.high, strict=found.expected is not None
    ):
        assert (low is None) == (high is None)
        assert low is None or high is None or low <= value <= high
    assert 0 <= found.band.held <= found.band.cases


# Bad input.


def test_one_month_of_history_tells_nothing() -> None:
    found = forecast(of_months([500.0]))
    assert (found.chosen, found.expected, found.rest, found.band.coverage) == (None, None, None, None)
    assert found.lines[Scenario.AS_LAST_YEAR].lacks == "It needs 12 whole months of sales; there is 1."


def test_no_sales_at_all_tell_nothing() -> None:
    for rows in ([], [(JUNE_30, 0.0), (date(2020, 1, 1), 0.0)]):
        found = forecast(monthly_sales(rows, JUNE_30))
        assert found.chosen is None
        assert found.lines[Scenario.TREND].lacks == "It needs 12 whole months of sales; there is none."


def test_credit_notes_alone_have_no_growth_and_no_line_below_zero() -> None:
    found = forecast(of_months([-10.0] * 48))
    assert values(found, Scenario.AS_LAST_YEAR) == [-10.0] * 12
    assert values(found, Scenario.STATISTICS) == [0.0] * 12
    growth = found.lines[Scenario.CURRENT_GROWTH]
    assert growth.values is None
    assert growth.lacks == "The sums of the last 12 months and of the 12 before them give no growth."
    assert found.chosen is Scenario.AS_LAST_YEAR
    assert found.lines[Scenario.AS_LAST_YEAR].accuracy.mase is None  # type: ignore[union-attr]  # months never differ


def test_a_gap_of_two_years_is_zeros_in_every_scenario() -> None:
    found = forecast(of_months([*[100.0] * 24, *[0.0] * 24, 50.0]))
    assert values(found, Scenario.AS_LAST_YEAR) == [0.0] * 11 + [50.0]
    assert found.lines[Scenario.CURRENT_GROWTH].values is None
    in_the_gap = forecast(of_months([*[100.0] * 24, *[0.0] * 24]))
    assert in_the_gap.expected == [0.0] * 12
    assert set(in_the_gap.band.low) == {None}  # the past tells nothing of a band around no sales


def test_amounts_of_a_trillion_keep_their_digits() -> None:
    found = forecast(of_months([1e12 + at for at in range(40)]))
    assert found.lines[Scenario.AS_LAST_YEAR].values == [1e12 + at for at in range(28, 40)]
    assert found.lines[Scenario.STATISTICS].values == pytest.approx([1e12 + at for at in range(40, 52)], rel=1e-15)


def test_only_the_last_dates_of_a_long_past_are_looked_at() -> None:
    months = [float(100 + at * 37 % 50) for at in range(400)]
    line = forecast(of_months(months)).lines[Scenario.TREND].accuracy
    assert line is not None
    assert line.dates == MOST_DATES


# A model from outside.


def test_a_model_is_asked_once_with_what_was_known_on_each_date_and_compared_like_the_others() -> None:
    asked: list[list[float]] = []

    def model(pasts: Sequence[Months]) -> list[Months | None]:
        asked.extend(list(each) for each in pasts)
        return [[7.0] * 12 for _ in pasts]

    months = [7.0 + (at == 3) * 100 + at % 5 for at in range(60)]
    found = forecast(of_months(months), {Scenario.SEASONAL_MODEL: model})
    assert [len(each) for each in asked] == [*range(60 - MODEL_DATES, 60), 60]
    assert all(each == months[: len(each)] for each in asked)
    assert {each.accuracy.dates for each in found.lines.values() if each.accuracy} == {MODEL_DATES}
    assert found.lines[Scenario.SEASONAL_MODEL].values == [7.0] * 12
    short = forecast(of_months(months[:23]), {Scenario.SEASONAL_MODEL: model})
    assert short.lines[Scenario.SEASONAL_MODEL].lacks == "It needs 24 whole months of sales; there are 23."


def test_a_model_that_fits_nowhere_says_so() -> None:
    found = forecast(of_months([1.0, 5.0] * 30), {Scenario.SEASONAL_MODEL: lambda pasts: [None for _ in pasts]})
    assert found.lines[Scenario.SEASONAL_MODEL].lacks == "No model fits."
    assert found.checked


# Real series, and what other libraries make of them.


@cache
def real_series() -> dict[str, list[tuple[date, float]]]:
    found: dict[str, list[tuple[date, float]]] = {}
    with (Path(__file__).parents[1] / "data" / "monthly" / "series.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["Series"], []).append((date.fromisoformat(f"{row['Month']}-01"), float(row["Value"])))
    return found


SERIES = ("AirPassengers", "a10", "wineind", "UKDriverDeaths", "USAccDeaths")


def of_series(name: str) -> tuple[Sales, list[float]]:
    rows = real_series()[name]
    as_of = months_from(rows[-1][0], 1) - timedelta(days=1)
    return monthly_sales(rows, as_of), [value for _, value in rows]


@pytest.mark.parametrize("name", SERIES)
def test_scenarios_of_real_series_are_those_of_statsmodels_and_pandas(name: str) -> None:
    sales, months = of_series(name)
    found = forecast(sales)
    series = pd.Series(months)
    assert found.lines[Scenario.AS_LAST_YEAR].values == pytest.approx(months[-12:])
    growth = series.rolling(12).sum().iloc[-1] / series.rolling(12).sum().iloc[-13]
    assert found.lines[Scenario.CURRENT_GROWTH].values == pytest.approx(list(series.iloc[-12:] * growth))
    average = SARIMAX(months, order=(12, 0, 0), enforce_stationarity=False).smooth([*[1 / 12] * 12, 1.0])
    assert found.lines[Scenario.TREND].values == pytest.approx(list(average.forecast(12)), rel=1e-6)
    line = OLS(months[-36:], np.column_stack([np.ones(36), np.arange(36)])).fit()
    ahead = line.predict(np.column_stack([np.ones(12), np.arange(36, 48)]))
    assert found.lines[Scenario.STATISTICS].values == pytest.approx(list(ahead))


@pytest.mark.parametrize("name", SERIES)
def test_errors_on_real_series_are_those_of_utilsforecast(name: str) -> None:
    sales, months = of_series(name)
    found = forecast(sales)
    series = pd.Series(months)
    line = found.lines[Scenario.AS_LAST_YEAR].accuracy
    assert line is not None
    rows = [
        {"unique_id": name, "made": made, "ahead": at + 1, "y": months[made + at], "told": months[made + at - 12]}
        for made in range(len(months) - line.dates, len(months))
        for at in range(12)
        if made + at < len(months)
    ]
    table = pd.DataFrame(rows)
    past = pd.DataFrame({"unique_id": name, "y": series})
    assert line.error == pytest.approx(mae(table, ["told"])["told"].item())
    assert line.mase == pytest.approx(mase(table, ["told"], 12, past)["told"].item())
    by_horizon = mae(table.assign(unique_id=table["ahead"]), ["told"]).set_index("unique_id")["told"]
    assert line.by_horizon == pytest.approx(list(by_horizon.loc[1:12]))
    pasts = pd.concat([past.assign(unique_id=ahead) for ahead in range(1, 13)])
    scaled = mase(table.assign(unique_id=table["ahead"]), ["told"], 12, pasts).set_index("unique_id")["told"]
    assert line.mase_by_horizon == pytest.approx(list(scaled.loc[1:12]))


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("AirPassengers", Scenario.CURRENT_GROWTH),
        ("a10", Scenario.CURRENT_GROWTH),
        ("wineind", Scenario.AS_LAST_YEAR),
        ("UKDriverDeaths", Scenario.AS_LAST_YEAR),
        ("USAccDeaths", Scenario.AS_LAST_YEAR),
    ],
)
def test_the_scenario_of_a_seasonal_series_knows_its_seasons(name: str, chosen: Scenario) -> None:
    found = forecast(of_series(name)[0])
    assert found.chosen is chosen
    assert found.band.coverage is not None
    assert 0.6 < found.band.coverage < 1.0
    assert found.lines[chosen].accuracy.mase < 1.1  # type: ignore[operator,union-attr]

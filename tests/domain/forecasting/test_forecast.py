"""The forecast as a whole: what always holds, what marks and plans do, and how honest it is."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.forecasting import YEAR, Past, Row, Rule, forecast
from kopilot_xl.domain.forecasting.bands import curve, rising, total_error
from kopilot_xl.domain.forecasting.coming import with_plans
from kopilot_xl.domain.forecasting.mixing import Backtest, backtest
from tests.domain.forecasting.pasts import CLIENTS, JULY_10, JUNE_30, books, days, of_clients, plans

some = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.shrink],  # a book of five years is slow to shrink
)


# What always holds.


@some
@given(books(), days, st.data())
def test_no_month_is_below_what_is_planned_in_it(rows: list[Row], as_of: date, data: st.DataObject) -> None:
    coming = data.draw(plans(as_of))
    found = forecast(Past.of(rows, as_of), coming)
    assert sum(found.planned) <= sum(row.amount or 0 for row in coming) + 1e-6
    if found.mix is None or found.total is None:
        return
    for line in (found.mix, *found.rules.values()):
        assert all(value >= plan - 1e-6 for value, plan in zip(line.months, found.planned, strict=True))
    assert found.total.share_planned is None or 0 <= found.total.share_planned <= 1


@some
@given(books(), days, st.data())
def test_marks_never_raise(rows: list[Row], as_of: date, data: st.DataObject) -> None:
    past, coming = Past.of(rows, as_of), data.draw(plans(as_of))
    marked = data.draw(st.sets(st.sampled_from(CLIENTS), min_size=1))
    before, after = forecast(past, coming), forecast(past, coming, marked)
    if before.mix is None or after.mix is None or before.total is None or after.total is None:
        return
    slack = 1e-6 * (1 + abs(before.total.expected))
    for line, then in ((before.mix, after.mix), *((before.rules[rule], after.rules[rule]) for rule in Rule)):
        assert all(late <= early + slack for early, late in zip(line.months, then.months, strict=True))
        assert then.rest <= line.rest + slack
    assert all(after.clients[client].amount == 0 for client in marked & after.clients.keys())


@some
@given(books(), days, st.data())
def test_a_plan_never_lowers_the_year(rows: list[Row], as_of: date, data: st.DataObject) -> None:
    past, coming = Past.of(rows, as_of), data.draw(plans(as_of))
    before, after = forecast(past), forecast(past, coming)
    if before.total and after.total:
        rest = (before.mix.rest if before.mix else 0) + before.total.expected
        with_rest = (after.mix.rest if after.mix else 0) + after.total.expected
        assert with_rest >= rest - 1e-6 * (1 + rest)
        assert with_rest <= rest + sum(row.amount or 0 for row in coming) + 1e-6 * (1 + rest)


@some
@given(books(), days, st.data())
def test_the_clients_and_those_not_yet_won_make_up_the_year(
    rows: list[Row], as_of: date, data: st.DataObject
) -> None:  # fmt: skip
    coming = data.draw(plans(as_of))
    found = forecast(Past.of(rows, as_of), coming, data.draw(st.sets(st.sampled_from(CLIENTS), max_size=2)))
    if found.mix is None or found.total is None:
        return
    told = sum(client.amount for client in found.clients.values()) + found.new_clients
    assert told <= found.total.expected + 1e-6 * (1 + told)
    assert all(client.amount >= 0 and 0 <= client.chance <= 1 for client in found.clients.values())
    assert sum(found.shares.values()) == pytest.approx(1)


@some
@given(books(), days)
def test_bands_widen_and_hold_what_is_expected(rows: list[Row], as_of: date) -> None:
    found = forecast(Past.of(rows, as_of))
    if found.low is None or found.high is None or found.mix is None:
        return
    assert all(low <= value <= high for low, value, high in zip(found.low, found.mix.months, found.high, strict=True))
    widths = [high - value for value, high in zip(found.mix.months, found.high, strict=True)]
    slack = 1e-9 * (1 + max(map(abs, found.high)))
    assert all(late >= early - slack for early, late in pairwise(widths))


@some
@given(books(), books(), st.data())
def test_what_comes_after_a_date_changes_nothing_of_it(
    rows: list[Row], later: list[Row], data: st.DataObject
) -> None:  # fmt: skip
    as_of = data.draw(days)
    after = [row._replace(day=as_of + timedelta(days=1 + (row.day.toordinal() % 400))) for row in later]
    assert forecast(Past.of(rows, as_of)) == forecast(Past.of(rows + after, as_of))


@some
@given(books(), st.integers(1, 8))
def test_a_past_date_is_forecast_as_it_would_have_been_on_it(rows: list[Row], back: int) -> None:
    month = JULY_10.year * 12 + JULY_10.month - 1 - back
    then = date(month // 12, month % 12 + 1, JULY_10.day)
    now, earlier = backtest(Past.of(rows, JULY_10)), backtest(Past.of(rows, then))
    if now is None or earlier is None or now.past.first != earlier.past.first:
        return
    same = next((origin for origin in now.earlier if origin.whole == earlier.now.whole), None)
    if same:
        for rule in Rule:
            assert same.rules[rule].months == pytest.approx(earlier.now.rules[rule].months, rel=1e-6, abs=1e-6)
            assert same.rules[rule].rest == pytest.approx(earlier.now.rules[rule].rest, rel=1e-6, abs=1e-6)


@some
@given(books(), days, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Row], as_of: date, draw: random.Random) -> None:
    mixed = list(rows)
    draw.shuffle(mixed)
    one, other = forecast(Past.of(rows, as_of)), forecast(Past.of(mixed, as_of))
    assert (one.mix is None) == (other.mix is None)
    if one.mix and other.mix:
        assert one.mix.months == pytest.approx(other.mix.months, rel=1e-6, abs=1e-3)


# The rules are mixed.


def test_a_rule_that_was_off_by_half_as_much_weighs_sixteen_times_as_much() -> None:
    found = _of_a_growing_firm()
    off = {}
    whole = found.past.whole
    for rule in Rule:
        errors = [
            abs(error)
            for origin in found.earlier
            for error in origin.errors(origin.rules[rule].months, found.past.totals, whole)
        ]
        off[rule] = sum(errors) / len(errors)
    weights = {rule: error**-4 for rule, error in off.items()}
    for rule in Rule:
        assert found.now.shares[rule] == pytest.approx(weights[rule] / sum(weights.values()))
    assert found.now.mixed.months[3] == pytest.approx(
        sum(found.now.shares[rule] * found.now.rules[rule].months[3] for rule in Rule)
    )


def test_with_fewer_than_three_past_dates_all_weigh_the_same() -> None:
    found = backtest(of_clients({"A": [100.0, 120, 90, 300, 10, 20]}))
    assert found is not None
    assert [origin.whole for origin in found.earlier] == [4, 5]
    assert set(found.now.shares.values()) == {1 / 3}


def test_nothing_is_forecast_from_less_than_four_months() -> None:
    assert forecast(of_clients({"A": [100.0] * 3})).mix is None
    assert forecast(of_clients({"A": [100.0] * 4})).mix is not None
    assert forecast(Past.of([], JUNE_30)).mix is None


def _of_a_growing_firm() -> Backtest:
    draw = random.Random(3)
    months = {
        f"C{at}": [0.0] * at + [draw.uniform(50, 150) if draw.random() < 0.6 else 0.0 for _ in range(48 - at)]
        for at in range(47)
    }
    found = backtest(of_clients(months))
    assert found is not None
    return found


# Marks.


def test_where_the_only_client_is_lost_nothing_is_expected_and_there_is_no_band() -> None:
    found = forecast(of_clients({"A": [1000.0] * 40}), marked={"A"})
    assert found.expected == [0.0] * YEAR
    assert (found.low, found.high) == (None, None)
    assert found.total is not None
    assert (found.total.expected, found.total.low, found.total.high) == (0.0, None, None)
    assert found.total.share_planned is None


def test_every_line_falls_alike_where_the_big_client_is_lost() -> None:
    months = {"big": [10_000.0] * 40, "A": [1000.0] * 40, "B": [500.0] * 40}
    before, after = forecast(of_clients(months)), forecast(of_clients(months), marked={"big"})
    assert after.mix is not None
    assert before.mix is not None
    assert sum(after.mix.months) == pytest.approx(1500 * 12, rel=0.1)
    falls = [
        late.months[2] / early.months[2]
        for early, late in [(before.mix, after.mix), *((before.rules[rule], after.rules[rule]) for rule in Rule)]
    ]
    assert falls == pytest.approx([falls[0]] * 4)


def test_a_marked_clients_plans_do_not_count() -> None:
    past = of_clients({"A": [100.0] * 30, "B": [100.0] * 30})
    plan = [Row("A", date(2026, 9, 1), 5000.0)]
    assert forecast(past, plan, {"A"}).planned == [0.0] * YEAR
    assert forecast(past, plan, {"A"}) == forecast(past, (), {"A"})


# Plans.


@pytest.mark.parametrize(
    ("expected", "planned", "with_them"),
    [
        ([100.0, 100, 100], [0.0, 0, 0], [100.0, 100, 100]),
        ([100.0, 100, 100], [0.0, 200, 0], [50.0, 200, 50]),  # what was expected, only in another month
        ([100.0, 100, 100], [0.0, 1000, 0], [0.0, 1000, 0]),
        ([100.0, 100, 100], [0.0, 40, 0], [100.0, 100, 100]),  # less than was expected anyway
        ([0.0, 0, 0], [0.0, 7, 0], [0.0, 7, 0]),
        ([100.0, 100, 100], [150.0, 150, 150], [150.0, 150, 150]),
    ],
)
def test_a_plan_comes_out_of_what_was_expected(
    expected: list[float], planned: list[float], with_them: list[float]
) -> None:
    assert with_plans(expected, planned) == pytest.approx(with_them)


def test_a_plan_raises_its_month_and_not_the_year_by_more_than_exceeds_what_was_expected() -> None:
    past = of_clients({"A": [1000.0] * 40, "B": [1000.0] * 40})
    before, after = forecast(past), forecast(past, [Row("A", date(2026, 10, 5), 3000.0)])
    assert before.mix is not None
    assert after.mix is not None
    assert after.mix.months[3] > before.mix.months[3] + 1500
    assert sum(after.mix.months) == pytest.approx(sum(before.mix.months))
    after = forecast(past, [Row("A", date(2026, 10, 5), 50_000.0)])
    assert after.total is not None
    assert after.clients["A"].amount == pytest.approx(50_000)
    assert after.total.expected == pytest.approx(50_000 + before.clients["B"].amount, rel=0.01)
    assert after.total.share_planned == pytest.approx(50_000 / after.total.expected)


def test_plans_of_clients_not_yet_invoiced_come_out_of_what_new_clients_bring() -> None:
    months = {"old": [10.0] * 36} | {f"N{at}": [0.0] * at + [100.0] + [0.0] * (35 - at) for at in range(6, 36)}
    past = of_clients(months)
    before = forecast(past)
    after = forecast(past, [Row("P", date(2026, 8, 1), 300.0)])
    assert before.total is not None
    assert after.total is not None
    assert before.new_clients > 600
    assert after.clients["P"].amount == 300
    assert after.new_clients + 300 == pytest.approx(before.new_clients)
    assert after.total.expected == pytest.approx(before.total.expected)


def test_a_firm_with_plans_only_sees_them() -> None:
    found = forecast(Past.of([], JUNE_30), [Row("P", date(2026, 8, 1), 300.0), Row("P", date(2026, 8, 9), None)])
    assert found.mix is None
    assert found.planned == [0.0, 300.0] + [0.0] * 10
    assert found.clients["P"].amount == 300


def test_a_plan_in_the_rest_of_the_running_month_is_expected_in_it() -> None:
    past = of_clients({"A": [1000.0] * 40}, JULY_10)
    found = forecast(past, [Row("A", date(2026, 7, 20), 400.0)])
    assert found.mix is not None
    assert found.mix.rest >= 400
    assert found.planned == [0.0] * YEAR


def test_the_year_is_heading_for_what_was_invoiced_and_what_is_to_come() -> None:
    past = of_clients({"A": [1000.0] * 40}, JULY_10)
    found = forecast(past)
    assert found.mix is not None
    assert found.mix.landing == pytest.approx(7000 + found.mix.rest + sum(found.mix.months[:5]))


# How sure it is.


def test_errors_do_not_fall_with_the_months_ahead() -> None:
    assert rising([3.0, 1.0, 2.0, 5.0], [1, 1, 1, 1]) == [2.0, 2.0, 2.0, 5.0]
    assert rising([3.0, 1.0], [3, 1]) == [2.5, 2.5]


def test_there_is_no_band_from_fewer_than_ten_errors() -> None:
    # With 4 + n months known there are n past dates, of which n + (n − 1) + … errors are known.
    months = [100.0, 140, 90, 120, 150, 80, 110, 100, 130]
    assert forecast(of_clients({"A": months[:7]})).low is None  # 6 errors
    assert forecast(of_clients({"A": months[:8]})).low is not None  # 10


def test_the_error_to_reckon_with_grows_with_few_dates() -> None:
    found = _of_a_growing_firm()
    errors = curve(found.earlier, found.past.totals, found.past.whole)
    assert errors is not None
    assert errors.width is not None
    dates = [date for date in found.earlier if date.whole >= 14]
    raw = [
        [abs(error) / date.level for error in date.errors(date.mixed.months, found.past.totals, found.past.whole)]
        for date in dates
    ]
    means = [sum(row[step] for row in raw if step < len(row)) / sum(step < len(row) for row in raw)
             for step in range(YEAR)]  # fmt: skip
    counts = [sum(step < len(row) for row in raw) for step in range(YEAR)]
    few = 1 + 2 / len(dates)
    assert errors.dates == len(dates)
    assert errors.error == pytest.approx([mean * few for mean in rising(means, counts)])


def test_the_year_has_an_error_of_its_own() -> None:
    found = _of_a_growing_firm()
    error = total_error(found.earlier, found.past.totals, found.past.whole)
    assert error is not None
    known = [date for date in found.earlier if date.whole >= 14 and date.start + 12 <= found.past.whole]
    assert (error.dates, error.months) == (len(known), 12)
    off = [
        abs(sum(date.mixed.months) - sum(found.past.totals[date.start : date.start + 12])) / (12 * date.level)
        for date in known
    ]
    assert error.error == pytest.approx(sum(off) / len(off) * (1 + 2 / len(off)))
    months = curve(found.earlier, found.past.totals, found.past.whole)
    assert months is not None
    assert error.error < months.mean  # a year is surer than a month


def test_a_usual_month_is_one_of_two_years_at_least() -> None:
    yearly = [100.0 if at % 12 == 4 else 0.0 for at in range(36)]  # July 2023 on: every November
    once = [0.0] * 20 + [100.0] + [0.0] * 15
    found = forecast(of_clients({"yearly": yearly, "once": once, "monthly": [10.0] * 36}))
    assert found.clients["yearly"].usual_month == 11
    assert found.clients["once"].usual_month is None
    assert found.clients["monthly"].usual_month is None
    assert found.clients["monthly"].chance > 0.9
    assert found.clients["monthly"].usual_amount == pytest.approx(10, rel=0.3)

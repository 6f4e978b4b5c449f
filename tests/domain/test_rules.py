"""The settings and the boundary dates they give."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.rules import DEFAULT, FIRST_DAY, LAST_DAY, CutOffs, RuleError, Rules, add_months
from kopilot_xl.domain.segments import Segment
from tests.domain import oracle
from tests.domain.strategies import any_rules


def test_the_defaults_are_those_of_the_guide() -> None:
    assert Rules() == DEFAULT == Rules(4, 8, 12, 400, 30, 0.25)


@pytest.mark.parametrize(
    ("values", "setting", "said"),
    [
        pytest.param({"active_months": 0}, "active_months", "above 0", id="active 0"),
        pytest.param({"active_months": -4}, "active_months", "above 0", id="active negative"),
        pytest.param({"active_months": 4.5}, "active_months", "whole number", id="active not whole"),
        pytest.param({"active_months": "4"}, "active_months", "whole number", id="active a text"),
        pytest.param({"active_months": True}, "active_months", "whole number", id="active TRUE"),
        pytest.param({"active_months": None}, "active_months", "whole number", id="active nothing"),
        pytest.param({"active_months": 8}, "active_months", "below the sleeping limit of 8", id="active = sleeping"),
        pytest.param({"sleeping_months": 3}, "active_months", "below the sleeping limit", id="active above sleeping"),
        pytest.param({"sleeping_months": 0}, "sleeping_months", "above 0", id="sleeping 0"),
        pytest.param({"sleeping_months": 12}, "sleeping_months", "past day 370", id="sleeping reaches Leaving"),
        pytest.param({"horizon_months": 0}, "horizon_months", "above 0", id="horizon 0"),
        pytest.param({"horizon_months": 121}, "horizon_months", "at most 120", id="horizon over ten years"),
        pytest.param({"lifespan_days": 0}, "lifespan_days", "above 0", id="lifespan 0"),
        pytest.param({"lifespan_days": 3651}, "lifespan_days", "at most 3650", id="lifespan over ten years"),
        pytest.param({"lifespan_days": 10**9}, "lifespan_days", "reasonable", id="lifespan absurd"),
        pytest.param({"leaving_days": 0}, "leaving_days", "above 0", id="leaving 0"),
        pytest.param({"leaving_days": 400}, "leaving_days", "below the lifespan of 400", id="leaving = lifespan"),
        pytest.param({"inaccurate_share": 0}, "inaccurate_share", "above 0", id="inaccurate 0"),
        pytest.param({"inaccurate_share": 1.01}, "inaccurate_share", "at most 100 %", id="inaccurate above 100 %"),
        pytest.param({"inaccurate_share": float("nan")}, "inaccurate_share", "above 0", id="inaccurate not a number"),
        pytest.param({"inaccurate_share": "25%"}, "inaccurate_share", "a number", id="inaccurate a text"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(values: dict[str, Any], setting: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as error:
        Rules(**values)
    assert error.value.field == setting


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"inaccurate_share": 1}, id="inaccurate 100 %"),
        pytest.param({"inaccurate_share": 0.001}, id="inaccurate 0.1 %"),
        pytest.param({"active_months": 7}, id="active one below sleeping"),
        pytest.param({"sleeping_months": 10, "lifespan_days": 340}, id="sleeping × 31 = lifespan − leaving"),
        pytest.param({"leaving_days": 152}, id="leaving as long as sleeping lets it"),
        pytest.param({"horizon_months": 120, "lifespan_days": 3650}, id="ten years"),
    ],
)
def test_a_setting_at_its_limit_is_taken(values: dict[str, Any]) -> None:
    assert Rules(**values)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"sleeping_months": 10, "lifespan_days": 339}, id="sleeping × 31 one day past Leaving"),
        pytest.param({"leaving_days": 153}, id="leaving one day too long for sleeping"),
    ],
)
def test_sleeping_may_not_reach_past_the_first_day_of_leaving(values: dict[str, Any]) -> None:
    with pytest.raises(RuleError, match="where Leaving begins") as error:
        Rules(**values)
    assert error.value.field == "sleeping_months"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        pytest.param("2026-06-30", -4, "2026-02-28", id="30 June minus 4"),
        pytest.param("2024-06-30", -4, "2024-02-29", id="30 June minus 4 in a leap year"),
        pytest.param("2026-07-01", -4, "2026-03-01", id="1 July minus 4"),
        pytest.param("2024-02-29", 12, "2025-02-28", id="29 February plus a year"),
        pytest.param("2024-02-29", -12, "2023-02-28", id="29 February minus a year"),
        pytest.param("2024-02-29", 48, "2028-02-29", id="29 February plus four years"),
        pytest.param("2025-02-28", 12, "2026-02-28", id="28 February stays the 28th"),
        pytest.param("2023-02-28", 12, "2024-02-28", id="28 February before a leap year stays the 28th"),
        pytest.param("2026-12-31", 2, "2027-02-28", id="31 December plus 2"),
        pytest.param("2026-01-31", -2, "2025-11-30", id="31 January minus 2"),
        pytest.param("2026-12-31", 12, "2027-12-31", id="December stays December"),
        pytest.param("2026-12-15", 1, "2027-01-15", id="December plus 1"),
        pytest.param("2026-01-15", -1, "2025-12-15", id="January minus 1"),
        pytest.param("2026-05-31", 0, "2026-05-31", id="no months"),
        pytest.param("2100-02-28", -12, "2099-02-28", id="2100 is no leap year"),
    ],
)
def test_months_are_calendar_months_clipped_at_their_end(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@settings(deadline=None, max_examples=200)
@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), st.integers(-140, 140))
def test_months_are_counted_as_on_the_fingers(day: date, months: int) -> None:
    assert add_months(day, months) == oracle.months_from(day, months)


def test_the_boundary_dates_of_a_day() -> None:
    assert CutOffs.at(date(2026, 7, 1)) == CutOffs(
        as_of=date(2026, 7, 1),
        active=date(2026, 3, 1),
        sleeping_away=date(2025, 11, 1),
        hibernating=date(2025, 6, 26),
        leaving=date(2025, 5, 27),
        created=date(2025, 5, 28),
        horizon=date(2027, 7, 1),
    )


@pytest.mark.parametrize(
    ("day", "coming"),
    [("2026-06-30", False), ("2026-07-01", False), ("2026-07-02", True), ("2027-07-01", True), ("2027-07-02", False)],
)
def test_revenue_is_coming_from_tomorrow_to_the_horizon(day: str, coming: bool) -> None:
    assert CutOffs.at(date(2026, 7, 1)).is_coming(date.fromisoformat(day)) is coming


@settings(deadline=None, max_examples=200)
@given(st.dates(FIRST_DAY, LAST_DAY), any_rules())
def test_the_boundary_dates_follow_one_another_whatever_the_settings(as_of: date, rules: Rules) -> None:
    cut = CutOffs.at(as_of, rules)
    assert cut.leaving < cut.hibernating <= cut.sleeping_away < cut.active <= as_of < cut.horizon
    assert cut.created == cut.leaving + timedelta(days=1)


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY], ids=["first", "last"])
def test_the_first_and_last_as_of_date_can_be_computed_with_the_widest_settings(day: date) -> None:
    widest = Rules(horizon_months=120, lifespan_days=3650)
    cut = CutOffs.at(day, widest)
    assert date(1900, 1, 1) < cut.leaving
    assert cut.horizon <= date(9999, 12, 31)
    assert day + timedelta(days=widest.lifespan_days + 1) <= date(9999, 12, 31)


@pytest.mark.parametrize("day", [FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1)], ids=["before", "after"])
def test_an_as_of_date_out_of_range_is_refused_with_the_range(day: date) -> None:
    with pytest.raises(ValueError, match=f"between {FIRST_DAY} and {LAST_DAY}, not on {day}"):
        CutOffs.at(day)


@settings(deadline=None, max_examples=300)
@given(st.data(), any_rules(), st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.booleans())
def test_a_single_client_is_placed_as_the_table_of_segments_says(
    data: st.DataObject, rules: Rules, as_of: date, coming: bool
) -> None:
    cut = CutOffs.at(as_of, rules)
    edges = [cut.active, cut.sleeping_away, cut.hibernating, cut.leaving, cut.created, as_of]
    days = st.one_of(
        st.none(), st.builds(lambda edge, by: edge + timedelta(days=by), st.sampled_from(edges), st.integers(-1, 1))
    )
    created_on, last_invoice = data.draw(days), data.draw(days)
    if last_invoice and last_invoice > as_of:
        last_invoice = as_of
    expected = oracle.place(as_of, rules, created_on, last_invoice, coming, mark=None)
    assert cut.segment_of(created_on, last_invoice, coming) == (expected and Segment(expected))

"""The past, the seasons, and each of the three rules by hand."""

from __future__ import annotations

import random
from datetime import date

import pytest

from kopilot_xl.domain.forecasting import YEAR, Past, Row
from kopilot_xl.domain.forecasting import chances as learned
from kopilot_xl.domain.forecasting.by_client import Clients
from kopilot_xl.domain.forecasting.mixing import by_client
from kopilot_xl.domain.forecasting.seasons import NONE, Seasons
from kopilot_xl.domain.forecasting.totals import theta, trend
from tests.domain.forecasting.pasts import JULY_10, JUNE_30, of_clients


def rolled(past: Past) -> Clients:
    clients = Clients(past)
    for _ in range(past.whole):
        clients.roll()
    return clients


# The past.


def test_each_month_is_split_at_the_day_of_the_as_of_date() -> None:
    rows = [
        Row("A", date(2026, 5, 10), 1.0),
        Row("B", date(2026, 5, 11), 10.0),
        Row("A", date(2026, 7, 10), 100.0),
        Row("A", date(2026, 7, 11), 1000.0),  # after the as-of date
        Row("A", date(2026, 7, 1), None),
    ]
    past = Past.of(rows, JULY_10)
    assert (past.before, past.after, past.totals) == ([1.0, 0.0, 100.0], [10.0, 0.0, 0.0], [11.0, 0.0, 100.0])
    assert past.whole == 2
    assert past.so_far == 100.0
    assert past.year_to_date == 111.0
    assert past.share_after(2) == pytest.approx(10 / 11)


def test_where_the_as_of_date_ends_its_month_every_month_is_whole() -> None:
    past = Past.of([Row("A", date(2026, 5, 31), 1.0), Row("A", date(2026, 6, 30), 2.0)], JUNE_30)
    assert (past.before, past.after, past.whole) == ([1.0, 2.0], [0.0, 0.0], 2)
    assert past.share_after(2) == 0.0


def test_where_nothing_was_invoiced_there_are_no_whole_months() -> None:
    assert Past.of([], JUNE_30).whole == 0


# Seasons, Theta and Trend.


def test_seasons_that_repeat_are_found_in_full() -> None:
    months = [100.0 * (2.0 if month % 12 == 3 else 0.5 if month % 12 == 9 else 1.0) for month in range(60)]
    seasons = Seasons.of(months)
    mean = 12.5 / 12
    assert seasons.multiply
    assert seasons.effects[3] == pytest.approx(2 / mean)
    assert seasons.effects[9] == pytest.approx(0.5 / mean)
    assert trend(months, seasons, YEAR) == pytest.approx(months[:12])


def test_where_months_differ_by_chance_seasons_are_weak() -> None:
    draw = random.Random(7)
    spread = [max(abs(effect - 1) for effect in Seasons.of(months).effects)
              for months in ([draw.uniform(50, 150) for _ in range(60)] for _ in range(20))]  # fmt: skip
    assert sum(spread) / len(spread) < 0.1  # unshrunk it would be about .25


@pytest.mark.parametrize("known", [1, 4, 13])
def test_of_less_than_14_months_no_seasons_are_made(known: int) -> None:
    assert Seasons.of(([5.0, 80.0, 3.0] * 5)[:known]) is NONE


def test_seasons_of_months_below_zero_are_amounts() -> None:
    months = [(-50.0 if month % 12 == 0 else 100.0) for month in range(48)]
    seasons = Seasons.of(months)
    assert not seasons.multiply
    assert trend(months, seasons, YEAR) == pytest.approx([0.0, *months[1:12]])  # no month is expected below zero


def test_a_growing_firm_with_two_years_known_keeps_its_seasons_apart_from_its_growth() -> None:
    months = [100.0 + 5 * month for month in range(24)]
    effects = Seasons.of(months).effects
    assert effects == pytest.approx([1.0] * 12, abs=0.02)


def test_theta_of_a_straight_line_goes_on_with_half_its_slope() -> None:
    months = [1000.0 + 10 * month for month in range(48)]
    told = theta(months, NONE, 3)
    assert told[1] - told[0] == pytest.approx(5.0)
    assert told[0] == pytest.approx(1480, abs=12)


def test_theta_does_not_double_a_firm_for_ever() -> None:
    months = [100.0 * 1.5**month for month in range(13)]
    told = theta(months, NONE, YEAR)
    assert told[-1] - told[0] <= 11 * months[-1] / 24 + 1e-6


def test_no_month_is_expected_to_be_below_zero() -> None:
    assert min(theta([900.0, 500.0, 100.0, 1.0, 0.0, 0.0], NONE, YEAR)) >= 0.0


# By client.


def test_the_row_of_a_client_is_by_its_invoiced_months_and_its_rhythm() -> None:
    assert learned.row_of(1, 0) == 0
    assert learned.row_of(2, 1.5) == 1
    assert learned.row_of(2, 1.6) == 2
    assert learned.row_of(3, 9) == 8
    assert learned.row_of(8, 9) == learned.row_of(80, 9) == learned.ROWS - 1
    assert [learned.rhythm(gap) for gap in (1.5, 3.5, 8.5, 8.6)] == [0, 1, 2, 3]


def test_a_client_of_every_month_is_expected_every_month() -> None:
    past = of_clients({client: [100.0] * 36 for client in "ABCDE"})
    expected = rolled(past).view(0.0).from_clients()
    assert expected[0] == pytest.approx(500, rel=0.03)
    assert expected[11] == pytest.approx(500, rel=0.2)
    assert expected == sorted(expected, reverse=True)


def test_a_client_long_gone_is_expected_far_less_than_one_invoiced_of_late() -> None:
    months = {client: [100.0] * 40 for client in "ABCDE"}
    months |= {client: [100.0] * 20 + [0.0] * 20 for client in "VWXYZ"}
    clients = rolled(of_clients(months))
    tables = learned.ahead(clients.view(0.0).chances)
    row = clients.row[0]
    assert tables[0][row][14] < tables[0][row][0] / 10


def test_chances_never_seen_are_drawn_to_those_that_were() -> None:
    nothing = [[0.0] * 15 for _ in range(learned.ROWS)]
    chances = learned.learn(nothing, nothing)
    assert all(0 < chance < 1 for row in chances for chance in row)
    assert chances[5] == sorted(chances[5], reverse=True)


def test_a_state_seen_often_has_its_own_chance() -> None:
    seen = [[0.0] * 15 for _ in range(learned.ROWS)]
    invoiced = [[0.0] * 15 for _ in range(learned.ROWS)]
    seen[0][0], invoiced[0][0] = 1000.0, 250.0
    assert learned.learn(seen, invoiced)[0][0] == pytest.approx(0.25, abs=0.01)


def test_ahead_follows_a_client_from_state_to_state() -> None:
    chances = [[0.0] * 15 for _ in range(learned.ROWS)]
    chances[0][0] = 0.5  # first invoiced last month
    chances[learned.row_of(2, 1)][0] = 0.4  # a second time, a month later
    chances[0][1] = 0.2  # not in the month after the first
    chances[learned.row_of(2, 2)][0] = 0.1
    first, second, third = learned.ahead(chances, 3)
    assert first[0][0] == 0.5
    assert second[0][0] == pytest.approx(0.5 * 0.4 + 0.5 * 0.2)
    # twice, and then a third time; or not, and then the second time, and once more
    assert third[0][0] == pytest.approx(0.5 * 0.2 * 0.1)
    assert learned.within(chances, 2)[0][0] == pytest.approx(1 - 0.5 * 0.8)


def test_the_chance_of_the_rest_of_a_month() -> None:
    assert learned.in_rest(0.6, 1.0) == pytest.approx(0.6)
    assert learned.in_rest(0.6, 0.0) == 0.0
    assert learned.in_rest(0.5, 0.5) == pytest.approx(0.25 / 0.75)


def test_one_giant_does_not_lift_the_usual_amount() -> None:
    months = {f"C{number}": [100.0] * 24 for number in range(10)} | {"giant": [1_000_000.0] * 24}
    assert rolled(of_clients(months)).usual_amount() == pytest.approx((10 * 100 + 500) / 11)


def test_a_credit_note_takes_the_invoiced_month_it_fits_off_again() -> None:
    clients = rolled(of_clients({"A": [100.0, 0.0, 70.0, -100.0, 0.0], "B": [10.0, 0.0, 0.0, 0.0, 10.0]}))
    assert (clients.months[0], clients.amounts[0]) == ([2], [70.0])
    clients = rolled(of_clients({"A": [100.0, 0.0, 70.0, -20.0, 0.0], "B": [10.0, 0.0, 0.0, 0.0, 10.0]}))
    assert (clients.months[0], clients.amounts[0]) == ([0, 2], [100.0, 50.0])
    clients = rolled(of_clients({"A": [100.0, -100.0, 0.0], "B": [10.0, 0.0, 10.0]}))
    assert clients.months[0] == []


def test_new_clients_bring_what_those_won_of_late_brought() -> None:
    # From the 7th month on one client is won each month, which is invoiced 100 at once and 50 in the next month.
    months = {"old": [10.0] * 36}
    months |= {f"N{at}": [0.0] * at + [100.0, 50.0] + [0.0] * (34 - at) for at in range(6, 35)}
    months["N35"] = [0.0] * 35 + [100.0]
    view = rolled(of_clients(months)).view(0.0)
    assert view.arrivals == pytest.approx(1.0)
    brought = view.from_new_clients()
    assert brought[0] == pytest.approx(100, rel=0.1)
    assert brought[11] == pytest.approx(150, rel=0.1)


def test_where_arrivals_stopped_half_a_year_ago_none_are_expected() -> None:
    months = {"old": [10.0] * 36} | {
        f"N{at}{twin}": [0.0] * at + [100.0] + [0.0] * (35 - at) for at in range(6, 30) for twin in "ab"
    }
    assert rolled(of_clients(months)).arrivals() == 0.0


def test_who_was_invoiced_in_the_running_month_is_not_expected_in_its_rest() -> None:
    rows = [Row("A", date(2023 + at // 12, at % 12 + 1, 5), 100.0) for at in range(42)]
    before = Past.of([row for row in rows if row.day < date(2026, 6, 1)], date(2026, 6, 10))
    after = Past.of(rows, date(2026, 6, 10))
    rests = []
    for past in (before, after):
        clients = rolled(past)
        rests.append(by_client(clients.view(0.5), NONE, past.whole).rest)
    assert rests[0] > 50
    assert rests[1] == 0.0

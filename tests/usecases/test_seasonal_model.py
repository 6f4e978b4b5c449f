"""The seasonal model: what statsmodels makes of monthly sales, and what is said where it is not installed."""

from __future__ import annotations

import math
import sys

import pytest

from kopilot_xl.domain.forecast import forecast
from kopilot_xl.domain.scenarios import Scenario
from kopilot_xl.errors import KopilotError
from kopilot_xl.usecases import seasonal_model
from tests.domain.test_forecast import of_months, of_series

SEASONS = [100.0 * (1 + 0.5 * math.sin(math.pi * at / 6)) for at in range(12)]


def _ahead(*pasts: list[float]) -> list[list[float] | None]:
    model = seasonal_model.models()[Scenario.SEASONAL_MODEL]
    return [None if each is None else list(each) for each in model(pasts)]


def test_it_finds_the_seasons_that_repeat() -> None:
    wobble = [(at * 7919 % 13 - 6) / 10 for at in range(48)]
    (found,) = _ahead([SEASONS[at % 12] + wobble[at] for at in range(48)])
    assert found == pytest.approx(SEASONS, abs=3)


def test_another_currency_gives_the_same_picture() -> None:
    months = [SEASONS[at % 12] + at * 7919 % 13 for at in range(36)]
    (one,), (other,) = _ahead(months), _ahead([1e6 * each for each in months])
    assert one is not None
    assert other == pytest.approx([1e6 * each for each in one], rel=1e-3)


@pytest.mark.parametrize(
    "months",
    [
        pytest.param([0.0] * 30, id="no sales"),
        pytest.param([100.0] * 30, id="always the same"),
        pytest.param([0.0] * 29 + [5000.0], id="one invoice"),
        pytest.param([-50.0] * 30, id="credit notes alone"),
        pytest.param([1e12 * (1 + at % 3) for at in range(30)], id="trillions"),
    ],
)
def test_a_strange_past_gives_months_or_none_but_no_error(months: list[float]) -> None:
    (found,) = _ahead(months)
    assert found is None or all(math.isfinite(each) and each >= 0 for each in found)


def test_later_dates_of_a_past_that_turns_bad_are_fitted_anew() -> None:
    months = [SEASONS[at % 12] * 1.01**at for at in range(40)]
    found = _ahead(*(months[:known] for known in range(30, 40)), [*months, -20.0])
    assert all(each is not None and len(each) == 12 for each in found)


@pytest.mark.slow
def test_on_air_passengers_it_does_better_than_the_other_scenarios() -> None:
    _, months = of_series("AirPassengers")
    found = forecast(of_months(months[-72:]), seasonal_model.models())
    assert found.chosen is Scenario.SEASONAL_MODEL
    line = found.lines[Scenario.SEASONAL_MODEL].accuracy
    assert line is not None
    assert line.mase is not None
    assert line.mase < 0.6


def test_where_statsmodels_is_missing_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.exponential_smoothing.ets", None)
    with pytest.raises(KopilotError, match=r'pip install "kopilot-xl\[forecast\]"'):
        seasonal_model.models()

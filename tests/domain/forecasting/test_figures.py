"""How good the forecast is on real data: the figures that `python -m bench forecast` prints."""

from __future__ import annotations

from datetime import date
from statistics import fmean

from bench.forecast_goals import cdnow, drawn, marked_lost, real_series


def test_real_monthly_series() -> None:
    figures = real_series()
    assert len(figures.errors) == 45
    assert fmean(figures.errors) <= 0.93
    assert fmean(figures.errors) < fmean(figures.last_year) * 0.85
    assert 0.75 <= fmean(figures.within) <= 0.88
    assert 0.85 <= fmean(figures.ratios) <= 1.10


def test_a_real_book_of_clients_who_come_and_go() -> None:
    assert abs(cdnow(date(1997, 12, 31), 6)) < 0.15
    assert abs(cdnow(date(1997, 9, 30), 6)) < 0.25


def test_drawn_firms() -> None:
    every, _ = drawn((24,), range(1, 5))
    assert fmean(every.errors) <= 0.88
    assert fmean(every.errors) < fmean(every.last_year)


def test_a_lost_client_takes_about_its_share_with_it() -> None:
    assert 0.4 <= fmean(marked_lost(0.6)) <= 0.65

"""What the Portfolio page says."""

from __future__ import annotations

import pytest

from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import Segment
from kopilot_xl.sheets import portfolio


@pytest.mark.parametrize(
    ("tilt", "picture"),
    [
        (None, None),
        (-1.0, "●─────────┼──────────"),
        (0.0, "──────────●──────────"),
        (0.04, "──────────●──────────"),
        (0.41, "──────────┼───●──────"),
        (1.0, "──────────┼─────────●"),
    ],
)
def test_the_tilt_is_drawn_as_a_balance(tilt: float | None, picture: str | None) -> None:
    assert portfolio.balance(tilt) == picture


@pytest.mark.parametrize(
    ("problems", "notices", "sentence"),
    [
        (0, 0, "No data problems."),
        (1, 0, "1 data problem: see the Problems sheet."),
        (3, 2, "3 data problems and 2 notices: see the Problems sheet."),
        (0, 1, "1 notice: see the Problems sheet."),
    ],
)
def test_problems_are_counted_in_words(problems: int, notices: int, sentence: str) -> None:
    assert portfolio.found(problems, notices) == sentence


def test_lost_and_canceled_are_told_apart_from_the_portfolio() -> None:
    counts = dict.fromkeys(Segment, 0) | {Segment.LOST: 1234, Segment.CANCELED: 2}
    assert portfolio.outside(Summary(counts, dict.fromkeys(Segment, 0.0))) == (
        "Outside the portfolio: 1,234 lost, 2 canceled."
    )

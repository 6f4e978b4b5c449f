"""The portfolio as a whole, and what to do next with whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.portfolio import Client, Shape, Summary, do_next
from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.domain.segments import BARS, ENGAGED, INACTIVE, PORTFOLIO, Heading, Segment
from tests.domain import oracle
from tests.domain.cases import SHAPE_CASES, ShapeCase

SOON, PAST, FAR = date(2026, 8, 1), date(2026, 6, 1), date(2028, 1, 1)


def client(name: str, segment: Segment | None, **more: Any) -> Client:
    return Client(key=name.casefold(), id=name, name=name, segment=segment, **more)


def summary(rules: Rules = DEFAULT, **counts: int) -> Summary:
    """A summary by the number of clients: `summary(active=3, no_activity=1)`."""
    numbers = {segment: counts.pop(segment.name.lower(), 0) for segment in Segment}
    assert not counts
    return Summary(numbers, {segment: 10.0 * number for segment, number in numbers.items()}, rules)


# The worked examples.


@pytest.mark.parametrize("case", SHAPE_CASES, ids=lambda case: case.name)
def test_a_portfolio_has_the_shape_and_tilt_of_the_example(case: ShapeCase) -> None:
    found = Summary(case.counts, dict.fromkeys(Segment, 0.0))
    assert found.shape == case.shape
    assert (found.tilt is None) == (case.tilt is None)
    assert found.tilt == (case.tilt if case.tilt is None else pytest.approx(case.tilt, abs=0.00005))


@pytest.mark.parametrize("case", SHAPE_CASES, ids=lambda case: case.name)
def test_its_clients_add_up_to_the_shape_of_the_example(case: ShapeCase) -> None:
    clients = [
        client(f"{segment} {number}", segment, value=1.0)
        for segment, count in case.counts.items()
        for number in range(count)
    ]
    found = Summary.of(clients)
    assert found.counts == case.counts
    assert found.shape == case.shape
    assert found.tilt_by_value == found.tilt


def test_all_examples_are_here() -> None:
    assert len(SHAPE_CASES) == 18
    assert {case.shape for case in SHAPE_CASES} == set(Shape)


@pytest.mark.parametrize("percent", [25, 1, 50, 100])
def test_every_small_portfolio_has_the_shape_computed_by_hand(percent: int) -> None:
    rules = Rules(inaccurate_share=percent / 100)
    for numbers in product(range(4), repeat=len(PORTFOLIO)):
        counts = dict.fromkeys(Segment, 0) | dict(zip(PORTFOLIO, numbers, strict=True))
        expected = oracle.shape({str(each): number for each, number in counts.items()}, percent)
        assert Summary(counts, {}, rules).shape == expected, counts


@pytest.mark.parametrize(
    ("share", "none", "size", "shape"),
    [
        pytest.param(0.25, 1, 4, Shape.INACCURATE, id="a quarter"),
        pytest.param(0.25, 24, 100, Shape.MATURE, id="just under a quarter"),
        pytest.param(0.1, 1, 10, Shape.INACCURATE, id="a tenth"),
        pytest.param(0.3, 3, 10, Shape.INACCURATE, id="three tenths"),
        pytest.param(0.07, 7, 100, Shape.INACCURATE, id="seven of a hundred"),
        pytest.param(1 / 3, 1, 3, Shape.INACCURATE, id="a third"),
        pytest.param(1.0, 99, 100, Shape.MATURE, id="all but one, limit 100 %"),
        pytest.param(1, 100, 100, Shape.INACCURATE, id="all, limit 100 %"),
    ],
)
def test_a_portfolio_is_inaccurate_from_exactly_the_limit_on(share: float, none: int, size: int, shape: Shape) -> None:
    assert summary(Rules(inaccurate_share=share), no_activity=none, active=size - none).shape is shape


# Figures.


def test_clients_are_counted_by_segment_and_their_values_added_up() -> None:
    found = Summary.of(
        [
            client("a", Segment.ACTIVE, value=100.0),
            client("b", Segment.ACTIVE, value=-40.0),
            client("c", Segment.LEAVING, value=300.0),
            client("d", Segment.LOST, value=500.0),
            client("e", Segment.CANCELED, value=7.0),
            client("f", Segment.NO_ACTIVITY, value=None),
            client("not yet a client", None, value=None),
        ]
    )
    assert {each: number for each, number in found.counts.items() if number} == {
        Segment.ACTIVE: 2,
        Segment.LEAVING: 1,
        Segment.LOST: 1,
        Segment.CANCELED: 1,
        Segment.NO_ACTIVITY: 1,
    }
    assert found.values[Segment.ACTIVE] == 100.0
    assert found.size == 4
    assert found.share(Segment.ACTIVE) == 0.5
    assert found.share_of_value(Segment.ACTIVE) == 0.25
    assert found.share_of_value(Segment.NO_ACTIVITY) == 0.0
    assert found.tilt == pytest.approx(1 / 3)
    assert found.tilt_by_value == -0.5


@pytest.mark.parametrize("outside", [Segment.LOST, Segment.CANCELED])
def test_lost_and_canceled_are_in_no_percentage(outside: Segment) -> None:
    found = summary(active=1, lost=5, canceled=3)
    assert found.share(outside) is None
    assert found.share_of_value(outside) is None
    assert found.share(Segment.ACTIVE) == found.share_of_value(Segment.ACTIVE) == 1.0


def test_an_empty_portfolio_has_no_shares_no_tilt_and_no_checks() -> None:
    found = summary(lost=5, canceled=3)
    assert found.shape is Shape.EMPTY
    assert (found.size, found.tilt, found.tilt_by_value, found.checks) == (0, None, None, ())
    assert all(found.share(each) is None and found.share_of_value(each) is None for each in Segment)
    assert found.words == "There are no clients in the portfolio."


def test_clients_below_zero_weigh_nothing_in_the_tilt_by_value() -> None:
    found = Summary.of(
        [client("a", Segment.ACTIVE, value=-1000.0), client("b", Segment.LEAVING, value=50.0)],
    )
    assert found.tilt == 0.0
    assert found.tilt_by_value == -1.0


def test_there_is_no_tilt_by_value_where_nobody_has_any() -> None:
    found = Summary.of([client("a", Segment.ACTIVE, value=-5.0), client("b", Segment.LEAVING, value=0.0)])
    assert found.tilt == 0.0
    assert found.tilt_by_value is None
    assert found.share_of_value(Segment.ACTIVE) is None


def test_clients_without_activity_do_not_move_the_tilt() -> None:
    assert summary(active=3, leaving=1, no_activity=9).tilt == 0.5


# The checks and the words.


@pytest.mark.parametrize(
    ("found", "passed", "texts"),
    [
        pytest.param(
            summary(active=60, new=8, sleeping_away=10, hibernating=6, leaving=3, no_activity=3),
            (True, True, True),
            (
                "Active clients are the majority (60 of 87, 69%)",
                "New clients make up for the leaving ones (8 new, 3 leaving)",
                "Few clients have no activity (3 of 90, 3%; limit 25%)",
            ),
            id="all passed",
        ),
        pytest.param(
            summary(active=5, leaving=5, no_activity=5),
            (False, False, False),
            ("(5 of 10, 50%)", "(0 new, 5 leaving)", "(5 of 15, 33%; limit 25%)"),
            id="all failed, half is no majority",
        ),
        pytest.param(
            summary(active=51, new=1, leaving=1, hibernating=30),
            (True, True, True),
            ("(51 of 83, 61%)", "(1 new, 1 leaving)", "(0 of 83, 0%; limit 25%)"),
            id="as many new as leaving",
        ),
        pytest.param(
            summary(no_activity=4),
            (False, True, False),
            ("(0 of 0)", "(0 new, 0 leaving)", "(4 of 4, 100%; limit 25%)"),
            id="nobody active",
        ),
        pytest.param(
            summary(active=1200, no_activity=1000),
            (True, True, False),
            ("(1,200 of 1,200, 100%)", "(0 new, 0 leaving)", "(1,000 of 2,200, 45%; limit 25%)"),
            id="thousands",
        ),
    ],
)
def test_the_checks_show_their_figures(found: Summary, passed: tuple[bool, ...], texts: tuple[str, ...]) -> None:
    assert tuple(each.passed for each in found.checks) == passed
    for check, text in zip(found.checks, texts, strict=True):
        assert text in check.text


def test_the_limit_of_the_third_check_is_the_setting() -> None:
    found = summary(Rules(inaccurate_share=0.4), active=7, no_activity=3)
    assert found.checks[2].passed
    assert "limit 40%" in found.checks[2].text


@pytest.mark.parametrize(
    ("found", "shape", "said"),
    [
        (summary(), Shape.EMPTY, ("no clients in the portfolio",)),
        (summary(no_activity=1), Shape.INACCURATE, ("cannot be trusted", "Plan", "cancel", "truer")),
        (summary(leaving=1), Shape.DECLINING, ("leans left by 1.00", "do not make up", "upgrade", "maintenance")),
        (summary(new=1), Shape.GROWING, ("leans right by 1.00", "1 is new", "Plan the revenue")),
        (summary(active=1), Shape.MATURE, ("Well balanced",)),
    ],
    ids=lambda each: str(each) if isinstance(each, Shape) else "",
)
def test_each_shape_has_its_words_and_its_own_icon(found: Summary, shape: Shape, said: tuple[str, ...]) -> None:
    assert found.shape is shape
    assert all(each in found.words for each in said)
    assert len({each.icon for each in Shape}) == len(Shape)


def test_a_mature_portfolio_with_a_failed_check_says_which() -> None:
    found = summary(active=70, leaving=24, sleeping_away=3, hibernating=3)
    assert found.shape is Shape.MATURE
    assert found.words == (
        "Active clients carry the portfolio, but new clients do not make up for the leaving ones (0 new, 24 leaving). "
        "It leans right by 0.40: more clients are active or new (70) than went quiet (30)."
    )


def test_a_declining_portfolio_without_exits_says_nothing_of_exits() -> None:
    found = summary(active=2, sleeping_away=2)
    assert found.shape is Shape.DECLINING
    assert found.words == (
        "It leans neither way: as many clients went quiet as are active or new (2). "
        "Active clients are not the majority. "
        "Offer the quiet ones a product or service, an upgrade, maintenance."
    )


def test_a_declining_portfolio_says_who_was_won() -> None:
    found = replace(summary(active=10, sleeping_away=12, leaving=1), won=10)
    assert found.shape is Shape.DECLINING
    assert "10 won" in found.words
    assert "10 won" in found.checks[1].text
    assert "nobody" not in found.words.lower()
    assert "not offset" not in found.words


def test_a_declining_portfolio_whose_exits_are_made_up_for_says_what_went_quiet() -> None:
    found = summary(new=311, leaving=103, sleeping_away=700, hibernating=411, active=691)
    assert found.shape is Shape.DECLINING
    assert "more clients went quiet (1,214) than are active or new (1,002)" in found.words
    assert "103 are leaving, 311 are new." in found.words
    assert "make up" not in found.words


def test_the_longest_sentence_fits_into_its_block_of_the_sheet() -> None:
    found = replace(summary(active=1000, new=1000, leaving=1003, sleeping_away=2345, hibernating=2345), won=1000)
    assert found.shape is Shape.DECLINING
    assert len(found.words) < 290


def test_the_sentence_of_any_small_portfolio_denies_no_check() -> None:
    for numbers in product((0, 1, 3), repeat=len(PORTFOLIO)):
        for won in (None, 0, 2):
            found = Summary(dict.fromkeys(Segment, 0) | dict(zip(PORTFOLIO, numbers, strict=True)), {}, won=won)
            if found.shape in (Shape.EMPTY, Shape.INACCURATE):
                continue
            majority, made_up_for, _ = (check.passed for check in found.checks)
            words = found.words.lower()
            assert ("are not the majority" in words) == (not majority), found
            assert ("do not make up for" in words) == (not made_up_for), found
            assert ("leans left" in words) == ((found.tilt or 0) < 0), found
            assert ("leans right" in words) == ((found.tilt or 0) > 0), found
            assert ("won" in words) == (bool(won) or (not made_up_for and won is not None)), found


# Do next.


def test_the_portfolio_is_worked_through_in_this_order() -> None:
    clients = [client(str(each), each) for each in reversed(Segment)]
    overdue_new = [replace(each, next_planned=SOON, overdue=PAST) for each in clients if each.segment is Segment.NEW]
    worked = do_next([each for each in clients if each.segment is not Segment.NEW] + overdue_new)
    assert {str(heading): [each.name for each in found] for heading, found in worked.items()} == {
        "Keep": ["Leaving", "Hibernating", "Sleeping Away", "Active"],
        "Win back": ["New", "Lost"],
        "Decide": ["No Activity"],
    }
    assert list(worked) == ["Keep", "Win back", "Decide"]


def test_within_a_segment_the_most_valuable_client_comes_first_then_by_name() -> None:
    clients = [
        client("small", Segment.LEAVING, value=1.0),
        client("below zero", Segment.LEAVING, value=-5.0),
        client("big", Segment.LEAVING, value=100.0),
        client("bravo", Segment.LEAVING, value=50.0),
        client("alpha", Segment.LEAVING, value=50.0),
        client("unknown", Segment.LEAVING, value=None),
        client("huge, but icy", Segment.HIBERNATING, value=10_000.0),
    ]
    assert [each.name for each in do_next(clients)[Heading.KEEP]] == [
        "big",
        "alpha",
        "bravo",
        "small",
        "unknown",
        "below zero",
        "huge, but icy",
    ]


def test_whoever_leaves_first_comes_first_among_the_leaving() -> None:
    soon, later = date(2026, 7, 3), date(2026, 7, 20)
    clients = [
        client("worth more", Segment.LEAVING, value=100.0, leaves_on=later),
        client("first to go", Segment.LEAVING, value=1.0, leaves_on=soon),
        client("first too", Segment.LEAVING, value=2.0, leaves_on=soon),
    ]
    assert [each.name for each in do_next(clients)[Heading.KEEP]] == ["first too", "first to go", "worth more"]


@pytest.mark.parametrize(
    ("segment", "value", "coming", "listed"),
    [
        pytest.param(Segment.HIBERNATING, 100_000.0, 1.0, True, id="a token"),
        pytest.param(Segment.ACTIVE, 100.0, 9.99, True, id="a cent below a tenth"),
        pytest.param(Segment.ACTIVE, 100.0, 10.0, False, id="a tenth"),
        pytest.param(Segment.ACTIVE, 100.0, None, False, id="an amount is not known"),
        pytest.param(Segment.ACTIVE, 0.0, 1.0, False, id="a client worth nothing"),
        pytest.param(Segment.NEW, 100_000.0, 1.0, False, id="a new client"),
    ],
)
def test_a_token_plan_keeps_nobody_off_the_list(
    segment: Segment, value: float, coming: float | None, listed: bool
) -> None:
    some = client("a", segment, value=value, next_planned=SOON, coming_amount=coming)
    assert any(do_next([some]).values()) is listed


@pytest.mark.parametrize("segment", list(Segment))
def test_a_client_with_an_unpaid_invoice_is_always_listed(segment: Segment) -> None:
    some = client("a", segment, next_planned=SOON, unpaid=5.0, unpaid_since=PAST)
    assert any(do_next([some]).values())


def test_clients_of_the_same_value_come_by_name_then_by_id() -> None:
    clients = [
        Client(key=number, id=number, name=name, segment=Segment.LOST, value=1.0)
        for number, name in (("1", "bravo"), ("3", "alpha"), ("2", "alpha"))
    ]
    assert [each.id for each in do_next(clients)[Heading.WIN_BACK]] == ["2", "3", "1"]


@pytest.mark.parametrize(
    ("plans", "listed"),
    [
        pytest.param({}, True, id="nothing planned"),
        pytest.param({"next_planned": SOON}, False, id="something coming"),
        pytest.param({"next_planned": SOON, "overdue": PAST}, True, id="something coming and a plan overdue"),
        pytest.param({"overdue": PAST}, True, id="a plan overdue"),
        pytest.param({"far_off": FAR}, True, id="a plan far off"),
        pytest.param({"next_planned": SOON, "far_off": FAR}, False, id="something coming and a plan far off"),
    ],
)
def test_a_client_with_something_coming_and_no_overdue_plan_is_not_listed(plans: dict[str, date], listed: bool) -> None:
    assert bool(do_next([client("a", Segment.ACTIVE, **plans)])[Heading.KEEP]) is listed


@pytest.mark.parametrize("segment", [Segment.CANCELED, None], ids=["canceled", "not yet a client"])
def test_a_client_outside_is_not_listed(segment: Segment | None) -> None:
    assert not any(do_next([client("a", segment)]).values())


# Next action.


@pytest.mark.parametrize("segment", list(Segment))
def test_the_next_action_is_the_advice_of_the_segment(segment: Segment) -> None:
    assert client("a", segment).next_action == segment.advice


@pytest.mark.parametrize(
    ("plans", "said"),
    [
        pytest.param(
            {"overdue": date(2026, 7, 1)},
            "Planned for 1 July 2026, not invoiced: invoice it, move it or drop it.",
            id="a plan overdue",
        ),
        pytest.param(
            {"overdue": PAST, "next_planned": SOON, "next_amount": 5.0, "far_off": FAR},
            "Planned for 1 June 2026, not invoiced: invoice it, move it or drop it.",
            id="a plan overdue comes before all others",
        ),
        pytest.param(
            {"unpaid": 9000.0, "unpaid_since": date(2025, 12, 13), "overdue": PAST, "next_planned": SOON},
            "9,000 unpaid, invoiced 13 December 2025: collect it first.",
            id="an unpaid invoice comes before all others",
        ),
        pytest.param(
            {"unpaid": 0.0, "unpaid_since": date(2025, 12, 13)},
            "Unpaid, invoiced 13 December 2025: collect it first.",
            id="an unpaid invoice without an amount",
        ),
        pytest.param(
            {"next_planned": SOON, "next_amount": 1200.5}, "Planned: 1 August 2026, 1,200.50.", id="something coming"
        ),
        pytest.param({"next_planned": SOON, "next_amount": 0.0}, "Planned: 1 August 2026.", id="amount unknown"),
        pytest.param(
            {"next_planned": SOON, "next_amount": 5.0, "far_off": FAR},
            "Planned: 1 August 2026, 5.",
            id="something coming comes before a plan far off",
        ),
        pytest.param(
            {"far_off": FAR},
            "Planned for 1 January 2028, too far ahead to count yet.",
            id="a plan far off",
        ),
    ],
)
def test_the_next_action_tells_the_plan_that_is_there(plans: Mapping[str, Any], said: str) -> None:
    assert client("a", Segment.LEAVING, **plans).next_action == said


def test_there_is_no_next_action_for_one_not_yet_a_client() -> None:
    assert client("a", None, next_planned=SOON, overdue=PAST).next_action == ""


# Any portfolio.

CLIENTS = st.lists(
    st.builds(
        client,
        st.text("abc", min_size=1, max_size=2),
        st.sampled_from([*Segment, None]),
        value=st.none() | st.floats(-1e6, 1e6),
        next_planned=st.sampled_from([None, SOON]),
        overdue=st.sampled_from([None, None, PAST]),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=150)
@given(CLIENTS)
def test_the_shares_of_any_portfolio_sum_to_one(clients: list[Client]) -> None:
    found = Summary.of(clients)
    assert found.size == sum(each.segment in PORTFOLIO for each in clients)
    for shares in ([found.share(each) for each in Segment], [found.share_of_value(each) for each in Segment]):
        known = [each for each in shares if each is not None]
        assert len(known) in (0, len(PORTFOLIO))
        assert all(0 <= each <= 1 for each in known)
        assert not known or sum(known) == pytest.approx(1)
    assert (found.share(Segment.ACTIVE) is None) == (found.size == 0)


@settings(deadline=None, max_examples=150)
@given(CLIENTS)
def test_the_tilt_of_any_portfolio_lies_between_left_and_right(clients: list[Client]) -> None:
    found = Summary.of(clients)
    for tilt in (found.tilt, found.tilt_by_value):
        assert tilt is None or -1 <= tilt <= 1
    some = [each for each in clients if each.segment in ENGAGED + INACTIVE]
    assert (found.tilt is None) == (not some)
    assert (found.tilt_by_value is None) == (not any((each.value or 0) > 0 for each in some))


@settings(deadline=None, max_examples=150)
@given(CLIENTS)
def test_any_portfolio_has_one_shape_with_words_and_checks(clients: list[Client]) -> None:
    found = Summary.of(clients)
    assert found.shape == oracle.shape({str(each): number for each, number in found.counts.items()})
    assert found.words.endswith(".")
    assert len(found.checks) == (0 if found.shape is Shape.EMPTY else 3)
    if found.shape is Shape.MATURE:
        assert found.words.startswith("Well balanced") == all(each.passed for each in found.checks)


@settings(deadline=None, max_examples=150)
@given(CLIENTS)
def test_everybody_to_turn_to_is_listed_exactly_once(clients: list[Client]) -> None:
    listed = [each for found in do_next(clients).values() for each in found]
    expected = [
        each for each in clients if each.segment in BARS and (each.next_planned is None or each.overdue is not None)
    ]
    assert sorted(map(repr, listed)) == sorted(map(repr, expected))
    for one, following in pairwise(listed):
        if one.segment is following.segment:
            assert (one.value or 0) >= (following.value or 0)

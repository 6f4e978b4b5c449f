"""Which segment a client is in: the worked examples, on every engine and for a single client."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import narwhals as nw
import pytest

from kopilot_xl.domain.activity import segment
from kopilot_xl.domain.rules import CutOffs, Rules
from kopilot_xl.domain.segments import ALLOWED, BARS, ENGAGED, INACTIVE, PORTFOLIO, WORK_ORDER, Action, Heading, Segment
from tests.domain.cases import SEGMENT_CASES, SegmentCase
from tests.domain.engines import CLIENTS, TRANSACTIONS, Engine

MARK_CASES = [
    ("marked lost, though invoiced today", "Lost", date(2026, 7, 1), None),
    ("marked lost, though revenue is planned", "Lost", None, date(2026, 8, 1)),
    ("marked canceled, though invoiced today", "Canceled", date(2026, 7, 1), None),
    ("marked canceled, with nothing at all", "Canceled", None, None),
]
MARKED_ON = date(2026, 7, 1)


@cache
def by_the_expression(engine: Engine, as_of: date) -> dict[str, str | None]:
    """The segment of every example of a day, from one frame of clients."""
    cut = CutOffs.at(as_of)
    rows = [
        {
            "client": case.id,
            "created_on": case.created_on,
            "last_invoice": case.last_invoice,
            "next_planned": case.next_planned if case.next_planned and cut.is_coming(case.next_planned) else None,
        }
        for case in SEGMENT_CASES
        if case.as_of == as_of
    ]
    if as_of == MARKED_ON:
        rows += [
            {"client": name, "last_invoice": last, "next_planned": planned, "mark": mark}
            for name, mark, last, planned in MARK_CASES
        ]
    frame = nw.from_native(engine.frame(rows, ("client", "created_on", "last_invoice", "next_planned", "mark")))
    placed = frame.with_columns(placed=segment(frame, cut)).to_native()
    return {row["client"]: row["placed"] for row in engine.rows(placed)}


@cache
def by_the_transactions(engine: Engine, as_of: date) -> dict[str, str | None]:
    """The segment of every example of a day, from the transactions that make it so."""
    cases = [case for case in SEGMENT_CASES if case.as_of == as_of]
    clients = [{"client": case.id, "created_on": case.created_on} for case in cases]
    transactions: list[dict[str, Any]] = []
    for case in cases:
        for day, status in ((case.last_invoice, "Issued"), (case.next_planned, "Planned")):
            if day:
                transactions.append({"client": case.id, "issue_date": day, "amount": 100.0, "status": status})
    activity = engine.activity(engine.frame(clients, CLIENTS[:2]), engine.frame(transactions, TRANSACTIONS), as_of)
    return {row["client"]: row["segment"] for row in engine.rows(activity)}


@pytest.mark.parametrize("case", SEGMENT_CASES, ids=lambda case: case.id)
def test_a_client_is_in_the_segment_of_the_example(case: SegmentCase, engine: Engine) -> None:
    assert by_the_expression(engine, case.as_of)[case.id] == case.segment


@pytest.mark.parametrize("case", SEGMENT_CASES, ids=lambda case: case.id)
def test_its_transactions_put_a_client_in_the_segment_of_the_example(case: SegmentCase, way: Engine) -> None:
    assert by_the_transactions(way, case.as_of)[case.id] == case.segment


@pytest.mark.parametrize("case", SEGMENT_CASES, ids=lambda case: case.id)
def test_a_single_client_is_placed_as_in_the_example(case: SegmentCase) -> None:
    cut = CutOffs.at(case.as_of)
    coming = case.next_planned is not None and cut.is_coming(case.next_planned)
    assert cut.segment_of(case.created_on, case.last_invoice, coming) == case.segment


@pytest.mark.parametrize(("name", "mark"), [case[:2] for case in MARK_CASES], ids=[case[0] for case in MARK_CASES])
def test_a_mark_in_force_beats_every_date(name: str, mark: str, engine: Engine) -> None:
    assert by_the_expression(engine, MARKED_ON)[name] == mark


def test_every_example_has_its_own_name() -> None:
    assert len({case.id for case in SEGMENT_CASES}) == len(SEGMENT_CASES) == 84


def test_the_names_are_those_a_reader_sees() -> None:
    assert {str(each) for each in Segment} == {
        "No Activity",
        "New",
        "Active",
        "Sleeping Away",
        "Hibernating",
        "Leaving",
        "Lost",
        "Canceled",
    }


@pytest.mark.parametrize(
    ("name", "icon"),
    [
        (Segment.NO_ACTIVITY, "😕"),
        (Segment.NEW, "🆕"),
        (Segment.ACTIVE, "💖"),
        (Segment.SLEEPING_AWAY, "👻"),
        (Segment.HIBERNATING, "🧊"),
        (Segment.LEAVING, "🚪"),
        (Segment.LOST, "⚰️"),
        (Segment.CANCELED, "🚫"),
    ],
)
def test_each_segment_has_its_icon(name: Segment, icon: str) -> None:
    assert name.icon == icon


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (Segment.NO_ACTIVITY, ("plan the first revenue", "canceled")),
        (Segment.NEW, ("future growth", "plan true")),
        (Segment.ACTIVE, ("plan its revenue", "lost", "coming year")),
        (Segment.SLEEPING_AWAY, ("another product or service", "plan the revenue", "coming six months")),
        (Segment.HIBERNATING, ("maintenance", "upgrade", "new project", "lost", "coming months")),
        (Segment.LEAVING, ("last chance", "plan revenue", "no prospect", "coming six months")),
        (Segment.LOST, ("reactivate", "plan revenue")),
        (Segment.CANCELED, ("out of the portfolio",)),
    ],
)
def test_the_advice_says_what_to_do(name: Segment, said: tuple[str, ...]) -> None:
    assert all(words in name.advice.lower() for words in said)


def test_the_meaning_of_a_segment_tells_the_thresholds_in_use() -> None:
    rules = Rules(
        active_months=3, sleeping_months=9, horizon_months=6, lifespan_days=500, leaving_days=60, inaccurate_share=0.1
    )
    assert "last 3 months" in rules.meaning(Segment.ACTIVE)
    assert "more than 3 and at most 9 months" in rules.meaning(Segment.SLEEPING_AWAY)
    assert "more than 9 months and at most 500 days" in rules.meaning(Segment.HIBERNATING)
    assert "within 60 days" in rules.meaning(Segment.LEAVING)
    assert "more than 500 days" in rules.meaning(Segment.LOST)
    assert "within 6 months" in rules.meaning(Segment.NEW)
    assert "last 500 days" in rules.meaning(Segment.NO_ACTIVITY)
    assert not any("{" in rules.meaning(each) for each in Segment)


def test_the_bars_stand_from_lost_on_the_left_to_no_activity_on_the_right() -> None:
    assert [str(each) for each in BARS] == [
        "Lost",
        "Leaving",
        "Hibernating",
        "Sleeping Away",
        "Active",
        "New",
        "No Activity",
    ]


def test_lost_and_canceled_are_outside_the_portfolio() -> None:
    assert set(Segment) - set(PORTFOLIO) == {Segment.LOST, Segment.CANCELED}
    assert len(PORTFOLIO) == len(set(PORTFOLIO)) == 6
    assert set(ENGAGED) == {Segment.ACTIVE, Segment.NEW}
    assert set(INACTIVE) == {Segment.SLEEPING_AWAY, Segment.HIBERNATING, Segment.LEAVING}


def test_the_portfolio_is_worked_through_under_three_headings() -> None:
    assert [(str(heading), [str(each) for each in segments]) for heading, segments in WORK_ORDER.items()] == [
        ("Keep", ["Leaving", "Hibernating", "Sleeping Away", "Active"]),
        ("Win back", ["New", "Lost", "Canceled"]),
        ("Decide", ["No Activity"]),
    ]
    assert list(WORK_ORDER) == list(Heading)


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("Plan revenue", set(Segment)),
        ("Mark lost", {"Active", "Sleeping Away", "Hibernating", "Leaving"}),
        ("Mark canceled", {"No Activity", "New", "Lost"}),
        ("Reactivate", {"Lost", "Canceled"}),
    ],
)
def test_an_action_is_allowed_in_these_segments(action: str, allowed: set[str]) -> None:
    assert ALLOWED[Action(action)] == allowed
    assert len(ALLOWED) == len(Action) == 4

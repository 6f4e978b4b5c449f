"""The action log: what becomes of each row, by example and at random against the rules computed by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.actions import (
    ActionResult,
    ActionStatus,
    ClientHistory,
    LoggedAction,
    Plan,
    ReplayedLog,
    Transaction,
    replay,
)
from kopilot_xl.domain.rules import DEFAULT, LAST_DAY, Rules
from kopilot_xl.domain.segments import Action, Segment
from kopilot_xl.domain.transactions import Status
from tests.domain.oracle import Judged, Log
from tests.domain.strategies import START, Drawn, crowded_log, logs

TODAY = date(2026, 7, 1)

PLAN, LOST, CANCELED, REACTIVATE = (
    Action.PLAN_REVENUE,
    Action.MARK_LOST,
    Action.MARK_CANCELED,
    Action.REACTIVATE,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def row(
    recorded_on: str | None,
    action: Action | None,
    issue_date: str | None = None,
    amount: float | None = None,
    client: str | None = "acme",
    flaw: str | None = None,
) -> LoggedAction:
    """A row of the log; `log` numbers it."""
    return LoggedAction(
        row=0,
        recorded_on=datetime.fromisoformat(recorded_on) if recorded_on else None,
        client=client,
        action=action,
        issue_date=day(issue_date) if issue_date else None,
        amount=amount,
        flaw=flaw,
    )


def invoices(*days: str, amount: float | None = 100.0, status: Status = Status.ISSUED) -> list[Transaction]:
    return [Transaction(day(each), amount, status) for each in days]


def plans(*days: str) -> list[Transaction]:
    return invoices(*days, status=Status.PLANNED)


def log(
    *rows: LoggedAction,
    transactions: Sequence[Transaction] = (),
    created_on: str | None = "2026-01-01",
    as_of: date = TODAY,
    rules: Rules = DEFAULT,
) -> ReplayedLog:
    """The log of one client, its rows numbered from 2 as below a header."""
    numbered = [
        LoggedAction(number, each.recorded_on, each.client, each.action, each.issue_date, each.amount, each.flaw)
        for number, each in enumerate(rows, start=2)
    ]
    return replay(
        numbered, {"acme": ClientHistory(day(created_on) if created_on else None, transactions)}, as_of, rules
    )


def outcomes(folded: ReplayedLog) -> list[str]:
    return [str(each.status) for each in folded.results]


def test_the_outcomes_are_the_words_a_reader_sees() -> None:
    assert [str(each) for each in ActionStatus] == [
        "Applied",
        "Fulfilled",
        "Overdue",
        "Superseded",
        "Rejected",
        "Pending",
    ]


def test_an_empty_log_changes_nothing() -> None:
    assert log() == ReplayedLog([], [], {})


# Where a client stands on the recording date, and which actions are allowed there.

BACKGROUNDS: dict[str, tuple[list[Transaction], str | None, list[LoggedAction]]] = {
    "No Activity": ([], "2026-01-01", []),
    "No Activity, created on unknown": ([], None, []),
    "New": (plans("2026-08-01"), "2026-01-01", []),
    "New, planned in the log": ([], "2026-01-01", [row("2026-05-01", PLAN, "2026-08-01", 10)]),
    "New, once invoiced": (invoices("2024-01-01") + plans("2026-08-01"), "2023-01-01", []),
    "Active": (invoices("2026-06-01"), "2023-01-01", []),
    "Sleeping Away": (invoices("2026-01-01"), "2023-01-01", []),
    "Hibernating": (invoices("2025-09-01"), "2023-01-01", []),
    "Leaving": (invoices("2025-05-20"), "2023-01-01", []),
    "Lost, invoiced long ago": (invoices("2025-01-01"), "2023-01-01", []),
    "Lost, never invoiced": ([], "2025-01-01", []),
    "Lost, only an old credit note": (invoices("2025-01-01", amount=-5), "2024-01-01", []),
    "Lost by a mark": (invoices("2026-04-01"), "2023-01-01", [row("2026-05-01", LOST)]),
    "Canceled": ([], "2026-01-01", [row("2026-05-01", CANCELED)]),
    "not yet a client": ([], "2026-06-02", []),
}
ALLOWED = {
    PLAN: set(BACKGROUNDS),
    LOST: {"Active", "Sleeping Away", "Hibernating", "Leaving"},
    CANCELED: {
        "No Activity",
        "No Activity, created on unknown",
        "New",
        "New, planned in the log",
        "New, once invoiced",
        "Lost, never invoiced",
        "Lost, only an old credit note",
    },
    REACTIVATE: {each for each in BACKGROUNDS if each.startswith(("Lost", "Canceled"))},
}


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("background", list(BACKGROUNDS))
def test_an_action_is_allowed_or_rejected_by_where_the_client_stands(background: str, action: Action) -> None:
    transactions, created_on, earlier = BACKGROUNDS[background]
    decided = row("2026-06-01", action, "2026-12-01", 10)
    folded = log(*earlier, decided, transactions=transactions, created_on=created_on)
    result = folded.results[-1]
    assert (result.status is not ActionStatus.REJECTED) == (background in ALLOWED[action])
    if background in ALLOWED[action]:
        assert result.status is ActionStatus.APPLIED
    elif action is CANCELED and background.startswith("Lost"):
        assert "clients never invoiced" in result.detail
    elif background == "not yet a client":
        assert result.detail == "Not allowed: on 1 June 2026 it was not yet a client."
    else:
        segment = background.split(",")[0].removesuffix(" by a mark")
        assert f"on 1 June 2026 the client was {segment}; {action.lower()} is for" in result.detail


@pytest.mark.parametrize(
    ("action", "transactions", "mark"),
    [(LOST, invoices("2026-05-01"), Segment.LOST), (CANCELED, [], Segment.CANCELED)],
    ids=["lost", "canceled"],
)
def test_a_mark_puts_the_client_out_of_the_portfolio(
    action: Action, transactions: list[Transaction], mark: Segment
) -> None:
    folded = log(row("2026-06-01", action), transactions=transactions)
    assert folded == ReplayedLog([ActionResult(ActionStatus.APPLIED)], [], {"acme": mark})


def test_a_mark_counts_on_the_day_it_is_recorded() -> None:
    assert log(row("2026-07-01 18:00", CANCELED)).marks == {"acme": Segment.CANCELED}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param(row(None, PLAN, "2026-08-01", 10), "Recorded on is blank", id="blank Recorded on"),
        pytest.param(row("1900-01-05", LOST), "1900-01-05 is out of range", id="Recorded on out of range"),
        pytest.param(row("2026-06-01", LOST, client=None), "Client ID is blank", id="blank client"),
        pytest.param(row("2026-06-01", LOST, client="nobody"), "Unknown client", id="unknown client"),
        pytest.param(row("2026-06-01", None), "The action is blank: choose Plan revenue, Mark lost", id="no action"),
        pytest.param(row("2026-06-01", PLAN, None, 10), "No issue date", id="no issue date"),
        pytest.param(row("2026-06-01", PLAN, "2026-05-31", 10), "not after the recording date", id="issued before"),
        pytest.param(row("2026-06-01 09:30", PLAN, "2026-06-01", 10), "not after the recording", id="issued that day"),
        pytest.param(row("2026-06-01", PLAN, "2026-08-01"), "No amount", id="no amount"),
        pytest.param(row("2026-06-01", PLAN, "2026-08-01", 0), "not above zero", id="amount zero"),
        pytest.param(row("2026-06-01", PLAN, "2026-08-01", -10), "not above zero", id="amount below zero"),
        pytest.param(
            row("2026-06-01", LOST, flaw="“Mark won” is not an action."), "is not an action", id="unknown action"
        ),
        pytest.param(
            row(None, LOST, flaw="“soon” is not a date."), "“soon” is not a date.", id="unreadable Recorded on"
        ),
        pytest.param(row("2026-06-01", LOST), "the client was No Activity", id="not allowed"),
    ],
)
@pytest.mark.parametrize("as_of", [date(2026, 1, 1), TODAY], ids=["still pending", "folded"])
def test_a_row_is_rejected_with_its_reason_even_while_it_is_pending(
    entry: LoggedAction, said: str, as_of: date
) -> None:
    (result,) = log(entry, as_of=as_of).results
    assert result.status is ActionStatus.REJECTED
    assert said in result.detail


@pytest.mark.parametrize("rejected", [row("2026-05-02", PLAN, "2026-08-01"), row("2026-05-02", PLAN, "2026-05-02", 9)])
def test_a_rejected_row_changes_nothing(rejected: LoggedAction) -> None:
    folded = log(row("2026-05-01", CANCELED), rejected)
    assert outcomes(folded) == ["Applied", "Rejected"]
    assert folded.marks == {"acme": Segment.CANCELED}
    assert folded.plans == []


def test_a_mark_is_not_asked_for_an_issue_date_or_amount() -> None:
    assert outcomes(log(row("2026-06-01", CANCELED, "2020-01-01", -5))) == ["Applied"]


# Pending rows.


def test_a_row_recorded_after_the_as_of_date_is_pending() -> None:
    folded = log(row("2026-07-02", CANCELED), row("2026-07-02", PLAN, "2026-08-01", 10))
    assert (
        folded.results
        == [ActionResult(ActionStatus.PENDING, "Recorded after 1 July 2026, the date of this refresh.")] * 2
    )
    assert (folded.plans, folded.marks) == ([], {})


def test_a_row_recorded_late_on_the_as_of_date_is_folded() -> None:
    assert outcomes(log(row("2026-07-01 23:59", CANCELED))) == ["Applied"]


def test_a_pending_row_does_not_undo_a_mark_yet() -> None:
    rows = (row("2026-06-01", CANCELED), row("2026-07-02", PLAN, "2026-08-01", 10))
    assert outcomes(log(*rows)) == ["Applied", "Pending"]
    assert log(*rows).marks == {"acme": Segment.CANCELED}
    assert outcomes(log(*rows, as_of=date(2026, 7, 2))) == ["Superseded", "Applied"]


def test_a_pending_row_is_judged_after_the_pending_rows_before_it() -> None:
    rows = (row("2026-07-02", CANCELED), row("2026-07-03", CANCELED), row("2026-07-04", REACTIVATE))
    assert outcomes(log(*rows)) == ["Pending", "Rejected", "Pending"]


# The order of the rows.


def test_rows_are_folded_by_the_time_of_recording_not_by_their_place() -> None:
    rows = (row("2026-06-01 15:00", REACTIVATE), row("2026-06-01 09:00", CANCELED))
    folded = log(*rows)
    assert folded.results == [
        ActionResult(ActionStatus.APPLIED),
        ActionResult(ActionStatus.SUPERSEDED, "Lifted by row 2: Reactivate."),
    ]
    assert folded.marks == {}


def test_rows_of_the_same_time_are_folded_by_their_place() -> None:
    assert outcomes(log(row("2026-06-01", REACTIVATE), row("2026-06-01", CANCELED))) == ["Rejected", "Applied"]
    assert outcomes(log(row("2026-06-01", CANCELED), row("2026-06-01", REACTIVATE))) == ["Superseded", "Applied"]


def test_a_row_without_a_time_comes_first_on_its_day() -> None:
    assert outcomes(log(row("2026-06-01 00:01", REACTIVATE), row("2026-06-01", CANCELED))) == ["Applied", "Superseded"]


def test_clients_do_not_touch_one_another() -> None:
    entries = [
        LoggedAction(2, datetime(2026, 6, 1), "a", CANCELED),
        LoggedAction(3, datetime(2026, 6, 2), "b", PLAN, date(2026, 8, 1), 10.0),
    ]
    folded = replay(entries, {"a": ClientHistory(TODAY - timedelta(60)), "b": ClientHistory(TODAY)}, TODAY)
    assert folded.marks == {"a": Segment.CANCELED}
    assert folded.plans == [Plan("b", date(2026, 8, 1), 10.0)]


# What undoes a mark.


@pytest.mark.parametrize(
    ("invoiced", "undone_by"),
    [
        pytest.param("2026-05-31", None, id="the day before"),
        pytest.param("2026-06-01", None, id="the same day"),
        pytest.param("2026-06-02", "2 June 2026", id="the day after"),
        pytest.param("2026-07-01", "1 July 2026", id="today"),
        pytest.param("2026-07-02", None, id="tomorrow"),
    ],
)
def test_an_invoice_after_the_mark_undoes_it(invoiced: str, undone_by: str | None) -> None:
    folded = log(row("2026-06-01 08:00", LOST), transactions=invoices("2026-05-01", invoiced))
    if undone_by:
        assert folded.results == [ActionResult(ActionStatus.SUPERSEDED, f"Undone by the invoice of {undone_by}.")]
        assert folded.marks == {}
    else:
        assert folded.results == [ActionResult(ActionStatus.APPLIED)]
        assert folded.marks == {"acme": Segment.LOST}


@pytest.mark.parametrize(
    "no_invoice",
    [
        pytest.param(invoices("2026-06-10", amount=-5), id="a credit note"),
        pytest.param(invoices("2026-06-10", amount=0), id="a zero"),
        pytest.param(invoices("2026-06-10", status=Status.DRAFT), id="a draft"),
        pytest.param(invoices("2026-06-10", status=Status.CANCELED), id="a canceled one"),
        pytest.param(invoices("2026-06-10", status=Status.PLANNED), id="an overdue plan"),
        pytest.param(invoices("2026-08-10", status=Status.PLANNED), id="a plan"),
    ],
)
def test_nothing_but_an_invoice_undoes_a_mark(no_invoice: list[Transaction]) -> None:
    folded = log(row("2026-06-01", LOST), transactions=invoices("2026-05-01") + no_invoice)
    assert folded.marks == {"acme": Segment.LOST}


def test_an_invoice_without_an_amount_undoes_a_mark() -> None:
    folded = log(row("2026-06-01", LOST), transactions=invoices("2026-05-01", "2026-06-10", amount=None))
    assert outcomes(folded) == ["Superseded"]


def test_the_first_invoice_after_the_mark_is_named() -> None:
    folded = log(row("2026-06-01", LOST), transactions=invoices("2026-06-20", "2026-05-01", "2026-06-10"))
    assert folded.results[0].detail == "Undone by the invoice of 10 June 2026."


@pytest.mark.parametrize("lift", [row("2026-06-10", REACTIVATE), row("2026-06-10", PLAN, "2026-08-01", 10)])
def test_a_later_row_lifts_a_mark_and_is_named(lift: LoggedAction) -> None:
    folded = log(row("2026-06-01", CANCELED), lift)
    assert folded.results == [
        ActionResult(ActionStatus.SUPERSEDED, f"Lifted by row 3: {lift.action}."),
        ActionResult(ActionStatus.APPLIED),
    ]
    assert folded.marks == {}


def test_a_mark_undone_by_an_invoice_cannot_be_lifted_again_on_that_day() -> None:
    folded = log(
        row("2026-06-01", LOST), row("2026-06-10 08:00", REACTIVATE), transactions=invoices("2026-05-01", "2026-06-10")
    )
    assert outcomes(folded) == ["Superseded", "Rejected"]
    assert folded.results[0].detail == "Undone by the invoice of 10 June 2026."


def test_a_client_may_be_marked_again_after_its_mark_was_lifted() -> None:
    folded = log(row("2026-06-01", CANCELED), row("2026-06-02", REACTIVATE), row("2026-06-03", CANCELED))
    assert outcomes(folded) == ["Superseded", "Applied", "Applied"]
    assert folded.marks == {"acme": Segment.CANCELED}


def test_reactivate_without_a_mark_is_a_note() -> None:
    folded = log(row("2026-06-01", REACTIVATE), transactions=invoices("2024-01-01"))
    (result,) = folded.results
    assert result.status is ActionStatus.APPLIED
    assert "plan revenue to bring it back" in result.detail
    assert (folded.plans, folded.marks) == ([], {})


def test_reactivate_of_a_mark_has_no_more_to_say() -> None:
    assert log(row("2026-06-01", CANCELED), row("2026-06-02", REACTIVATE)).results[1] == ActionResult(
        ActionStatus.APPLIED
    )


# What becomes of a plan.


def test_a_plan_is_coming_revenue() -> None:
    folded = log(row("2026-06-01", PLAN, "2026-08-01", 10))
    assert folded == ReplayedLog([ActionResult(ActionStatus.APPLIED)], [Plan("acme", date(2026, 8, 1), 10)], {})


@pytest.mark.parametrize(
    ("planned", "outcome"),
    [("2026-06-30", "Overdue"), ("2026-07-01", "Overdue"), ("2026-07-02", "Applied")],
    ids=["yesterday", "today", "tomorrow"],
)
def test_a_plan_is_overdue_from_its_day_on(planned: str, outcome: str) -> None:
    folded = log(row("2026-06-01", PLAN, planned, 10))
    assert outcomes(folded) == [outcome]
    assert folded.plans == [Plan("acme", day(planned), 10)]


def test_an_overdue_plan_says_what_to_do() -> None:
    (result,) = log(row("2026-06-01", PLAN, "2026-06-30", 10)).results
    assert result.detail == "Planned for 30 June 2026, not invoiced: invoice it, move it or drop it."


@pytest.mark.parametrize(
    ("planned", "far_off"), [("2027-07-01", False), ("2027-07-02", True)], ids=["12 months ahead", "a day further"]
)
def test_a_plan_past_the_horizon_is_far_off(planned: str, far_off: bool) -> None:
    folded = log(row("2026-06-01", PLAN, planned, 10))
    assert outcomes(folded) == ["Applied"]
    assert folded.results[0].far_off is far_off
    assert ("More than 12 months ahead" in folded.results[0].detail) is far_off
    assert folded.plans == [Plan("acme", day(planned), 10)]


@pytest.mark.parametrize(
    ("invoice", "amount", "fulfilled"),
    [
        pytest.param("2026-06-20", 100.0, True, id="on the planned day in full"),
        pytest.param("2026-05-21", 100.0, True, id="exactly 30 days before"),
        pytest.param("2026-05-20", 100.0, False, id="31 days before"),
        pytest.param("2026-07-01", 100.0, True, id="later, up to today"),
        pytest.param("2026-07-02", 100.0, True, id="tomorrow: an invoice written ahead"),
        pytest.param("2026-06-20", 50.0, True, id="exactly half"),
        pytest.param("2026-06-20", 49.99, False, id="a cent under half"),
        pytest.param("2026-06-20", 5000.0, True, id="much more"),
        pytest.param("2026-06-20", None, True, id="a blank amount"),
        pytest.param("2026-06-20", 0.0, False, id="zero"),
        pytest.param("2026-06-20", -100.0, False, id="a credit note"),
    ],
)
def test_an_invoice_fulfils_a_plan(invoice: str, amount: float | None, fulfilled: bool) -> None:
    folded = log(row("2026-05-01", PLAN, "2026-06-20", 100), transactions=invoices(invoice, amount=amount))
    assert outcomes(folded) == ["Fulfilled" if fulfilled else "Overdue"]
    assert len(folded.plans) == (not fulfilled)


@pytest.mark.parametrize(
    ("invoice", "fulfilled"),
    [("2026-06-09", False), ("2026-06-10", True)],
    ids=["the day before it was recorded", "the day it was recorded"],
)
def test_only_an_invoice_from_the_recording_date_on_fulfils_a_plan(invoice: str, fulfilled: bool) -> None:
    folded = log(row("2026-06-10 17:00", PLAN, "2026-06-20", 100), transactions=invoices(invoice))
    assert outcomes(folded) == ["Fulfilled" if fulfilled else "Overdue"]


@pytest.mark.parametrize("status", [Status.PLANNED, Status.DRAFT, Status.CANCELED])
def test_only_an_issued_row_fulfils_a_plan(status: Status) -> None:
    transactions = invoices("2026-06-20", status=status)
    assert outcomes(log(row("2026-05-01", PLAN, "2026-06-20", 100), transactions=transactions)) == ["Overdue"]


@pytest.mark.parametrize(
    ("amount", "detail"),
    [(1250.5, "Invoiced on 19 June 2026, 1,250.50."), (None, "Invoiced on 19 June 2026.")],
    ids=["amount known", "amount blank"],
)
def test_a_fulfilled_plan_names_its_invoice(amount: float | None, detail: str) -> None:
    folded = log(row("2026-05-01", PLAN, "2026-06-20", 100), transactions=invoices("2026-06-19", amount=amount))
    assert folded.results == [ActionResult(ActionStatus.FULFILLED, detail)]


def test_a_plan_may_be_fulfilled_before_its_day() -> None:
    folded = log(row("2026-06-01", PLAN, "2026-07-20", 100), transactions=invoices("2026-06-25"))
    assert outcomes(folded) == ["Fulfilled"]
    assert folded.plans == []


def test_the_oldest_plan_takes_the_invoice() -> None:
    later, sooner = row("2026-05-01", PLAN, "2026-06-25", 100), row("2026-05-02", PLAN, "2026-06-20", 100)
    assert outcomes(log(later, sooner, transactions=invoices("2026-06-22"))) == ["Overdue", "Fulfilled"]


def test_of_two_plans_for_one_day_the_one_recorded_first_takes_the_invoice() -> None:
    later, sooner = row("2026-05-02", PLAN, "2026-06-20", 100), row("2026-05-01", PLAN, "2026-06-20", 100)
    assert outcomes(log(later, sooner, transactions=invoices("2026-06-22"))) == ["Overdue", "Fulfilled"]


def test_one_invoice_fulfils_one_plan() -> None:
    rows = [row("2026-05-01", PLAN, "2026-06-20", 100)] * 3
    assert outcomes(log(*rows, transactions=invoices("2026-06-20", "2026-06-21"))) == [
        "Fulfilled",
        "Fulfilled",
        "Overdue",
    ]


def test_a_plan_takes_the_earliest_invoice_that_fits() -> None:
    transactions = invoices("2026-06-28", "2026-06-24")
    folded = log(row("2026-05-01", PLAN, "2026-06-20", 100), transactions=transactions)
    assert folded.results[0].detail == "Invoiced on 24 June 2026, 100."


def test_a_plan_is_fulfilled_in_instalments() -> None:
    transactions = (
        invoices("2026-06-05", amount=3400) + invoices("2026-06-19", amount=3300) + invoices("2026-06-26", amount=3300)
    )
    folded = log(row("2026-05-01", PLAN, "2026-06-20", 10_000), transactions=transactions)
    assert folded.results == [
        ActionResult(ActionStatus.FULFILLED, "Invoiced in 3 parts, 10,000 in all, the last on 26 June 2026.")
    ]


@pytest.mark.parametrize(
    ("planned", "status", "detail"),
    [
        ("2026-06-20", "Overdue", "Planned for 20 June 2026, 3,400 of 10,000 invoiced: invoice the rest, move it or "),
        ("2026-07-02", "Applied", "3,400 of 10,000 invoiced."),
    ],
)
def test_of_a_plan_invoiced_below_half_the_rest_is_open(planned: str, status: str, detail: str) -> None:
    folded = log(row("2026-05-01", PLAN, planned, 10_000), transactions=invoices("2026-06-05", amount=3400))
    assert outcomes(folded) == [status]
    assert folded.results[0].detail.startswith(detail)
    assert folded.plans == [Plan("acme", day(planned), 6600)]


def test_what_an_invoice_exceeds_is_not_passed_on() -> None:
    rows = [row("2026-05-01", PLAN, "2026-06-20", 100), row("2026-05-01", PLAN, "2026-06-21", 100)]
    assert outcomes(log(*rows, transactions=invoices("2026-06-20", amount=200))) == ["Fulfilled", "Overdue"]


def test_a_blank_invoice_settles_a_plan_and_takes_no_more() -> None:
    rows = [row("2026-05-01", PLAN, "2026-06-20", 100), row("2026-05-01", PLAN, "2026-06-21", 100)]
    transactions = invoices("2026-06-20", amount=None) + invoices("2026-06-22", amount=60)
    assert outcomes(log(*rows, transactions=transactions)) == ["Fulfilled", "Fulfilled"]


def test_a_credited_invoice_fulfils_no_plan_from_its_credit_note_on() -> None:
    entry = row("2026-05-01", PLAN, "2026-06-20", 100)
    transactions = invoices("2026-06-20") + invoices("2026-06-25", amount=-100.0)
    assert outcomes(log(entry, transactions=transactions)) == ["Overdue"]
    assert outcomes(log(entry, transactions=transactions, as_of=date(2026, 6, 24))) == ["Fulfilled"]


def test_an_invoice_written_later_is_unknown_when_looking_back() -> None:
    entries = [row("2026-05-01", PLAN, "2026-06-20", 100)]
    clients = {"acme": ClientHistory(None, invoices("2026-06-20"))}
    then = date(2026, 6, 10)
    assert replay(entries, clients, then).results[0].status is ActionStatus.FULFILLED
    assert replay(entries, clients, then, looking_back=True).results[0].status is ActionStatus.APPLIED


def test_a_credit_note_brings_a_mark_back_but_changes_no_verdict() -> None:
    rows = (row("2026-06-01", LOST), row("2026-06-10", LOST), row("2026-06-12", REACTIVATE))
    transactions = invoices("2026-05-01", amount=50.0) + invoices("2026-06-05")
    folded = log(*rows, transactions=transactions)
    assert folded.results[0].detail == "Undone by the invoice of 5 June 2026."
    credited = log(*rows, transactions=transactions + invoices("2026-06-20", amount=-100.0))
    assert outcomes(credited) == outcomes(folded) == ["Superseded", "Superseded", "Applied"]
    assert credited.results[0].detail == "Replaced by row 3: Mark lost."
    one = log(rows[0], transactions=transactions + invoices("2026-06-20", amount=-100.0))
    assert (outcomes(one), one.marks) == (["Applied"], {"acme": Segment.LOST})


def test_ten_thousand_plans_of_one_client_take_seconds_not_minutes() -> None:
    start = date(2016, 1, 1)
    entries = []
    for at in range(10_000):
        when = datetime.combine(start + timedelta(days=at // 3), time(at % 3))
        action = REACTIVATE if at % 3 == 2 else PLAN
        entries.append(LoggedAction(at, when, "acme", action, when.date() + timedelta(days=20), 100.0))
    rows = [Transaction(start + timedelta(days=at // 3 + 19), 100.0, Status.ISSUED) for at in range(10_000)]
    began = perf_counter()
    replay(entries, {"acme": ClientHistory(None, rows)}, TODAY)
    assert perf_counter() - began < 10


def test_a_plan_of_transactions_is_not_fulfilled_and_takes_no_invoice() -> None:
    transactions = plans("2026-06-10") + invoices("2026-06-21")
    assert outcomes(log(row("2026-05-01", PLAN, "2026-06-20", 100), transactions=transactions)) == ["Fulfilled"]


def test_a_plan_is_set_aside_while_a_mark_is_in_force() -> None:
    rows = (row("2026-05-01", PLAN, "2026-08-01", 100), row("2026-06-01", CANCELED))
    folded = log(*rows)
    assert folded.results == [
        ActionResult(ActionStatus.SUPERSEDED, "On hold while the client is marked canceled by row 3."),
        ActionResult(ActionStatus.APPLIED),
    ]
    assert folded.plans == []


@pytest.mark.parametrize("planned", ["2026-06-15", "2026-08-01", "2028-01-01"], ids=["past", "ahead", "far ahead"])
def test_a_plan_is_set_aside_whatever_its_day(planned: str) -> None:
    folded = log(row("2026-05-01", PLAN, planned, 100), row("2026-06-01", LOST), transactions=invoices("2026-04-01"))
    assert outcomes(folded) == ["Superseded", "Applied"]
    assert not folded.results[0].far_off


@pytest.mark.parametrize("lift", [row("2026-06-10", REACTIVATE), row("2026-06-10", PLAN, "2026-09-01", 5)])
def test_plans_come_back_when_the_mark_is_lifted(lift: LoggedAction) -> None:
    folded = log(row("2026-05-01", PLAN, "2026-08-01", 100), row("2026-06-01", CANCELED), lift)
    assert outcomes(folded) == ["Applied", "Superseded", "Applied"]
    assert Plan("acme", date(2026, 8, 1), 100) in folded.plans


def test_plans_come_back_when_an_invoice_undoes_the_mark() -> None:
    rows = (row("2026-05-01", PLAN, "2026-08-01", 100), row("2026-06-01", LOST))
    folded = log(*rows, transactions=invoices("2026-04-01", "2026-06-02", amount=10))
    assert outcomes(folded) == ["Applied", "Superseded"]
    assert folded.plans == [Plan("acme", date(2026, 8, 1), 100)]


def test_a_plan_takes_no_invoice_while_a_mark_is_in_force() -> None:
    rows = (row("2026-05-01", PLAN, "2026-05-20", 100), row("2026-06-01", LOST))
    assert outcomes(log(*rows, transactions=invoices("2026-05-20"))) == ["Superseded", "Applied"]
    lifted = log(*rows, row("2026-06-02", REACTIVATE), transactions=invoices("2026-05-20"))
    assert outcomes(lifted) == ["Fulfilled", "Superseded", "Applied"]


# What was known on the recording date.


@pytest.mark.parametrize("created_on", ["2026-01-01", "2024-01-01"], ids=["No Activity", "Lost, never invoiced"])
def test_an_invoice_dated_later_does_not_change_the_verdict(created_on: str) -> None:
    folded = log(row("2026-06-01", CANCELED), transactions=invoices("2026-06-02"), created_on=created_on)
    assert outcomes(folded) == ["Superseded"]


def test_a_post_dated_invoice_is_not_seen_on_the_recording_date() -> None:
    rows = (row("2026-06-01", REACTIVATE),)
    assert outcomes(log(*rows, transactions=invoices("2024-01-01", "2026-06-20"))) == ["Applied"]
    assert outcomes(log(*rows, transactions=invoices("2024-01-01") + plans("2026-06-20"))) == ["Rejected"]


@pytest.mark.parametrize(
    ("planned", "outcome"),
    [("2026-06-02", "Rejected"), ("2026-06-01", "Applied"), ("2027-06-01", "Rejected"), ("2027-06-02", "Applied")],
    ids=["coming", "overdue", "at the horizon", "far off"],
)
def test_a_planned_row_counts_by_the_recording_date(planned: str, outcome: str) -> None:
    assert outcomes(log(row("2026-06-01", REACTIVATE), transactions=plans(planned), created_on="2024-01-01")) == [
        outcome
    ]


@pytest.mark.parametrize(
    ("amount", "outcome"), [(10.0, "Rejected"), (None, "Rejected"), (0.0, "Applied"), (-10.0, "Applied")]
)
def test_a_planned_row_counts_unless_its_amount_is_zero_or_less(amount: float | None, outcome: str) -> None:
    transactions = invoices("2026-06-20", amount=amount, status=Status.PLANNED)
    folded = log(row("2026-06-01", REACTIVATE), transactions=transactions, created_on="2024-01-01")
    assert outcomes(folded) == [outcome]


def test_a_plan_of_the_log_counts_for_later_rows_until_it_is_fulfilled() -> None:
    rows = (row("2026-05-01", PLAN, "2026-06-20", 100), row("2026-06-01", CANCELED))
    assert outcomes(log(*rows)) == ["Superseded", "Applied"]
    assert outcomes(log(*rows, transactions=invoices("2026-05-25"))) == ["Fulfilled", "Rejected"]


def test_a_plan_lifts_a_mark_whatever_the_segment() -> None:
    rows = (row("2026-05-01", LOST), row("2026-06-01", PLAN, "2026-08-01", 10))
    folded = log(*rows, transactions=invoices("2026-04-01"))
    assert (outcomes(folded), folded.marks) == (["Superseded", "Applied"], {})


def test_a_plan_for_a_client_not_created_yet_is_taken() -> None:
    assert outcomes(log(row("2026-06-01", PLAN, "2026-08-01", 10), created_on="2026-12-01")) == ["Applied"]


def test_other_settings_move_what_is_allowed() -> None:
    entry, transactions = row("2026-06-01", LOST), invoices("2025-01-01")
    assert outcomes(log(entry, transactions=transactions)) == ["Rejected"]
    assert outcomes(log(entry, transactions=transactions, rules=Rules(lifespan_days=600))) == ["Applied"]


def test_an_as_of_date_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="an as-of date lies between"):
        log(as_of=LAST_DAY + timedelta(days=1))


# Any log.

AS_OF = st.integers(-5, 175).map(lambda by: START + timedelta(days=by))


def compare(drawn: Drawn, as_of: date, looking_back: bool = False) -> list[Judged]:
    """Replay a log and compare all of the answer with the rules computed by hand, which is returned."""
    entries, clients, rules = drawn
    folded = replay(entries, clients, as_of, rules, looking_back=looking_back)
    by_hand = Log(entries, clients, rules, looking_back)
    expected = by_hand.judge(as_of)
    assert outcomes(folded) == [each.outcome for each in expected]
    for result, judged in zip(folded.results, expected, strict=True):
        assert (judged.named or "") in result.detail
        assert result.detail or result.status is ActionStatus.APPLIED
    assert {key: str(mark) for key, mark in folded.marks.items()} == by_hand.marks(as_of)
    assert sorted((each.client, each.issue_date, each.amount) for each in folded.plans) == sorted(by_hand.plans(as_of))
    return expected


@settings(deadline=None, max_examples=250)
@given(logs(), AS_OF, st.booleans())
def test_any_log_is_replayed_as_by_hand(drawn: Drawn, as_of: date, looking_back: bool) -> None:
    compare(drawn, as_of, looking_back)


def test_logs_in_which_much_happens_are_replayed_as_by_hand() -> None:
    seen = Counter[str]()
    for seed in range(1500):
        drawn = crowded_log(seed)
        for entry, judged in zip(
            drawn[0], compare(drawn, START + timedelta(days=seed % 150), seed % 3 == 0), strict=True
        ):
            by = (
                ""
                if judged.outcome != "Superseded"
                else " by a row"
                if "row" in str(judged.named)
                else " by an invoice"
            )
            seen[f"{entry.action}: {judged.outcome}{by}"] += 1
    happened = {each for each, times in seen.items() if times >= 20}
    assert happened == {
        *(f"{action}: {outcome}" for action in (LOST, CANCELED, REACTIVATE) for outcome in ("Applied", "Rejected")),
        *(f"{mark}: Superseded by {what}" for mark in (LOST, CANCELED) for what in ("a row", "an invoice")),
        *(f"Plan revenue: {each}" for each in ("Applied", "Fulfilled", "Overdue", "Superseded by a row")),
        *(f"{action}: Pending" for action in Action),
    }


@settings(deadline=None, max_examples=100)
@given(logs(), AS_OF, AS_OF)
def test_whether_a_row_is_rejected_does_not_depend_on_the_as_of_date(drawn: Drawn, one: date, other: date) -> None:
    entries, clients, rules = drawn
    first, second = (replay(entries, clients, each, rules).results for each in (one, other))
    for before, after in zip(first, second, strict=True):
        assert (before.status is ActionStatus.REJECTED) == (after.status is ActionStatus.REJECTED)
        if before.status is ActionStatus.REJECTED:
            assert before == after


@settings(deadline=None, max_examples=50)
@given(logs(), AS_OF)
def test_folding_twice_gives_the_same(drawn: Drawn, as_of: date) -> None:
    entries, clients, rules = drawn
    assert replay(entries, clients, as_of, rules) == replay(entries, clients, as_of, rules)


@settings(deadline=None, max_examples=100)
@given(logs(), AS_OF)
def test_deleting_the_rejected_rows_changes_nothing_else(drawn: Drawn, as_of: date) -> None:
    entries, clients, rules = drawn
    folded = replay(entries, clients, as_of, rules)
    kept = [
        (entry, result)
        for entry, result in zip(entries, folded.results, strict=True)
        if result.status is not ActionStatus.REJECTED
    ]
    again = replay([entry for entry, _ in kept], clients, as_of, rules)
    assert (again.results, again.marks) == ([result for _, result in kept], folded.marks)
    assert Counter(again.plans) == Counter(folded.plans)

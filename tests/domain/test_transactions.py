"""The transactions of each client together."""

from __future__ import annotations

from datetime import date

from kopilot_xl.domain.transactions import Ledger, Status

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


def test_a_ledger_keeps_the_order_of_the_rows_and_leaves_out_drafts_and_canceled_ones() -> None:
    ledger = Ledger.of(
        ["a", "b", "a", "a", "b", "b"],
        [JULY, JULY, JUNE, JULY, JUNE, JULY],
        [1.0, None, -2.0, 3.0, 4.0, 5.0],
        [Status.ISSUED, Status.PLANNED, Status.ISSUED, Status.PLANNED, Status.DRAFT, Status.CANCELED],
    )
    assert ledger.issued == {"a": [(JULY, 1.0), (JUNE, -2.0)]}
    assert ledger.planned == {"b": [(JULY, None)], "a": [(JULY, 3.0)]}


def test_more_plans_make_another_ledger() -> None:
    before = Ledger.of(["a"], [JUNE], [1.0], [Status.PLANNED])
    after = before.with_plans([("a", JULY, 2.0), ("b", JULY, 3.0), ("a", JULY, 4.0)])
    assert after.planned == {"a": [(JUNE, 1.0), (JULY, 2.0), (JULY, 4.0)], "b": [(JULY, 3.0)]}
    assert before.planned == {"a": [(JUNE, 1.0)]}


def test_the_statuses_are_the_four_kinds() -> None:
    assert {str(status) for status in Status} == {"Issued", "Planned", "Draft", "Canceled"}

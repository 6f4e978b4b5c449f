"""The Actions table: rows of the log, and what is said about those that cannot be read."""

from __future__ import annotations

from datetime import date, datetime

from kopilot_xl.domain.actions import ActionResult, ActionStatus
from kopilot_xl.domain.segments import Action
from kopilot_xl.workbook.sheets import actions
from kopilot_xl.workbook.sheets.actions import ActionRows
from tests.workbook.sheets.rows import table_rows, told

HEADERS = actions.TABLE.headers


def _read(*rows: list[object]) -> ActionRows:
    return actions.read(table_rows(actions.TABLE, HEADERS, *rows), None)  # type: ignore[arg-type]


def test_a_plan_is_read_with_its_date_and_amount() -> None:
    (entry,) = _read(
        [datetime(2026, 6, 1, 9, 30), " A1 ", "plan REVENUE", "2026-09-01", "1200,50", "x", None, None]
    ).entries
    assert (entry.row, entry.recorded_on, entry.client, entry.action) == (
        2, datetime(2026, 6, 1, 9, 30), "a1", Action.PLAN_REVENUE,
    )  # fmt: skip
    assert (entry.issue_date, entry.amount, entry.flaw) == (date(2026, 9, 1), 1200.5, None)


def test_a_mark_needs_neither_date_nor_amount_whatever_stands_there() -> None:
    (entry,) = _read([date(2026, 6, 1), "A1", "Mark lost", "soon", "?", None, None, None]).entries
    assert (entry.action, entry.issue_date, entry.amount, entry.flaw) == (Action.MARK_LOST, None, None, None)


def test_what_cannot_be_read_is_the_rows_flaw() -> None:
    flaws = [
        entry.flaw
        for entry in _read(
            ["03/04/2026", "A1", "Mark lost", None, None, None, None, None],
            [date(2026, 6, 1), "A1", "Forget", None, None, None, None, None],
            [date(2026, 6, 1), "A1", "Plan revenue", "soon", 5.0, None, None, None],
            [date(2026, 6, 1), "A1", "Plan revenue", date(2026, 9, 1), "lots", None, None, None],
        ).entries
    ]
    assert [each and each.split(".")[0] for each in flaws] == [
        '"03/04/2026" could be 3 April or 4 March',
        'Unknown action "Forget": choose Plan revenue, Mark lost, Mark canceled, Reactivate',
        '"soon" is no date',
        '"lots" is no amount',
    ]


def test_a_blank_row_is_no_entry_even_with_an_old_status() -> None:
    log = _read([None] * 8, [None] * 6 + ["Applied", "old"], [date(2026, 6, 1), "A", "Mark lost"] + [None] * 5)
    assert [entry.row for entry in log.entries] == [4]


def test_rejected_overdue_and_far_off_rows_are_notices() -> None:
    row = [date(2026, 6, 1), "A", "Plan revenue", date(2026, 9, 1), 5.0, None, None, None]
    log = _read(row, row, row, row)
    notices = actions.notices(
        log,
        [
            ActionResult(ActionStatus.REJECTED, "Unknown client."),
            ActionResult(ActionStatus.OVERDUE, "Planned for 1 July."),
            ActionResult(ActionStatus.APPLIED, "Far ahead.", far_off=True),
            ActionResult(ActionStatus.APPLIED),
        ],
    )
    assert told(notices) == [
        "Actions!C2: Unknown client. The action was not applied.",
        "Actions!D3: Planned for 1 July. Not counted.",
        "Actions!D4: Far ahead. Not counted.",
    ]

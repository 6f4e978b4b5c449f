"""The Actions table: rows of the log, and what is said about those that cannot be read."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kopilot_xl.domain.actions import ActionResult, ActionStatus
from kopilot_xl.domain.ids import ClientDirectory
from kopilot_xl.domain.segments import Action
from kopilot_xl.texts.words import sections
from kopilot_xl.workbook.sheets import actions
from kopilot_xl.workbook.sheets.actions import ActionRows
from kopilot_xl.workbook.tables.problems import Kind
from kopilot_xl.workbook.tables.table import TableRows
from tests.workbook.sheets.rows import table_rows, told

HEADERS = [each.header for each in actions.TABLE.columns if each is not actions.CLIENT]
"""Those of a workbook of 0.1, which has no column Client."""
TODAY = date(2026, 7, 1)


def _read(*rows: list[object]) -> ActionRows:
    return actions.read(_rows(*rows), None)


def _rows(*rows: list[object]) -> TableRows:
    """The log, its rows filled up with blanks."""
    return table_rows(actions.TABLE, HEADERS, *([*row, *[None] * (len(HEADERS) - len(row))] for row in rows))  # type: ignore[arg-type]


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
        '"soon" is not a date',
        '"lots" is not an amount',
    ]


def test_a_blank_row_is_no_entry_even_with_an_old_status() -> None:
    log = _read([None] * 8, [None] * 6 + ["Applied", "old"], [date(2026, 6, 1), "A", "Mark lost"] + [None] * 5)
    assert [entry.row for entry in log.entries] == [4]


def test_a_rejected_row_is_a_problem_and_an_overdue_or_far_off_one_a_notice() -> None:
    row = [date(2026, 6, 1), "A", "Plan revenue", date(2026, 9, 1), 5.0, None, None, None]
    log = _read(row, row, row, row)
    notices = actions.findings(
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
    assert [each.kind for each in notices] == [Kind.PROBLEM, Kind.NOTICE, Kind.NOTICE]


@pytest.mark.parametrize(
    ("written", "action"),
    [(word, Action(name)) for section in sections("actions") for name, words in section.items() for word in words],
)
def test_an_action_may_be_called_otherwise(written: str, action: Action) -> None:
    assert actions.read_action(f"  {written.upper()} ") is action


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mrak lost", "Mark lost"),
        ("plan revenu", "Plan revenue"),
        ("Reactivte", "Reactivate"),
        ("Marc cancelled", "Mark canceled"),
    ],
)
def test_a_near_miss_is_answered_with_the_right_word(written: str, meant: str) -> None:
    (entry,) = _read([TODAY, "A1", written]).entries
    assert f'did you mean "{meant}"?' in str(entry.flaw)


DIRECTORY = ClientDirectory.of(
    ["1", "alder", "3", "4"], ["1", "Alder", "3", "4"], ["Alder", "Caf\u00e9  Zwölf", "Twin", "twin "]
)


def _named(*rows: list[object]) -> ActionRows:
    return actions.read(_rows(*rows), None, TODAY, DIRECTORY)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param(1, "1", id="an id"),
        pytest.param("ALDER", "alder", id="an id wins over a name"),
        pytest.param(" cafe\u0301 zwölf", "alder", id="a name in another case, composition and with other blanks"),
    ],
)
def test_a_client_may_be_named(written: object, key: str) -> None:
    (entry,) = _named([TODAY, written, "Mark lost"]).entries
    assert (entry.client, entry.flaw) == (key, None)


def test_several_clients_of_a_name_are_asked_about() -> None:
    (entry,) = _named([TODAY, "TWIN", "Mark lost"]).entries
    assert entry.flaw == '2 clients are called "TWIN": write the id, 3 or 4.'


def test_a_name_almost_right_is_answered_with_the_right_one() -> None:
    (entry,) = _named([TODAY, "Cafe Zwolf", "Mark lost"]).entries
    assert str(entry.flaw).endswith("Did you mean Café  Zwölf (Alder)?")


def test_a_blank_recorded_on_is_today_where_client_and_action_are_filled() -> None:
    log = _named([None, 1, "Mark lost"], [None, 1, None], [None, None, "Mark lost"], [" ", "Twin", "Mark lost"])
    assert [entry.recorded_on for entry in log.entries] == [datetime(2026, 7, 1), None, None, None]
    assert log.recorded == {0: TODAY, 3: TODAY}

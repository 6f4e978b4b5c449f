"""The sample: believable rows with everything in them that a user can meet, refreshed as a user's workbook is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Status
from kopilot_xl.usecases import sample
from kopilot_xl.usecases.refresh import check
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.sample import make_history, rebuild
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import actions, clients, history, portfolio, problems, settings, transactions
from kopilot_xl.workbook.tables.problems import Kind
from kopilot_xl.workbook.template import build


@pytest.fixture(scope="module")
def report() -> RefreshResult:
    return check(open_book(rebuild.SAMPLE), now=sample.SAMPLE_MOMENT)


def test_it_is_a_small_business_of_three_years() -> None:
    assert 110 <= len(sample.clients()) <= 130
    days = [row[1] for row in sample.transactions() if isinstance(row[1], date)]
    assert 850 <= len(days) <= 950
    assert (min(days).year, max(days).year) == (2023, 2027)


def test_every_segment_is_there(report: RefreshResult) -> None:
    assert {segment: count > 0 for segment, count in report.summary.counts.items()} == dict.fromkeys(Segment, True)
    assert report.summary.shape is Shape.MATURE
    assert [each.passed for each in report.summary.checks] == [True, False, True]


def test_every_outcome_of_an_action_is_there(report: RefreshResult) -> None:
    assert {outcome: count > 0 for outcome, count in report.actions.items()} == dict.fromkeys(ActionStatus, True)
    assert {row[2] for row in sample.actions()} == {"Plan revenue", "Mark lost", "Mark canceled", "Reactivate"}


def test_every_kind_of_bad_data_is_there(report: RefreshResult) -> None:
    found = {(each.sheet, each.column) for each in report.problems if each.kind is Kind.PROBLEM}
    assert found == {
        (clients.TABLE.name, clients.CREATED_ON.header),
        (clients.TABLE.name, clients.CLIENT_ID.header),
        (transactions.TABLE.name, transactions.CLIENT_ID.header),
        (transactions.TABLE.name, transactions.ISSUE_DATE.header),
        (transactions.TABLE.name, transactions.AMOUNT.header),
        (transactions.TABLE.name, transactions.STATUS.header),
        (actions.TABLE.name, actions.ACTION.header),
    }
    assert report.count(Kind.NOTICE) == 5


def test_every_kind_of_transaction_is_there(report: RefreshResult) -> None:
    kinds = {transactions.read_status(row[3]) for row in sample.transactions() if row[3] != "Ask Karin"}
    assert kinds == set(Status)
    amounts = [row[2] for row in sample.transactions() if isinstance(row[2], int | float)]
    assert min(amounts) < 0
    assert any(each.overdue for each in report.clients)
    assert any(each.far_off for each in report.clients)


def test_ids_are_written_in_more_than_one_way() -> None:
    ids = [row[0] for row in sample.transactions()]
    assert {type(each) for each in ids} == {int, str}
    assert {"P-014", "p-014"} & set(ids)


def test_the_workbook_shows_what_the_refresh_found(report: RefreshResult) -> None:
    book = open_book(rebuild.SAMPLE)
    rows = clients.TABLE.of(book)
    by_id = {each.id: each for each in report.clients}
    shown = list(zip(rows.values(clients.CLIENT_ID), rows.values(clients.SEGMENT), strict=True))
    assert len(shown) == len(sample.clients())
    for client, segment in shown:
        key = str(int(client)) if isinstance(client, float) else str(client)
        assert segment == by_id[key].segment
    assert book.cell(portfolio.SHAPE) == report.summary.shape
    assert book.cell(portfolio.TITLE) == sample.COMPANY
    assert book.cell(portfolio.HINT) is None
    assert book.cell(settings.AS_OF.name) == book.cell(portfolio.AS_OF) == sample.SAMPLE_DATE
    assert len(book.table(problems.TABLE.name).rows) == len(report.problems)
    outcomes = actions.TABLE.of(book).values(actions.STATUS)
    assert {each: outcomes.count(each) for each in ActionStatus} == dict(report.actions)


def test_a_segment_cell_keeps_its_formula_and_its_value(report: RefreshResult) -> None:
    with CalamineWorkbook.from_path(str(rebuild.SAMPLE)) as book:
        rows = book.get_sheet_by_name(clients.TABLE.name).to_python()
    assert {row[3] for row in rows[1:]} == {*(each.value for each in Segment), ""}, "blank for one not yet a client"


@pytest.mark.slow
def test_the_history_is_what_refreshing_each_month_gives() -> None:
    assert sample.as_csv(history.TABLE, make_history.rows()) == make_history.FILE.read_text(encoding="utf-8")


def test_the_trend_shows_every_date_of_the_history() -> None:
    days = [row[0] for row in open_book(rebuild.SAMPLE).table(history.TABLE.name).rows]
    assert days == [*make_history.days(), sample.SAMPLE_DATE]
    assert len(days) == history.TREND_DATES


def test_writing_the_sample_leaves_the_template_alone(tmp_path: Path) -> None:
    before = build.TEMPLATE.read_bytes()
    sample.write_sample(tmp_path / "mine.xlsm")
    assert build.TEMPLATE.read_bytes() == before
    assert len(open_book(tmp_path / "mine.xlsm").table(clients.TABLE.name).rows) == len(sample.clients())

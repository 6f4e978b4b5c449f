"""Small portfolios that are easily told wrong, and what must be told of each."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from kopilot_xl import check, open_book, refresh
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.portfolio import Client, Shape, do_next
from kopilot_xl.domain.segments import Segment
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.tables.problems import Code, Kind
from tests.portfolios import AS_OF, NOW, column
from tests.small_portfolios import PORTFOLIOS


def found(name: str, tmp_path: Path) -> RefreshResult:
    return check(open_book(PORTFOLIOS[name].write(tmp_path / "book.xlsm")), AS_OF, now=NOW)


def client(result: RefreshResult, key: str = "a") -> Client:
    return next(each for each in result.clients if each.key == key)


def test_an_invoice_credited_in_full_is_no_invoice(tmp_path: Path) -> None:
    result = found("credited in full", tmp_path)
    credited, honest = client(result), client(result, "b")
    assert (credited.segment, credited.value, credited.last_invoice) == (Segment.LOST, 0.0, None)
    assert (honest.segment, honest.value) == (Segment.ACTIVE, 380.0)
    assert next(iter(do_next(result.clients).values())) == [honest]


def test_a_plan_invoiced_in_instalments_is_fulfilled(tmp_path: Path) -> None:
    result = found("instalments", tmp_path)
    assert result.actions[ActionStatus.FULFILLED] == 1
    assert client(result).overdue is None


def test_a_plan_and_its_invoice_written_ahead_count_once(tmp_path: Path) -> None:
    result = found("invoiced ahead", tmp_path)
    assert result.actions[ActionStatus.FULFILLED] == 1
    assert (client(result).segment, client(result).value) == (Segment.NEW, 5000.0)


def test_a_token_plan_keeps_nobody_off_do_next(tmp_path: Path) -> None:
    result = found("a token plan", tmp_path)
    assert client(result).segment is Segment.HIBERNATING
    assert [each.key for some in do_next(result.clients).values() for each in some] == ["a"]


def test_the_sentence_fits_the_figures(tmp_path: Path) -> None:
    words = found("nobody leaves", tmp_path).summary.words
    assert "exits" not in words
    assert "do not make up" not in words
    assert "as many clients went quiet as are active or new (2)" in words


def test_clients_won_without_a_plan_are_named(tmp_path: Path) -> None:
    summary = found("won, not planned", tmp_path).summary
    assert (summary.shape, summary.won) == (Shape.DECLINING, 10)
    assert "10 won" in summary.words
    assert "nobody" not in summary.words.lower()


def test_an_unpaid_invoice_comes_first(tmp_path: Path) -> None:
    result = found("unpaid", tmp_path)
    assert client(result).segment is Segment.SLEEPING_AWAY
    assert client(result).next_action == "9,000 unpaid, invoiced 13 December 2025: collect it first."
    assert client(result, "b").next_action == "40 unpaid, invoiced 1 March 2024: collect it first."


def test_the_guide_and_the_segments_follow_the_settings(tmp_path: Path) -> None:
    path = PORTFOLIOS["other settings"].write(tmp_path / "book.xlsm")
    result = refresh(open_book(path), AS_OF, now=NOW)
    assert (result.summary.counts[Segment.ACTIVE], result.summary.counts[Segment.LOST]) == (2, 25)
    guide = [cell for row in open_book(path).sheet_values("Guide") for cell in row]
    assert "Invoiced within the last 1 month." in guide
    assert "No invoice for more than 100 days and nothing planned, or marked lost." in guide


# the log


@pytest.mark.parametrize("to_another_file", [False, True])
def test_a_refresh_fills_a_blank_recorded_on_and_names_the_clients(to_another_file: bool, tmp_path: Path) -> None:
    path = PORTFOLIOS["names and blank days in the log"].write(tmp_path / "book.xlsm")
    target = tmp_path / "out.xlsm" if to_another_file else path
    before = path.read_bytes()
    result = refresh(open_book(path), AS_OF, output=target if to_another_file else None, now=NOW)
    assert column(target, "Actions", "Recorded on") == [AS_OF, *(date(2026, 6, day) for day in (1, 2, 3))]
    assert column(target, "Actions", "Client") == ["Alder", "Birch", "Cedar & Co", None]
    assert column(target, "Actions", "Client ID") == ["alder", "  BIRCH ", "cedar  & co", "Dogwood"]
    assert column(target, "Actions", "Status") == ["Applied", "Applied", "Rejected", "Rejected"]
    assert (path.read_bytes() == before) == to_another_file
    assert client(result).segment is Segment.LOST
    again = refresh(open_book(target), AS_OF, now=datetime(2026, 7, 9, 8, 0))
    assert [each.segment for each in again.clients] == [each.segment for each in result.clients]


def test_a_row_without_a_day_is_pending_on_an_earlier_day(tmp_path: Path) -> None:
    path = PORTFOLIOS["names and blank days in the log"].write(tmp_path / "book.xlsm")
    earlier = check(open_book(path), date(2026, 6, 30), now=NOW)
    assert earlier.actions[ActionStatus.PENDING] == 1
    assert client(earlier).segment is Segment.ACTIVE
    assert column(path, "Actions", "Recorded on")[0] is None


def test_a_rejected_row_is_a_problem(tmp_path: Path) -> None:
    result = found("names and blank days in the log", tmp_path)
    rejected = [each for each in result.problems if each.code is Code.ACTION_REJECTED]
    assert {each.kind for each in rejected} == {Kind.PROBLEM}
    assert [each.row for each in rejected] == [each.row for each in result.problems if each.kind is Kind.PROBLEM]
    assert len(rejected) == 2

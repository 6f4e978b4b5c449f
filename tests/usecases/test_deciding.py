"""What is decided in "Do next" goes into Actions by a refresh, or stays with its reason."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import openpyxl.worksheet.table
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from kopilot_xl import check, new, open_book, refresh, update
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.errors import SaveError
from kopilot_xl.usecases.report.page import report
from kopilot_xl.usecases.upgrade.in_place import upgrade
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.sheets import do_next, portfolio_grid
from kopilot_xl.workbook.tables.problems import Code
from tests.excel.stand_in import StandIn
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, column, make_portfolio

FIRST, LAST = portfolio_grid.LIST_TOP, portfolio_grid.LIST_BOTTOM
PLAN, LOST = "Plan revenue", "Mark lost"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A portfolio as it was refreshed today."""
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(path, now=NOW)
    return path


def page(path: Path) -> Worksheet:
    sheet = openpyxl.load_workbook(path, keep_vba=True)[portfolio_grid.SHEET]
    assert isinstance(sheet, Worksheet)
    return sheet


def row_of(path: Path, id_here: Value) -> int:
    """The row of a client in "Do next"."""
    (ids,) = page(path).iter_cols(16, 16, FIRST, LAST, values_only=True)
    return FIRST + list(ids).index(id_here)  # type: ignore[arg-type]


def enter(path: Path, row: int, *values: Value) -> None:
    """Type something into a row of "Do next", as Excel saves it."""
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    for at, value in enumerate(values, 12):
        workbook[portfolio_grid.SHEET].cell(row, at).value = value  # type: ignore[assignment]
    workbook.save(path)


def entered(path: Path, id_here: Value) -> list[Value]:
    row = row_of(path, id_here)
    return [value.date() if isinstance(value, datetime) else value for value in _cells(path, row, 12, 14)]


def _cells(path: Path, row: int, first: int, last: int) -> list[Value]:
    ((*values,),) = page(path).iter_rows(row, row, first, last, values_only=True)
    return values  # type: ignore[return-value]


def entries(path: Path) -> list[tuple[Value, ...]]:
    """What is entered in the rows that are no headings, rows without anything left out."""
    rows = page(path).iter_rows(FIRST, LAST, 1, 14, values_only=True)
    found = [row[11:] for row in rows if row[0] != do_next.HEAD]
    return [row for row in found if any(value is not None for value in row)]  # type: ignore[misc]


def more(path: Path) -> list[Value]:
    """What the rows say that count the clients not named."""
    rows = list(page(path).iter_rows(FIRST, LAST, 1, 3, values_only=True))
    return [name for kind, _, name in rows if kind == do_next.MORE]  # type: ignore[misc]


def log(path: Path) -> list[Sequence[Value]]:
    """The rows of Actions: recorded on, client, action, date, amount, status."""
    names = ("Recorded on", "Client ID", "Action", "Issue date", "Amount", "Status")
    rows = zip(*(column(path, "Actions", name) for name in names), strict=True)
    return [row for row in rows if any(value is not None for value in row)]


def test_a_complete_decision_becomes_the_last_row_of_actions_and_its_cells_are_cleared(book: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    enter(book, row_of(book, "C3"), LOST)
    later = NOW.replace(hour=11, minute=5)
    result = refresh(book, now=later)
    assert log(book) == [
        (later, "D4", PLAN, date(2026, 9, 15), 6000, "Applied"),
        (later, "C3", LOST, None, None, "Applied"),
    ]
    assert not result.problems
    assert entries(book) == []
    segments = dict(zip(column(book, "Clients", "Client ID"), column(book, "Clients", "Segment"), strict=True))
    assert (segments["D4"], segments["C3"]) == ("Hibernating", "Lost"), "the same refresh counts them"


def test_a_second_refresh_finds_nothing_more_to_take(book: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    refresh(book, now=NOW)
    before = log(book)
    refresh(book, now=NOW)
    assert log(book) == before


def test_they_come_after_the_rows_that_are_there(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=[[date(2026, 6, 1), "E5", "Reactivate", None, None, "x"]])
    refresh(path, now=NOW)
    enter(path, row_of(path, "D4"), PLAN, date(2026, 9, 15), 6000)
    refresh(path, now=NOW)
    assert [(row[1], row[2]) for row in log(path)] == [("E5", "Reactivate"), ("D4", PLAN)]
    assert column(path, "Actions", "Note")[0] == "x"


@pytest.mark.parametrize(
    ("values", "reason", "code"),
    [
        ((PLAN, None, 6000), "✗ Write the date", Code.DECISION_INCOMPLETE),
        ((PLAN, date(2026, 9, 15), None), "✗ Write an amount above zero", Code.DECISION_INCOMPLETE),
        ((PLAN, date(2026, 9, 15), -5), "✗ Write an amount above zero", Code.DECISION_INCOMPLETE),
        ((None, date(2026, 9, 15), 6000), "✗ Choose a decision", Code.DECISION_INCOMPLETE),
        ((PLAN, date(2026, 6, 15), 6000), "✗ The issue date is not after the recording date", Code.DECISION_REJECTED),
        (("Mark canceled", None, None), "✗ Not allowed: on 1 July 2026 the client was", Code.DECISION_REJECTED),
        (("Dance", None, None), '✗ Unknown action "Dance"', Code.DECISION_REJECTED),
    ],
)
def test_what_is_incomplete_or_rejected_stays_with_its_reason_in_red(
    book: Path, values: tuple[Value, ...], reason: str, code: Code
) -> None:
    enter(book, row_of(book, "D4"), *values)
    result = refresh(book, now=NOW)
    assert log(book) == []
    assert entered(book, "D4") == list(values)
    row = row_of(book, "D4")
    assert str(page(book).cell(row, 8).value).startswith(reason)
    assert page(book).cell(row, 17).value == do_next.URGENT, "which the row is red for"
    (problem,) = result.problems
    assert (problem.code, problem.cell, problem.kind.value) == (code, f"L{row}", "Problem")
    assert page(book)["K4"].value == "✗ 1 decision was not applied: see below"
    assert [each.code for each in check(book, now=NOW).problems] == [code], "a check says the same"


def test_undecided_entries_travel_with_their_client(book: Path) -> None:
    before = row_of(book, "D4")
    enter(book, before, PLAN, None, 6000)
    workbook = openpyxl.load_workbook(book, keep_vba=True)
    workbook["Transactions"].cell(2, 2).value = date(2025, 6, 5)  # A1's latest invoices: it leaves before D4 now
    workbook["Transactions"].cell(3, 2).value = date(2025, 6, 4)
    workbook.save(book)
    result = refresh(book, now=NOW)
    after = row_of(book, "D4")
    assert after == before + 1
    assert entered(book, "D4") == [PLAN, None, 6000]
    assert entered(book, "A1") == [None, None, None]
    assert [problem.cell for problem in result.problems] == [f"L{after}"], "the problem names the row it is in now"


def test_an_entry_beyond_the_room_of_its_segment_is_shown_all_the_same(tmp_path: Path) -> None:
    clients: list[Sequence[Value]] = [[f"N{at:02}", f"Client {at:02}", date(2026, 1, 1)] for at in range(30)]
    path = make_portfolio(tmp_path / "book.xlsm", clients, TRANSACTIONS[:0])
    refresh(path, now=NOW)
    enter(path, row_of(path, "N03"), PLAN, None, 10)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    for row in range(2, 32):
        if workbook["Clients"].cell(row, 1).value == "N03":
            workbook["Clients"].cell(row, 2).value = "Zzz"  # last by name
    workbook.save(path)
    refresh(path, now=NOW)
    assert entered(path, "N03") == [PLAN, None, 10]
    assert more(path)


def test_an_entry_of_a_client_that_is_gone_or_of_none_is_kept_below(book: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    (kinds,) = page(book).iter_cols(1, 1, FIRST, LAST, values_only=True)
    enter(book, FIRST + list(kinds).index(None), LOST)
    workbook = openpyxl.load_workbook(book, keep_vba=True)
    workbook["Clients"].cell(5, 1).value = "D44"
    workbook.save(book)
    result = refresh(book, now=NOW)
    assert log(book) == []
    assert [row[0] for row in entries(book)] == [PLAN, LOST]
    codes = [problem.code for problem in result.problems]
    assert codes.count(Code.DECISION_INCOMPLETE) == 2


@pytest.mark.parametrize("everywhere", [False, True])
def test_nothing_that_was_entered_is_lost_where_the_list_is_full(everywhere: bool, tmp_path: Path) -> None:
    made: list[Sequence[Value]] = [[f"N{at:02}", f"Client {at:02}", date(2026, 1, 1)] for at in range(300)]
    ages = (10, 150, 300, 390, 500)  # days since their last invoice: Active, Sleeping Away, Hibernating, Leaving, Lost
    sales: list[Sequence[Value]] = [
        [f"N{at:02}", AS_OF - timedelta(days=ages[at % 6]), 10.0] for at in range(300) if at % 6 < len(ages)
    ]
    path = make_portfolio(tmp_path / "book.xlsm", made, sales)
    refresh(path, now=NOW)
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    sheet = workbook[portfolio_grid.SHEET]
    beside = row_of(path, "N03")
    for row in range(FIRST, LAST + 1):
        kind = str(sheet.cell(row, 1).value)
        if (everywhere and kind != do_next.HEAD) or kind.startswith(do_next.GROUP) or row in (beside, beside + 1):
            sheet.cell(row, 12).value, sheet.cell(row, 14).value = PLAN, row
    sheet.cell(beside + 1, 16).value = "N03"  # a row that was copied with its hidden id
    workbook.save(path)
    amounts = sorted(str(row[2]) for row in entries(path))
    for _ in range(2):
        result = refresh(path, now=NOW)
        assert sorted(str(row[2]) for row in entries(path)) == amounts
        assert sum(problem.code is Code.DECISION_INCOMPLETE for problem in result.problems) == len(amounts)


def test_a_formula_that_was_entered_does_not_stay_in_its_row(book: Path) -> None:
    row = row_of(book, "D4")
    enter(book, row, PLAN, None, "=2*3000")
    refresh(book, now=NOW)
    assert page(book).cell(row_of(book, "D4"), 14).data_type != "f"


@pytest.mark.parametrize("way", ["check", "report", "output", "another day"])
def test_nothing_else_takes_them(book: Path, way: str, tmp_path: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    held, other = book.read_bytes(), tmp_path / "other.xlsm"
    if way == "check":
        found = check(book, now=NOW).problems
        assert [each.code for each in found] == [Code.DECISION_WAITING]
    elif way == "report":
        report(book, output=tmp_path / "report.html", now=NOW)
    elif way == "output":
        refresh(book, output=other, now=NOW)
        assert log(other) == []
        assert entered(other, "D4") == [PLAN, date(2026, 9, 15), 6000]
    if way != "another day":
        assert book.read_bytes() == held
    else:
        refresh(book, date(2026, 6, 30), now=NOW)
        assert log(book) == []
        assert entered(book, "D4") == [PLAN, date(2026, 9, 15), 6000]


def test_where_there_is_no_room_in_actions_nothing_changes(book: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    enter(book, row_of(book, "C3"), LOST)
    workbook = openpyxl.load_workbook(book, keep_vba=True)
    workbook["Actions"]["H3"] = "mine"
    workbook.save(book)
    held = book.read_bytes()
    with pytest.raises(SaveError, match="Actions"):
        refresh(book, now=NOW)
    assert book.read_bytes() == held


def test_more_clients_than_there_is_room_for_lead_to_clients(tmp_path: Path) -> None:
    clients: list[Sequence[Value]] = [[f"N{at}", f"Client {at}", date(2026, 1, 1)] for at in range(65)]
    path = make_portfolio(tmp_path / "book.xlsm", clients, TRANSACTIONS[:0])
    refresh(path, now=NOW)
    assert more(path) == ['=HYPERLINK("#Clients!A1","… and 61 more, in Clients")']


def test_a_client_links_to_its_row_whatever_its_id_is(book: Path) -> None:
    names = {row[15]: row[2] for row in page(book).iter_rows(FIRST, LAST, values_only=True)}
    assert names["D4"] == '=HYPERLINK("#Clients!A"&IFERROR(MATCH("D4",Clients!$A:$A,0),1),"Dogwood")'
    assert names["1001"] == '=HYPERLINK("#Clients!A"&IFERROR(MATCH(1001,Clients!$A:$A,0),1),"Hazel")'


def test_contact_columns_are_in_do_next_and_nowhere_else(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = openpyxl.load_workbook(path, keep_vba=True)
    sheet = workbook["Clients"]
    for at, (header, value) in enumerate((("Phone", "+47 95 555 15 45"), ("E-mail", "info@dogwood.example")), 11):
        sheet.cell(1, at).value = header
        sheet.cell(5, at).value = value
    table = sheet.tables["Clients"]
    del sheet.tables["Clients"]
    table.ref = f"A1:L{len(CLIENTS) + 1}"
    table.autoFilter.ref = table.ref
    for at, header in ((11, "Phone"), (12, "E-mail")):
        table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=at, name=header))
    sheet.add_table(table)
    workbook.save(path)
    refresh(path, now=NOW)
    row = row_of(path, "D4")
    assert page(path).cell(row, 8).value == "+47 95 555 15 45"
    assert page(path).cell(row, 9).value == '=HYPERLINK("mailto:info@dogwood.example","info@dogwood.example")'
    report(path, output=tmp_path / "report.html", now=NOW)
    assert "dogwood.example" not in (tmp_path / "report.html").read_text("utf-8")
    after = openpyxl.load_workbook(path, keep_vba=True)
    for other in after.worksheets:
        if other.title not in {"Clients", portfolio_grid.SHEET}:
            assert not any(
                "dogwood.example" in str(cell) for each in other.iter_rows(values_only=True) for cell in each
            )
    assert open_book(path).cell(portfolio_grid.AS_OF) == AS_OF


def test_a_workbook_open_in_excel_does_the_same(book: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    enter(book, row_of(book, "C3"), PLAN, None, 70)
    excel = StandIn(book)
    result = refresh(LiveBook(excel.book), now=NOW)
    row = next(excel.workbook["Actions"].iter_rows(2, 2, 1, 8, values_only=True))
    assert row[:5] == (NOW, "D4", PLAN, datetime(2026, 9, 15), 6000)
    assert row[6:8] == ("Dogwood", "Applied")
    excel.workbook.save(book)
    assert entries(book) == [(PLAN, None, 70)]
    assert entered(book, "C3") == [PLAN, None, 70]
    assert [problem.code for problem in result.problems] == [Code.DECISION_INCOMPLETE]
    names = {row[15]: row[2] for row in page(book).iter_rows(FIRST, LAST, values_only=True)}
    assert names["C3"] == '=HYPERLINK("#Clients!A"&IFERROR(MATCH("C3",Clients!$A:$A,0),1),"Cedar AG")'


def test_in_excel_nothing_is_taken_on_another_day_either(book: Path) -> None:
    enter(book, row_of(book, "D4"), PLAN, date(2026, 9, 15), 6000)
    excel = StandIn(book)
    refresh(LiveBook(excel.book), date(2026, 6, 30), now=NOW)
    assert excel.workbook["Actions"]["A2"].value is None
    excel.workbook.save(book)
    assert entries(book) == [(PLAN, datetime(2026, 9, 15), 6000)]


def test_an_update_ends_with_a_refresh_and_takes_them_too(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("Client ID,Client,Created on\nA,Alder,2024-01-10\nB,Birch,2024-02-01\n")
    invoices = tmp_path / "invoices.csv"
    invoices.write_text("Client ID,Issue date,Amount,Status,Reference\nA,2025-09-20,2000.00,Paid,R1\n")
    path = tmp_path / "Portfolio.xlsm"
    new(path, tmp_path / "clients.csv", invoices)
    refresh(path, now=NOW)
    enter(path, row_of(path, "A"), PLAN, date(2026, 9, 15), 6000)
    update(path, tmp_path / "clients.csv", invoices, dry_run=True, now=NOW)
    assert (log(path), entries(path)) == ([], [(PLAN, datetime(2026, 9, 15), 6000)])
    update(path, tmp_path / "clients.csv", invoices, as_of=date(2026, 6, 30), now=NOW)
    assert (log(path), entries(path)) == ([], [(PLAN, datetime(2026, 9, 15), 6000)])
    update(path, tmp_path / "clients.csv", invoices, now=NOW)
    assert [row[1:5] for row in log(path)] == [("A", PLAN, date(2026, 9, 15), 6000)]
    assert entries(path) == []


def test_a_workbook_with_the_page_of_an_earlier_version_is_refreshed_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.xlsm"
    shutil.copy(Path(__file__).parents[1] / "workbooks" / "0.1.0.xlsm", path)
    result = refresh(path, AS_OF, now=NOW)
    sheet = page(path)
    assert sheet["B4"].value == result.summary.shape.value
    assert [sheet.cell(row, 12).value for row in range(5, 12)] == [result.summary.counts[each] for each in BARS]
    before = sheet["B20"].value
    assert before in {segment.value for segment in Segment}
    upgrade(path)
    refresh(path, AS_OF, now=NOW)
    assert page(path).cell(FIRST, 1).value == do_next.HEAD, "upgrade brings the new page"
    assert before in {each for (each,) in page(path).iter_rows(FIRST, LAST, 1, 1, values_only=True)}

"""A refresh over real workbooks: what it computes, what it writes, and what it leaves alone."""

from __future__ import annotations

import gc
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import TableColumn

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.errors import MissingError, SettingError
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.refresh import check
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.sheets import portfolio
from kopilot_xl.workbook.tables.problems import Code, Kind
from tests.excel.stand_in import StandIn
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, CLIENTS, NOW, SEGMENTS, TRANSACTIONS, column, make_portfolio
from tests.workbook.workbooks import signed


def _refreshed(path: Path, as_of: date | None = None, now: datetime = NOW) -> RefreshResult:
    report = refresh(open_book(path), as_of, now=now)
    assert_sound(path)
    return report


def _edit(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path, keep_vba=True)


def _save(workbook: openpyxl.Workbook, path: Path) -> None:
    """Save as Excel would: openpyxl by itself asks for a full recalculation on opening."""
    workbook.calculation.fullCalcOnLoad = False
    workbook.save(path)


def _block(path: Path, name: str) -> list[list[Value]]:
    """A named block's cells, as openpyxl reads them."""
    workbook = openpyxl.load_workbook(path, data_only=True, keep_vba=True)
    ((sheet, area),) = workbook.defined_names[name].destinations
    cells = workbook[sheet][area]
    rows = cells if isinstance(cells, tuple) else ((cells,),)
    return [[cell.value for cell in row] for row in rows]


def test_every_client_is_placed_and_the_cells_say_so(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    report = _refreshed(path)
    assert [each.segment for each in report.clients] == SEGMENTS
    assert column(path, "Clients", "Segment") == SEGMENTS
    assert column(path, "Clients", "Last invoice")[:3] == [date(2026, 6, 1), date(2025, 12, 20), date(2025, 9, 1)]
    assert column(path, "Clients", "Next planned") == [None] * 5 + [date(2026, 9, 1), None, None]
    assert column(path, "Clients", "Leaves on")[0] == date(2026, 6, 1) + timedelta(days=401)
    assert column(path, "Clients", "Value") == [2000.0, 2000.0, 5000.0, 700.0, 900.0, 3000.0, 0.0, 450.0]
    assert column(path, "Clients", "Next action")[5] == "Planned: 1 September 2026, 3,000."


LOG: list[Sequence[Value]] = [
    [date(2026, 6, 20), "d4 ", "Plan revenue", date(2026, 8, 1), 500.0, "call them"],
    [date(2026, 6, 20), "1001", "Plan revenue", date(2026, 8, 1), 500.0],
    [date(2026, 6, 21), "Nobody", "Mark lost"],
    [date(2026, 6, 22), "D4", "Plan revenue", date(2026, 9, 1), 500.0],
]


def _links(path: Path) -> dict[object, tuple[object, object]]:
    """Per client what its link shows, and its formula, where there is one."""
    formulas, shown = _edit(path)["Clients"], openpyxl.load_workbook(path, data_only=True, keep_vba=True)["Clients"]
    at = next(cell.column for cell in formulas[1] if cell.value == "In Actions")
    cells = {formulas.cell(row, 1).value: (shown.cell(row, at), formulas.cell(row, at)) for row in range(2, 10)}
    return {client: (one.value, two.value) for client, (one, two) in cells.items() if two.value is not None}


def test_a_client_of_the_log_is_linked_to_its_rows_and_no_other_costs_a_cell(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=LOG)
    _refreshed(path)
    links = _links(path)
    # The first row of a new table has its formula from the start.
    assert {client: shown for client, (shown, _) in links.items()} == {"A1": None, "D4": 2, 1001: 1}
    assert str(links["D4"][1]).startswith('=IFERROR(HYPERLINK("#Actions!B"&IFERROR(MATCH(A5,Actions!$B:$B,0),')
    before = path.read_bytes()
    _refreshed(path)
    assert path.read_bytes() == before


def test_a_link_goes_blank_with_the_last_row_of_its_client(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=LOG)
    _refreshed(path)
    book = open_book(path)
    book.write_table("Actions", {"Client ID": ["1001"]})
    book.save()
    _refreshed(path)
    assert {client: shown for client, (shown, _) in _links(path).items()} == {"A1": None, "D4": None, 1001: 1}


def test_a_column_of_that_name_that_is_not_calculated_is_the_users(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=LOG)
    workbook = _edit(path)
    sheet = workbook["Clients"]
    own = next(each for each in sheet.tables["Clients"].tableColumns if each.name == "In Actions")
    own.calculatedColumnFormula = None
    at = next(cell.column for cell in sheet[1] if cell.value == "In Actions")
    for row in range(2, 10):
        sheet.cell(row, at).value = f"mine {row}"
    _save(workbook, path)
    _refreshed(path)
    assert column(path, "Clients", "In Actions") == [f"mine {row}" for row in range(2, 10)]


def test_a_link_leads_to_where_the_log_is_now(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=LOG)
    workbook = _edit(path)
    workbook["Actions"].title = 'Our "log"'
    _save(workbook, path)
    _refreshed(path)
    formula = str(_links(path)["D4"][1])
    assert """HYPERLINK("#'Our ""log""'!B"&IFERROR(MATCH(A5,'Our "log"'!$B:$B,0)""" in formula


def test_segment_cells_keep_their_formula_and_show_the_segment(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    _refreshed(path)
    formulas = _edit(path)["Clients"]
    assert [formulas.cell(row, 4).value for row in range(2, 10)] == [f"=SEGMENT(A{row})" for row in range(2, 10)]
    shown = openpyxl.load_workbook(path, data_only=True, keep_vba=True)["Clients"]
    assert [shown.cell(row, 4).value for row in range(2, 10)] == SEGMENTS


def test_the_page_shows_the_portfolio(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", settings={"Company": "Alder Advice"})
    report = _refreshed(path)
    assert report.summary.shape is Shape.DECLINING
    assert _block(path, portfolio.TITLE) == [["Alder Advice"]]
    assert _block(path, portfolio.SHAPE) == [["Declining"]]
    histogram = _block(path, portfolio.HISTOGRAM)
    assert [row[:2] for row in histogram] == [[each.value, report.summary.counts[each]] for each in BARS]
    assert histogram[0][2] is None
    assert sum(row[2] for row in histogram[1:] if isinstance(row[2], float | int)) == pytest.approx(1)
    assert [row[0] for row in _block(path, portfolio.CHECKS)] == ["✗", "✓", "✓"]
    assert [row[2] for row in _block(path, "PortfolioClean") if row[0]] == [
        "Dogwood", "Cedar AG", "Birch Studio", "Alder & Co", "Hazel",
    ]  # fmt: skip
    assert [row[2] for row in _block(path, "PortfolioReactivate") if row[0]] == ["Elm Partners"]
    assert [row[2] for row in _block(path, "PortfolioDecide") if row[0]] == ["Ginkgo"]


def test_two_refreshes_give_the_identical_file(tmp_path: Path) -> None:
    path = make_portfolio(
        tmp_path / "book.xlsm", action_rows=[[date(2026, 6, 20), "D4", "Plan revenue", date(2026, 8, 1), 500.0, "call"]]
    )
    _refreshed(path)
    once = path.read_bytes()
    _refreshed(path)
    assert path.read_bytes() == once


def test_actions_are_read_back(tmp_path: Path) -> None:
    path = make_portfolio(
        tmp_path / "book.xlsm",
        action_rows=[
            [date(2026, 6, 20), "D4", "Plan revenue", date(2026, 8, 1), 500.0, "call them"],
            [date(2026, 6, 20), "G7", "Mark canceled"],
            [date(2026, 6, 20), "B2", "Mark canceled"],
            [date(2026, 6, 20), "C3", "Mark lost"],
            [date(2026, 8, 1), "A1", "Mark lost"],
        ],
    )
    report = _refreshed(path)
    assert [each.segment for each in report.clients] == [
        "Active", "Sleeping Away", "Lost", "Hibernating", "Lost", "New", "Canceled", "Active",
    ]  # fmt: skip
    assert column(path, "Actions", "Status") == ["Applied", "Applied", "Rejected", "Applied", "Pending"]
    assert str(column(path, "Actions", "Detail")[2]).startswith("Not allowed: on 20 June 2026 the client was Sleeping")
    assert column(path, "Actions", "Note")[0] == "call them"
    assert report.actions[ActionStatus.APPLIED] == 3
    assert sum(report.actions.values()) == 5


def test_deleting_the_row_undoes_the_action(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=[[date(2026, 6, 20), "C3", "Mark lost"]])
    assert _refreshed(path).clients[2].segment is Segment.LOST
    book = FileBook(path)
    book.write_table("Actions", {"Recorded on": [None], "Client ID": [None], "Action": [None]})
    book.save()
    assert _refreshed(path).clients[2].segment is Segment.HIBERNATING
    assert column(path, "Actions", "Status") == [None]


def test_the_as_of_option_beats_the_setting_which_beats_today(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", settings={"AsOf": date(2026, 5, 1)})
    assert _refreshed(path, date(2026, 6, 1)).as_of == date(2026, 6, 1)
    assert _refreshed(path).as_of == date(2026, 5, 1)
    assert FileBook(path).cell("AsOf") == date(2026, 5, 1)
    bare = make_portfolio(tmp_path / "bare.xlsm")
    assert _refreshed(bare).as_of == NOW.date()


@pytest.mark.parametrize(
    ("as_of", "hint"),
    [
        (AS_OF, None),
        (date(2026, 5, 1), None),
        (date(2026, 4, 1), "A look back: not today, and not the As-of date of Settings."),
        (date(2026, 9, 1), "A look ahead, if nobody acts: not today, and not the As-of date of Settings."),
    ],
    ids=["today", "the setting", "the past", "the future"],
)
def test_a_strange_as_of_date_stands_out(as_of: date, hint: str | None, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", settings={"AsOf": date(2026, 5, 1)})
    _refreshed(path, as_of)
    assert _block(path, portfolio.HINT) == [[hint]]


def test_every_other_part_stays_as_it_was_to_the_byte(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    before = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
    _refreshed(path)
    after = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert all(name.startswith(("xl/worksheets/sheet", "xl/tables/table")) for name in changed)
    transactions = _edit(path).sheetnames.index("Transactions") + 1
    assert f"xl/worksheets/sheet{transactions}.xml" not in changed


def test_the_users_own_columns_and_sheets_stay(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    clients = workbook["Clients"]
    table = clients.tables["Clients"]
    clients.cell(1, 11, "Region")
    for row in range(2, 10):
        clients.cell(row, 11, f"region {row}")
    table.ref = "A1:K9"
    table.autoFilter.ref = "A1:K9"
    table.tableColumns.append(TableColumn(id=11, name="Region"))
    mine = workbook.create_sheet("Mine", 0)
    mine["A1"] = '=COUNTIF(Clients[Segment],"Active")'
    mine["A2"] = "my notes"
    _save(workbook, path)
    report = _refreshed(path)
    assert column(path, "Clients", "Segment") == SEGMENTS
    assert column(path, "Clients", "Region") == [f"region {row}" for row in range(2, 10)]
    assert _edit(path)["Mine"]["A2"].value == "my notes"
    (stale,) = [each for each in report.problems if "Formulas of your own" in each.wrong]
    assert stale.kind is Kind.NOTICE
    assert "Mine!A1" in stale.wrong


def test_a_renamed_order_of_columns_does_no_harm(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    sheet = workbook["Transactions"]
    table = sheet.tables["Transactions"]
    names = [each.name for each in table.tableColumns]
    for row in range(1, len(TRANSACTIONS) + 2):
        values = [sheet.cell(row, at + 1).value for at in range(len(names))]
        for at, value in enumerate(reversed(values)):
            sheet.cell(row, at + 1).value = value
    for each, name in zip(table.tableColumns, reversed(names), strict=True):
        each.name = name
    _save(workbook, path)
    _refreshed(path)
    assert column(path, "Clients", "Segment") == SEGMENTS


def test_a_new_row_gets_its_formula(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    clients = workbook["Clients"]
    clients.cell(10, 1, "Z9")
    clients.cell(10, 2, "Zelkova")
    clients.tables["Clients"].ref = "A1:J10"
    clients.tables["Clients"].autoFilter.ref = "A1:J10"
    _save(workbook, path)
    _refreshed(path)
    assert _edit(path)["Clients"]["D10"].value == "=SEGMENT(A10)"
    assert column(path, "Clients", "Segment") == [*SEGMENTS, "No Activity"]


def test_a_refresh_column_the_user_deleted_is_not_written_and_not_complained_about(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    clients = workbook["Clients"]
    clients.cell(1, 8, "My value")
    clients.tables["Clients"].tableColumns[7].name = "My value"
    _save(workbook, path)
    report = _refreshed(path)
    assert column(path, "Clients", "My value") == [None] * len(CLIENTS)
    assert column(path, "Clients", "Next action")[5] == "Planned: 1 September 2026, 3,000."
    assert not report.problems


@pytest.mark.parametrize("gone", ["Portfolio", "History", "Problems", "Forecast", "_Segments"])
def test_a_missing_sheet_that_only_refresh_writes_is_a_notice(gone: str, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    for name in [name for name, each in workbook.defined_names.items() if f"{gone}!" in (each.attr_text or "")]:
        del workbook.defined_names[name]
    del workbook[gone]
    _save(workbook, path)
    report = _refreshed(path)
    assert [str(each) for each in report.problems if each.sheet == gone] == [
        f"{gone}: The {'table' if gone in {'History', 'Problems'} else 'sheet'} {gone} is not in the workbook. "
        "It was not written. kopilot-xl upgrade brings it back."
    ]
    assert report.count(Kind.PROBLEM) == 0
    assert column(path, "Clients", "Segment") == SEGMENTS


@pytest.mark.parametrize("gone", ["Clients", "Transactions", "Actions", "Settings"])
def test_a_missing_sheet_the_user_keeps_is_a_clear_error_and_nothing_is_written(gone: str, tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    for name in [name for name, each in workbook.defined_names.items() if f"{gone}!" in (each.attr_text or "")]:
        del workbook.defined_names[name]
    del workbook[gone]
    _save(workbook, path)
    before = path.read_bytes()
    with pytest.raises(MissingError, match="Company" if gone == "Settings" else gone) as refused:
        refresh(open_book(path), now=NOW)
    assert "book.xlsm" in str(refused.value)
    assert path.read_bytes() == before


def test_an_empty_workbook_is_no_error(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", [], [])
    report = _refreshed(path)
    assert report.summary.shape is Shape.EMPTY
    assert sorted(str(each) for each in report.problems) == [
        "Clients: There are no clients. The portfolio is empty.",
        "Transactions: There are no transactions. No client counts as invoiced.",
    ]
    assert report.count(Kind.PROBLEM) == 0


def test_bad_data_is_listed_on_the_problems_sheet_and_the_rest_is_computed(tmp_path: Path) -> None:
    rows: list[Sequence[Value]] = [
        *TRANSACTIONS,
        ["A1", "03/04/2026", 5.0, "Paid", "R9"],
        ["Q9", AS_OF, 5.0, "Paid", "R10"],
    ]
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=rows)
    report = _refreshed(path)
    assert column(path, "Clients", "Segment") == SEGMENTS
    assert (report.count(Kind.PROBLEM), report.count(Kind.NOTICE)) == (2, 0)
    data = FileBook(path).table("Problems")
    assert [list(row[:7]) for row in data.rows] == [
        ["Problem", "Transactions!B10", "Transactions", 10, "Issue date", "B10", "03/04/2026"],
        ["Problem", "Transactions!A11", "Transactions", 11, "Client ID", "A11", "Q9"],
    ]
    links = _edit(path)["Problems"]
    quoted = """SUBSTITUTE(C3,"'","''")"""
    assert links["B3"].value == f'=IF(C3="","",HYPERLINK("#\'"&{quoted}&"\'!"&F3,C3&"!"&F3))'
    settled = make_portfolio(tmp_path / "settled.xlsm", transaction_rows=rows, settings={"DateOrder": "DMY"})
    assert _refreshed(settled).count(Kind.PROBLEM) == 1


def test_problems_shrink_again_when_the_data_are_mended(tmp_path: Path) -> None:
    strangers: list[Sequence[Value]] = [["Q9", AS_OF, 5.0, "Paid", f"X{number}"] for number in range(30)]
    rows = [*TRANSACTIONS, *strangers]
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=rows)
    assert _refreshed(path).count(Kind.PROBLEM) == 30
    book = FileBook(path)
    book.write_column("Transactions", "Client ID", [row[0] for row in TRANSACTIONS] + ["A1"] * 30)
    book.save()
    assert _refreshed(path).count(Kind.PROBLEM) == 0
    assert [list(row) for row in FileBook(path).table("Problems").rows] == [[None] * 9]


def test_a_setting_that_makes_no_sense_stops_the_refresh(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", settings={"ActiveMonths": 9})
    before = path.read_bytes()
    with pytest.raises(SettingError, match="the setting Active, must be below"):
        refresh(open_book(path), now=NOW)
    assert path.read_bytes() == before


def test_check_finds_what_refresh_finds_and_writes_nothing(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, ["Q9", AS_OF, 5.0, "Paid", "R9"]])
    before = path.read_bytes()
    found = check(open_book(path), now=NOW).problems
    assert path.read_bytes() == before
    assert found == _refreshed(path).problems


def test_output_leaves_the_workbook_alone(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    before = path.read_bytes()
    refresh(open_book(path), output=tmp_path / "out.xlsm", now=NOW)
    assert_sound(tmp_path / "out.xlsm")
    assert path.read_bytes() == before
    assert column(tmp_path / "out.xlsm", "Clients", "Segment") == SEGMENTS


def test_the_snapshot_is_what_the_functions_answer_from(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", [*CLIENTS, ["Y8", "Yew", date(2026, 8, 1)]])
    _refreshed(path)
    sheet = openpyxl.load_workbook(path, data_only=True, keep_vba=True)["_Segments"]
    assert sheet.sheet_state == "veryHidden"
    rows = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert rows["Shape"] == "Declining"
    assert rows["1001"] == "Active"
    assert rows["Y8"] is None
    assert rows["Active"] == 2


def test_a_workbook_saved_by_openpyxl_refreshes_and_what_it_left_to_excel_stays(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    workbook = _edit(path)
    workbook.save(path)
    assert _edit(path).calculation.fullCalcOnLoad
    refresh(open_book(path), now=NOW)
    assert_sound(path, recalculates=True)
    assert column(path, "Clients", "Segment") == SEGMENTS
    assert _edit(path).calculation.fullCalcOnLoad


def test_the_past_months_can_be_filled_in_and_are_marked(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(open_book(path), backfill=12, now=NOW)
    assert_sound(path)
    dates = column(path, "History", "Date")
    assert dates == [date(2025, 6 + n, 30 + (n in {1, 2, 4, 6})) for n in range(1, 7)] + [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31),
        date(2026, 6, 30), AS_OF,
    ]  # fmt: skip
    assert column(path, "History", "Remark") == ["reconstructed"] * 12 + [None]
    april = column(path, "History", "Active")[9]
    assert april == refresh(open_book(path), date(2026, 4, 30), now=NOW).summary.counts[Segment.ACTIVE]
    assert len(column(path, "History", "Date")) == 13


def test_filling_in_never_replaces_a_row_written_on_its_own_day(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(open_book(path), now=datetime(2026, 5, 31, 8))
    written = column(path, "History", "Active")
    book = FileBook(path)
    book.write_table("Transactions", {"Client ID": [None], "Issue date": [None], "Amount": [None]})
    book.save()
    refresh(open_book(path), backfill=2, now=NOW)
    assert column(path, "History", "Date") == [date(2026, 5, 31), date(2026, 6, 30), AS_OF]
    assert column(path, "History", "Active") == [*written, 0, 0]


def test_movements_are_told_from_what_the_refresh_before_stored(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(open_book(path), now=datetime(2026, 6, 1, 8))
    then = dict(zip(column(path, "Clients", "Client"), column(path, "Clients", "Segment"), strict=True))
    _refreshed(path)
    now = dict(zip(column(path, "Clients", "Client"), SEGMENTS, strict=True))
    moved = {name: (then[name] or "not yet a client", now[name]) for name in now if then[name] != now[name]}
    listed = [row for row in _block(path, "TrendMoved") if row[0]]
    told = {row[1]: (row[2], row[3]) for row in listed if row[0] == "client"}
    assert told == moved
    assert [row[1] for row in listed[:2]] == ["▼ 1 for the worse", "Dogwood"]
    assert str(_block(path, "MovementsNote")[0][0]).startswith("From 1 June 2026 to 1 July 2026:")
    once = path.read_bytes()
    _refreshed(path)
    assert path.read_bytes() == once


def test_the_sheet_of_days_ahead_shows_who_leaves_when(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    _refreshed(path)
    nobody = _block(path, "OutlookNobody")
    today = [row[1] for row in _block(path, portfolio.HISTOGRAM)]
    assert [row[0] for row in nobody] == today
    for at, days in enumerate((30, 60, 90, 180, 365), 1):
        later = refresh(open_book(path), AS_OF + timedelta(days=days), output=tmp_path / "later.xlsm", now=NOW)
        assert [row[at] for row in nobody] == [later.summary.counts[each] for each in BARS]
    leaving = FileBook(path).table("Departures")
    assert [row[3] for row in leaving.rows][:2] == ["Dogwood", "Fir & Sons"] or leaving.rows[0][3] == "Dogwood"
    assert leaving.rows[0][0] == date(2025, 6, 10) + timedelta(days=401)


@pytest.mark.parametrize(("made", "walked"), [(250_000, False), (1_000, True)])
def test_what_a_large_refresh_made_is_not_walked_at_its_end(made: int, walked: bool) -> None:
    gc.collect()
    before = gc.get_stats()[0]["collections"]
    with collector_at_rest():
        held: list[list[int]] = [[] for _ in range(made)]
        assert not gc.isenabled()
    more: list[list[int]] = [[] for _ in range(500)]
    assert gc.isenabled()
    assert gc.get_stats()[0]["collections"] == before + walked
    assert gc.get_freeze_count() == 0
    assert len(held) + len(more) == made + 500


def test_a_signature_goes_and_that_is_said(tmp_path: Path) -> None:
    path = signed(make_portfolio(tmp_path / "book.xlsm"))
    result = refresh(path, now=NOW)
    notice = next(problem for problem in result.problems if problem.code is Code.SIGNATURE_REMOVED)
    assert notice.kind is Kind.NOTICE
    assert str(notice) == (
        "Portfolio: The workbook had a digital signature, which a refresh invalidates. "
        "It was removed, as Excel would. Sign the workbook again (File, Info, Protect Workbook)."
    )
    assert not FileBook(path).is_signed
    assert Code.SIGNATURE_REMOVED not in {problem.code for problem in refresh(path, now=NOW).problems}


def test_so_it_is_in_a_workbook_open_in_excel(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm"))
    excel.signatures = 1
    assert Code.SIGNATURE_REMOVED in {problem.code for problem in refresh(LiveBook(excel.book), now=NOW).problems}

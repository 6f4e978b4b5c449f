"""The open workbook: the same refresh as the file's, in few calls, and Excel as it was before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kopilot_xl.errors import KopilotError, MissingError, SaveError
from kopilot_xl.usecases.refresh import check, refresh
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.opening import open_book
from tests.excel.stand_in import ComError, StandIn
from tests.portfolios import CLIENTS, NOW, TRANSACTIONS, make_portfolio

ACTIONS: list[Sequence[Value]] = [
    [date(2026, 6, 20), "D4", "Plan revenue", date(2026, 8, 1), 500.0, "call them"],
    [date(2026, 6, 20), "B2", "Mark canceled"],
]
BAD_ROWS: list[Sequence[Value]] = [
    ["A1", "03/04/2026", 100.0, "Paid", "R9"],
    ["nobody", date(2026, 5, 1), 100.0, "Paid", "R10"],
    ["007", date(2026, 5, 1), "1.200", "Paid", "R11"],
    ["=A1", date(2026, 5, 1), 100.0, "2026-01-05", "R12"],
]
SETTINGS = {"screen_updating": True, "enable_events": True, "calculation": "automatic", "status_bar": False}


def everything(path: Path) -> dict[str, list[list[Any]]]:
    """Every cell of every sheet, formulas as formulas."""
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: _trimmed([[_plain(cell.value) for cell in row] for row in sheet.iter_rows()])
        for sheet in book.worksheets
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date()
    # openpyxl writes floats with 16 digits
    return round(float(value), 9) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    width = max((at for row in rows for at, value in enumerate(row, 1) if value is not None), default=0)
    return [row[:width] for row in rows]


def assert_same(
    path: Path,
    tmp_path: Path,
    times: int = 1,
    prepare: Callable[[StandIn], object] = lambda excel: None,
    same: Callable[[Any], Any] = lambda value: value,
) -> StandIn:
    """Refresh as a file and as an open workbook, and compare every cell, or what `same` gives for it."""
    file = tmp_path / "file.xlsm"
    file.write_bytes(path.read_bytes())
    live = path
    for number in range(times):
        now = NOW.replace(day=NOW.day + number)
        refresh(open_book(file), now=now)
        excel = StandIn(live)
        prepare(excel)
        refresh(LiveBook(excel.book), now=now)
        live = excel.save(tmp_path / f"live{number}.xlsm")
    ours, theirs = everything(live), everything(file)
    assert ours.keys() == theirs.keys()
    for sheet in theirs:
        one, other = ([[same(value) for value in row] for row in rows] for rows in (ours[sheet], theirs[sheet]))
        assert one == other, sheet
    return excel


def test_every_cell_is_the_one_the_file_gets(tmp_path: Path) -> None:
    excel = assert_same(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS), tmp_path)
    assert excel.settings == SETTINGS
    assert excel.selected == ("Clients", "A2")


def test_so_it_is_with_bad_data_whose_texts_look_like_numbers_dates_and_formulas(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS])
    assert_same(path, tmp_path)


def test_so_it_is_day_after_day(tmp_path: Path) -> None:
    assert_same(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS), tmp_path, times=3)


def without_macros(excel: StandIn) -> None:
    excel.has_macros = False


def filtered(excel: StandIn) -> None:
    """Filters of the user's on tables that refresh writes to."""
    for sheet, hidden in (("Clients", range(3, 10, 2)), ("Actions", (2,)), ("History", (2,)), ("Problems", (3, 4))):
        excel.filtered.add(sheet)
        for row in hidden:
            excel.workbook[sheet].row_dimensions[row].hidden = True
    excel.workbook["Clients"].column_dimensions["G"].hidden = True


def both(excel: StandIn) -> None:
    without_macros(excel)
    filtered(excel)


@pytest.mark.parametrize("prepare", [without_macros, filtered, both])
def test_so_it_is_whatever_hinders_writing_at_once(tmp_path: Path, prepare: Callable[[StandIn], object]) -> None:
    path = make_portfolio(
        tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS], action_rows=ACTIONS
    )  # fmt: skip
    assert_same(path, tmp_path, times=2, prepare=prepare)


@pytest.mark.parametrize("last", [1, 4, 9])
def test_what_the_macro_leaves_is_written_all_the_same(tmp_path: Path, last: int) -> None:
    def stops(excel: StandIn) -> None:
        def fails(number: int, kind: str, what: str) -> Exception | None:
            inside = [each for each in excel.steps if each[0] == "write inside"]
            return ComError(1, "no") if kind == "write inside" and len(inside) == last else None

        excel.fails = fails

    assert_same(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS), tmp_path, prepare=stops)


def test_an_apostrophe_in_the_workbooks_name_does_not_keep_its_macro_from_being_found(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "O'Brien's.xlsm"))
    refresh(LiveBook(excel.book), now=NOW)
    assert "everything" in [what for _, what in excel.steps]


def test_a_list_that_shrinks_under_a_filter_leaves_nothing_behind(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS])
    refresh(open_book(path), now=NOW)
    excel = StandIn(path)
    problems = excel.workbook["Problems"]
    before = int(problems.tables["Problems"].ref.rpartition("I")[2])
    excel.filtered.add("Problems")
    for row in range(3, before + 1, 2):
        problems.row_dimensions[row].hidden = True
    excel.workbook["Transactions"].delete_rows(len(TRANSACTIONS) + 2, len(BAD_ROWS))
    excel.workbook["Transactions"].tables["Transactions"].ref = f"A1:E{len(TRANSACTIONS) + 1}"
    refresh(LiveBook(excel.book), now=NOW)
    after = int(problems.tables["Problems"].ref.rpartition("I")[2])
    assert after < before
    assert {cell.value for row in problems.iter_rows(after + 1, before) for cell in row} == {None}


def test_so_it_is_with_columns_moved_renamed_and_deleted(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    book = openpyxl.load_workbook(path, keep_vba=True)
    sheet = book["Clients"]
    sheet["F1"], sheet["H1"] = "My own", "NEXT PLANNED "
    table = sheet.tables["Clients"]
    table.tableColumns[5].name, table.tableColumns[7].name = "My own", "NEXT PLANNED "
    for row in range(2, 10):
        sheet.cell(row, 6, f"mine {row}")
    book.calculation.fullCalcOnLoad = False
    book.save(path)
    assert_same(path, tmp_path)


def test_so_it_is_with_rows_typed_below_tables(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS)
    book = openpyxl.load_workbook(path, keep_vba=True)
    row = len(CLIENTS) + 2
    for address, value in ((f"A{row}", "N1"), (f"B{row}", "Iris"), (f"B{row + 2}", "after a blank row")):
        book["Clients"][address] = value
    book["Transactions"][f"A{len(TRANSACTIONS) + 2}"] = "A1"
    book["Transactions"][f"C{len(TRANSACTIONS) + 2}"] = 12.5
    book.save(path)
    if book.vba_archive:
        book.vba_archive.close()
    # Excel fills a calculated column with addresses, a file gets the formula that the table has for it.
    excel = assert_same(path, tmp_path, same=lambda value: "link" if "HYPERLINK" in str(value) else value)
    assert excel.workbook["Clients"].tables["Clients"].ref == f"A1:J{row}"
    assert excel.workbook["Transactions"].tables["Transactions"].ref == f"A1:E{len(TRANSACTIONS) + 2}"


def test_sorted_rows_get_what_is_theirs(tmp_path: Path) -> None:
    found = []
    for way in (1, -1):
        rows = {"client_rows": CLIENTS[::way], "transaction_rows": TRANSACTIONS[::way], "action_rows": ACTIONS[::way]}
        excel = StandIn(make_portfolio(tmp_path / f"book{way}.xlsm", **rows))  # type: ignore[arg-type]
        refresh(LiveBook(excel.book), now=NOW)
        clients = excel.workbook["Clients"].iter_rows(min_row=2, max_row=len(CLIENTS) + 1, values_only=True)
        found.append({row[0]: row[4:8] for row in clients})
    assert len(found[0]) == len(CLIENTS)
    assert found[0] == found[1]
    assert len(set(found[0].values())) > 3


def test_a_totals_row_moves_along(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS])
    excel = StandIn(path)
    sheet = excel.workbook["Problems"]
    table = sheet.tables["Problems"]
    table.ref, table.totalsRowCount = "A1:G3", 1
    sheet["A3"] = "Total"
    refresh(LiveBook(excel.book), now=NOW)
    last = sheet.max_row
    assert table.ref == f"A1:G{last}"
    assert sheet.cell(last, 1).value == "Total"
    assert last > 4


def test_typed_formulas_of_a_totals_row_follow(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS])
    excel = StandIn(path)
    sheet = excel.workbook["Problems"]
    table = sheet.tables["Problems"]
    table.ref, table.totalsRowCount = "A1:I3", 1
    sheet["C3"], sheet["D3"] = "=COUNTA(C2:C2)", "=SUBTOTAL(103,Problems[Row])+C3"
    refresh(LiveBook(excel.book), now=NOW)
    last = sheet.max_row
    assert last > 4
    assert sheet.cell(last, 3).value == f"=COUNTA(C2:C{last - 1})"
    assert sheet.cell(last, 4).value == f"=SUBTOTAL(103,Problems[Row])+C{last}"


def test_new_problems_are_seen_whatever_hid_the_old_ones(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS])
    refresh(open_book(path), now=NOW)
    for filtered in (True, False):
        excel = StandIn(path)
        sheet = excel.workbook["Problems"]
        sheet.row_dimensions[2].hidden = sheet.row_dimensions[3].hidden = True
        if filtered:
            excel.filtered.add("Problems")
        refresh(LiveBook(excel.book), now=NOW)
        assert sheet.row_dimensions[2].hidden  # nothing changed
        excel.workbook["Transactions"]["B2"] = "no date"
        refresh(LiveBook(excel.book), now=NOW)
        assert not any(dimension.hidden for dimension in sheet.row_dimensions.values())


# calls


AT_MOST = 18
"""How many calls a refresh may move cells in: the sheets it reads or fills are read, each once."""


def test_a_check_writes_nothing(plain: Path) -> None:
    excel = StandIn(plain)
    check(LiveBook(excel.book), now=NOW)
    assert {kind for kind, _ in excel.steps} == {"map", "read"}


# Excel as it was


def test_the_workbook_is_not_saved_and_no_other_path_taken(plain: Path, tmp_path: Path) -> None:
    path = plain
    before, excel = path.read_bytes(), StandIn(path)
    refresh(LiveBook(excel.book), now=NOW)
    assert path.read_bytes() == before
    with pytest.raises(SaveError, match="refreshed where it is"):
        refresh(LiveBook(excel.book), output=tmp_path / "other.xlsm", now=NOW)


# bad input


def refused(excel: StandIn, kind: type[KopilotError], words: str) -> None:
    """A refresh fails with these words, writes nothing and leaves Excel as it was."""
    with pytest.raises(kind, match=words):
        refresh(LiveBook(excel.book), now=NOW)
    assert not [each for each in excel.steps if each[0] in {"write", "resize", "clear", "autofill"}]
    assert excel.settings == SETTINGS


@pytest.mark.parametrize("has_macros", [True, False])
def test_what_fails_halfway_is_told_and_made_good_by_the_next_refresh(tmp_path: Path, has_macros: bool) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS)
    excel = StandIn(path)
    excel.has_macros = has_macros
    excel.fails = lambda number, kind, what: (
        ComError(1, "no") if what.startswith("Portfolio!") and "write" in kind else None
    )
    with pytest.raises(
        SaveError, match=r"Excel refused: no\..*Some cells may have been written already; refreshing again"
    ):
        refresh(LiveBook(excel.book), now=NOW)
    assert excel.settings == SETTINGS
    excel.fails = lambda number, kind, what: None
    refresh(LiveBook(excel.book), now=NOW)
    refresh(open_book(path), now=NOW)
    refresh(open_book(path), now=NOW)
    assert everything(excel.save(tmp_path / "live.xlsm"))["Portfolio"] == everything(path)["Portfolio"]


def test_a_protected_sheet(plain: Path) -> None:
    excel = StandIn(plain)
    excel.protected = {"Clients", "Portfolio"}
    refused(excel, SaveError, r"sheets Clients, Portfolio are protected. Unprotect \(Review, Unprotect Sheet\)")


def test_no_room_below_a_table(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS]))
    excel.workbook["Problems"]["C4"] = "a note of mine"
    refused(excel, SaveError, "Problems!C4 below it is in use")


def test_a_read_only_workbook_is_told(plain: Path) -> None:
    excel = StandIn(plain)
    assert not LiveBook(excel.book).is_read_only
    excel.read_only = True
    assert LiveBook(excel.book).is_read_only


# the protocol, beside a refresh


def test_rows_are_appended_below_the_last_one_in_use(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS))
    book = LiveBook(excel.book)
    assert book.append_rows("Actions", {"Client ID": ["007", "A1"], "Gone": [1, 2]}) == 4
    book.save()
    sheet = excel.workbook["Actions"]
    assert [sheet.cell(row, 2).value for row in range(2, 6)] == ["D4", "B2", "007", "A1"]
    assert sheet.tables["Actions"].ref == "A1:I5"
    assert sheet["A4"].number_format == sheet["A3"].number_format


def test_a_column_of_the_wrong_length(plain: Path) -> None:
    book = LiveBook(StandIn(plain).book)
    with pytest.raises(ValueError, match="1 values for 8 rows"):
        book.write_column("Clients", "Value", [1.0])
    with pytest.raises(ValueError, match="different lengths"):
        book.write_table("History", {"Date": [None], "N": []})
    with pytest.raises(ValueError, match="do not fit"):
        book.write_block("Company", [[1], [2]])
    assert not book.write_block("NoSuchName", [[1]])
    assert not book.write_sheet("No such sheet", [[1]])
    with pytest.raises(MissingError):
        book.sheet_values("No such sheet")

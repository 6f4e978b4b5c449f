"""The open workbook: the same refresh as the file's, in few calls, and Excel as it was before."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kopilot_xl.errors import BookError, KopilotError, MissingError, SaveError
from kopilot_xl.usecases.refresh import check, refresh
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.live.excel_errors import ATTEMPTS
from kopilot_xl.workbook.live.excel_values import cell_value, written_value
from kopilot_xl.workbook.live.quiet import STATUS
from kopilot_xl.workbook.opening import open_book
from tests.excel.stand_in import BUSY, ComError, StandIn
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


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portfolio to open and not to save."""
    return make_portfolio(tmp_path_factory.mktemp("plain") / "book.xlsm")


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
    path: Path, tmp_path: Path, times: int = 1, prepare: Callable[[StandIn], object] = lambda excel: None
) -> StandIn:
    """Refresh as a file and as an open workbook, and compare every cell."""
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
        assert ours[sheet] == theirs[sheet], sheet
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


def test_formulas_stay(plain: Path) -> None:
    path = plain
    excel = StandIn(path)
    clients = excel.workbook["Clients"]
    clients["H4"] = "=1000+1"
    refresh(LiveBook(excel.book), now=NOW)
    assert [clients.cell(row, 4).value for row in range(2, 10)] == [f"=SEGMENT(A{row})" for row in range(2, 10)]
    assert clients["H4"].value == "=1000+1"
    assert [clients.cell(row, 8).value for row in (2, 3, 5)] == [2000.0, 2000.0, 700.0]
    excel.steps.clear()
    refresh(LiveBook(excel.book), now=NOW)
    assert not [what for kind, what in excel.steps if kind == "write" and what.startswith("Clients!D")]


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


@pytest.mark.parametrize("own", [False, True], ids=["ours", "somebody else's"])
def test_only_a_client_of_the_log_gets_a_link(tmp_path: Path, own: bool) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS))
    clients = excel.workbook["Clients"]
    column = next(cell.column for cell in clients[1] if cell.value == "In Actions")
    if own:
        clients.cell(9, column).value = "mine"
    refresh(LiveBook(excel.book), now=NOW)
    linked = {clients.cell(row, 1).value for row in range(3, 10) if clients.cell(row, column).data_type == "f"}
    assert linked == (set() if own else {row[1] for row in ACTIONS} & {row[0] for row in CLIENTS[1:]})
    assert clients.cell(9, column).value == ("mine" if own else None)


def test_a_segment_column_without_formulas_gets_values(plain: Path) -> None:
    path = plain
    excel = StandIn(path)
    for row in range(2, 10):
        excel.workbook["Clients"].cell(row, 4).value = None
    refresh(LiveBook(excel.book), now=NOW)
    assert excel.workbook["Clients"]["D2"].value == "Active"


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


# calls


def transfers(excel: StandIn) -> list[str]:
    return [f"{kind} {what}" for kind, what in excel.transfers]


def test_the_number_of_calls_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    many: list[Sequence[Value]] = [[f"X{number}", f"Client {number}", date(2024, 1, 1)] for number in range(100)]
    invoices: list[Sequence[Value]] = [
        [f"X{number % 100}", date(2026, 1, 1), 10.0, "Paid", f"I{number}"] for number in range(600)
    ]
    small = StandIn(make_portfolio(tmp_path / "small.xlsm", action_rows=ACTIONS))
    large = StandIn(make_portfolio(tmp_path / "large.xlsm", [*CLIENTS, *many], [*TRANSACTIONS, *invoices], ACTIONS))
    for excel in (small, large):
        refresh(LiveBook(excel.book), now=NOW)
    assert abs(len(small.transfers) - len(large.transfers)) <= 2  # lists that grow are checked for room
    print(*transfers(large), sep="\n")


AT_MOST = 12
"""How many calls a refresh may move cells in."""


def test_each_sheet_is_read_once_and_all_are_written_at_once(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS))
    refresh(LiveBook(excel.book), now=NOW)  # gives every row its Segment formula
    first = transfers(excel)
    assert len(first) <= AT_MOST, first
    excel.steps.clear()
    excel.workbook["Clients"]["H2"] = excel.workbook["Actions"]["G2"] = "old"
    refresh(LiveBook(excel.book), now=NOW)
    calls = transfers(excel)
    assert len(calls) <= AT_MOST, calls
    assert calls.count("write everything") == 1
    # The stand-in computes nothing: the column of links looks blank, and is asked for its formulas too.
    others = [each for each in calls if each not in ("write everything", "read Clients!I2:I9")]
    sheets = [each.removeprefix("read ").partition("!")[0] for each in others]
    assert len(sheets) == len(set(sheets)), calls


def test_a_sheet_with_tables_far_apart_is_not_read_whole(plain: Path) -> None:
    excel = StandIn(plain)
    sheet = excel.workbook["Movements"]
    sheet.move_range("G19:K20", rows=5000, cols=60)
    sheet.tables["Worse"].ref = "BO5019:BS5020"
    refresh(LiveBook(excel.book), now=NOW)
    places = [what.partition("!")[2] for kind, what in excel.transfers if what.startswith("Movements!")]
    assert len(places) == 2
    assert sheet["BO5019"].value == "Client ID"


def test_a_check_writes_nothing(plain: Path) -> None:
    excel = StandIn(plain)
    check(LiveBook(excel.book), now=NOW)
    assert {kind for kind, _ in excel.steps} == {"read"}


# Excel as it was


def test_it_is_kept_quiet_meanwhile(plain: Path) -> None:
    excel = StandIn(plain)
    seen = []

    def look(number: int, kind: str, what: str) -> None:
        if kind in {"read", "write"}:
            seen.append(dict(excel.settings))

    excel.fails = look
    refresh(LiveBook(excel.book), now=NOW)
    quiet = {"screen_updating": False, "enable_events": False, "calculation": "manual", "status_bar": STATUS}
    assert all(each == quiet for each in seen)


def test_its_settings_are_restored_whatever_step_fails(tmp_path: Path) -> None:
    before = {**SETTINGS, "calculation": "semiautomatic", "status_bar": "mine"}
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS)
    excel = StandIn(path)
    refresh(LiveBook(excel.book), now=NOW)
    last = next(number for number, step in reversed(list(enumerate(excel.steps, 1))) if step[0] == "write")
    for failing in range(1, last + 1):
        excel.settings = dict(before)
        excel.steps.clear()
        excel.fails = _failing_at(failing)
        with contextlib.suppress(KopilotError):
            refresh(LiveBook(excel.book), now=NOW)
        # What was written before makes some writes needless, so that a late step may be one that restores.
        if failing <= len(excel.steps) and (excel.steps[failing - 1][0] != "set" or failing <= len(before)):
            assert excel.settings == before, failing


def _failing_at(failing: int) -> Callable[[int, str, str], Exception | None]:
    return lambda number, kind, what: ComError(-2147352567, "it broke") if number == failing else None


def test_a_setting_that_cannot_be_restored_hinders_no_other(plain: Path) -> None:
    excel = StandIn(plain)
    excel.fails = lambda number, kind, what: ComError(1, "no") if what == "calculation=automatic" else None
    with pytest.raises(BookError, match="Excel refused: no"):
        refresh(LiveBook(excel.book), now=NOW)
    assert excel.settings == {**SETTINGS, "calculation": "manual"}


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


@pytest.mark.parametrize("error", [ComError(BUSY), ComError(-2147352567, "", -2146777998)])
def test_a_cell_that_is_being_edited(plain: Path, error: ComError) -> None:
    excel = StandIn(plain)
    excel.fails = lambda number, kind, what: error
    refused(excel, BookError, "a cell is being edited.* Press Enter or Esc in Excel")


def test_no_room_below_a_table(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", transaction_rows=[*TRANSACTIONS, *BAD_ROWS]))
    excel.workbook["Problems"]["C4"] = "a note of mine"
    refused(excel, SaveError, "Problems!C4 below it is in use")


def test_a_deleted_name(plain: Path) -> None:
    excel = StandIn(plain)
    del excel.workbook.defined_names["ActiveMonths"]
    refused(excel, MissingError, "no cell named ActiveMonths")


def test_a_name_that_points_nowhere(plain: Path) -> None:
    excel = StandIn(plain)
    excel.workbook.defined_names["AsOf"].attr_text = "Settings!#REF!"
    refused(excel, MissingError, "AsOf, or the name points nowhere")


def test_a_renamed_column(plain: Path) -> None:
    excel = StandIn(plain)
    excel.workbook["Transactions"]["B1"] = "When"
    refused(excel, MissingError, 'Transactions has no column "Issue date"')


def test_a_missing_table(plain: Path) -> None:
    excel = StandIn(plain)
    del excel.workbook["Actions"].tables["Actions"]
    excel.workbook["Actions"].title = "Log"
    refused(excel, MissingError, "no table Actions")


def test_a_defect_stays_one(plain: Path) -> None:
    excel = StandIn(plain)
    excel.fails = lambda number, kind, what: ZeroDivisionError() if kind == "write" else None
    with pytest.raises(ZeroDivisionError):
        refresh(LiveBook(excel.book), now=NOW)
    assert excel.settings == SETTINGS


def test_a_read_only_workbook_is_told(plain: Path) -> None:
    excel = StandIn(plain)
    assert not LiveBook(excel.book).is_read_only
    excel.read_only = True
    assert LiveBook(excel.book).is_read_only


def test_xlwings_gives_up_in_the_end(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Windows:
        N_COM_ATTEMPTS = 0

    monkeypatch.setitem(__import__("sys").modules, "xlwings._xlwindows", Windows)
    excel = StandIn(plain)
    seen = set()
    excel.fails = lambda number, kind, what: seen.add(Windows.N_COM_ATTEMPTS)
    refresh(LiveBook(excel.book), now=NOW)
    assert seen == {ATTEMPTS}
    assert Windows.N_COM_ATTEMPTS == 0


# the protocol, beside a refresh


def test_a_table_without_being_one(plain: Path) -> None:
    path = plain
    excel = StandIn(path)
    del excel.workbook["Clients"].tables["Clients"]
    data, file = LiveBook(excel.book).table("clients"), FileBook(path).table("Clients")
    assert (data.headers, data.rows, data.header_row) == (file.headers, file.rows, file.header_row)


@pytest.mark.parametrize(
    "cells",
    [
        [["Our clients"], [None, 1, 2], [None, "ID", None, "Name"], [None, 7, None, "a"]],
        [["ID", "Name", 2024, None, "Sum"], [1, "a", 3, None, 4], [None, None, None, None, 5]],
        [["ID", "Name"]],
        [["ID", "Name"], [None, None], [3, None], [None, None]],
        [["ID", None, "Name"], [1, 2, "a"]],
    ],
    ids=["gap", "apart", "headers only", "blank rows", "unnamed"],
)
def test_a_sheet_is_read_as_the_file_reads_it(tmp_path: Path, cells: list[list[Any]]) -> None:
    path = tmp_path / "plain.xlsx"
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Clients"
    for row in cells:
        sheet.append(row)
    book.save(path)
    live, file = LiveBook(StandIn(path).book), FileBook(path)
    assert live.has_table("Clients") == file.has_table("Clients")
    if live.has_table("Clients"):
        assert live.table("Clients") == file.table("Clients")


def test_rows_are_appended_below_the_last_one_in_use(tmp_path: Path) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS))
    book = LiveBook(excel.book)
    assert book.append_rows("Actions", {"Client ID": ["007", "A1"], "Gone": [1, 2]}) == 4
    book.save()
    sheet = excel.workbook["Actions"]
    assert [sheet.cell(row, 2).value for row in range(2, 6)] == ["D4", "B2", "007", "A1"]
    assert sheet.tables["Actions"].ref == "A1:H5"
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


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (None, None),
        ("", None),
        (-2146826246, ErrorValue("#N/A")),
        ("#N/A", ErrorValue("#N/A")),
        (12, 12),
        (True, True),
        (datetime(2026, 7, 1), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 8, 30), datetime(2026, 7, 1, 8, 30)),
        (__import__("decimal").Decimal("1.5"), 1.5),
    ],
)
def test_what_excel_hands_over(given: object, value: Value) -> None:
    assert cell_value(given) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Active", "Active"),
        ("007", "'007"),
        ("3 May", "'3 May"),
        ("TRUE", "'TRUE"),
        ("=A1", "'=A1"),
        ("-", "'-"),
        ("#N/A", "'#N/A"),
        (ErrorValue("#N/A"), "'#N/A"),
        (None, None),
        (7.0, 7.0),
        ("Planned for 1 September 2026, too far ahead to count yet.",) * 2,
    ],
)
def test_what_excel_is_handed(value: Value, written: object) -> None:
    assert written_value(value) == written

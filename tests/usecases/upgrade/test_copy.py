"""A workbook of an earlier version: it refreshes, and what stands in it comes along into a new one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import TableColumn
from typer.testing import CliRunner

from kopilot_xl import open_book, refresh
from kopilot_xl.cli.group import app
from kopilot_xl.domain.segments import Segment
from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.usecases.upgrade.copy import default_output, upgrade_copy
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import (
    actions,
    clients,
    forecast,
    history,
    movements,
    outlook,
    settings,
    snapshot,
    transactions,
    trend,
)
from kopilot_xl.workbook.tables.problems import Code, Kind
from kopilot_xl.workbook.tables.table import Format, Table
from kopilot_xl.workbook.tables.text_width import fitting, line_count
from kopilot_xl.workbook.template import build
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, NOW, SEGMENTS, column, make_portfolio, named_block

EARLIER = sorted((Path(__file__).parents[2] / "workbooks").glob("*.xlsm"))


def kept(path: Path, table: Table) -> list[list[Value]]:
    """The columns that are the user's, or all of History's, row by row."""
    data = table.of(open_book(path))
    places = [data.position(each) for each in table.columns if not each.written or table is history.TABLE]
    return [[None if at is None else row[at] for at in places] for row in data.data.rows]


def without(path: Path, *sheets: str) -> Path:
    """The workbook without some sheets, as a version that did not have them wrote it."""
    book = openpyxl.load_workbook(path, keep_vba=True)
    for each in sheets:
        del book[each]
    for name in [name for name, each in book.defined_names.items() if "#REF" in (each.attr_text or "")]:
        del book.defined_names[name]
    for name, each in list(book.defined_names.items()):
        if any(sheet in (each.attr_text or "") for sheet in sheets):
            del book.defined_names[name]
    book.save(path)
    return path


def add_columns(path: Path, *columns: tuple[str, str, list[Any]]) -> None:
    """Add columns to tables (the table, the header, the values), as Excel does when one types at their right."""
    book = openpyxl.load_workbook(path, keep_vba=True)
    for table, header, values in columns:
        sheet = book[table]
        found = sheet.tables[table]
        left, right = found.ref.split(":")
        at = sheet[right].column + 1
        for row, value in enumerate([header, *values], sheet[left].row):
            sheet.cell(row, at, value)
        found.ref = f"{left}:{sheet.cell(sheet[right].row, at).coordinate}"
        found.autoFilter.ref = found.ref
        found.tableColumns.append(TableColumn(id=len(found.tableColumns) + 1, name=header))
    book.save(path)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = make_portfolio(
        tmp_path_factory.mktemp("old") / "Portfolio.xlsm",
        action_rows=[[date(2026, 6, 20), "A1", "Plan revenue", date(2026, 10, 1), 1500.0, "Yearly"]],
        settings={"Company": "Nordlicht", "ActiveMonths": 3, "InaccurateShare": 0.3},
    )
    refresh(open_book(path), AS_OF, now=NOW)
    return path.read_bytes()


@pytest.fixture
def old(refreshed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(refreshed)
    return path


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda path: path.stem)
def test_every_earlier_version(earlier: Path, tmp_path: Path) -> None:
    path = tmp_path / earlier.name
    path.write_bytes(earlier.read_bytes())
    assert path.stat().st_size < 100_000
    before = refresh(open_book(path), AS_OF, now=NOW)
    assert {each.code for each in before.problems if each.kind is Kind.PROBLEM} <= {Code.ACTION_REJECTED}
    assert_sound(path)
    untouched = earlier.read_bytes()
    made = upgrade_copy(earlier, tmp_path / "new.xlsm")
    assert earlier.read_bytes() == untouched
    assert_sound(made.path)
    for table in (clients.TABLE, transactions.TABLE, actions.TABLE, history.TABLE):
        assert kept(made.path, table) == kept(earlier, table), table.name
        assert kept(made.path, table), table.name
    assert settings.read(open_book(made.path)) == settings.read(open_book(earlier))
    assert made.left == []
    after = refresh(open_book(made.path), AS_OF, now=NOW)
    assert (after.summary, after.clients, after.actions) == (before.summary, before.clients, before.actions)
    assert_sound(made.path)


def test_there_is_a_workbook_of_an_earlier_version() -> None:
    assert EARLIER


def test_a_version_without_the_later_sheets(old: Path) -> None:
    without(old, trend.SHEET, outlook.SHEET, forecast.SHEET, snapshot.SHEET)
    made = upgrade_copy(old)
    assert made.path == default_output(old) == old.with_name("Portfolio (upgraded).xlsm")
    assert made.rows == {"Clients": 8, "Transactions": 8, "Actions": 1, "History": 1}
    assert made.left == []
    after = refresh(open_book(made.path), AS_OF, now=NOW)
    assert [each.segment for each in after.clients] == SEGMENTS
    assert open_book(made.path).has_sheet(trend.SHEET)
    assert_sound(made.path)


def test_without_actions_and_history(old: Path) -> None:
    without(old, actions.TABLE.name, history.TABLE.name)
    made = upgrade_copy(old)
    assert made.rows == {"Clients": 8, "Transactions": 8}
    assert made.filled == "8 clients, 8 transactions, 0 actions and 0 dates of History"
    assert_sound(made.path)


def test_a_long_note_has_a_row_high_enough(tmp_path: Path) -> None:
    note = "They want the contract renewed, but the budget is decided only in the autumn: call again in September."
    log: list[list[Value]] = [
        [date(2026, 6, at), "A1", "Mark lost", None, None, each]
        for at, each in enumerate((note, "short", "a\nb\nc", None), 1)
    ]
    path = make_portfolio(tmp_path / "old.xlsm", action_rows=log)
    made = upgrade_copy(path)
    assert kept(made.path, actions.TABLE) == kept(path, actions.TABLE)
    heights = openpyxl.load_workbook(made.path)[actions.TABLE.name].row_dimensions
    assert [heights[row].height for row in range(2, 6)] == [25.5, None, 38.25, None]
    assert_sound(made.path)


def test_a_long_name_has_a_row_high_enough_and_a_long_id_a_column_wide_enough(tmp_path: Path) -> None:
    number = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    people: list[list[Value]] = [["A1", "Alder"], [number, "Association of all the trees of the forest and the park"]]
    sales: list[list[Value]] = [[number, date(2026, 6, 1), 5.0, "Paid", "R1"]]
    made = upgrade_copy(make_portfolio(tmp_path / "old.xlsm", people, sales))
    book = openpyxl.load_workbook(made.path)
    heights = book[clients.TABLE.name].row_dimensions
    assert [heights[row].height for row in range(2, 4)] == [None, 25.5]
    widths = [book[each.name].column_dimensions["A"].width for each in (clients.TABLE, transactions.TABLE)]
    assert widths == [pytest.approx(34.6)] * 2
    assert_sound(made.path)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 1),
        ("short", 1),
        ("ninewords " * 6, 3),
        ("n" * 61, 4),
        ("n" * 57, 3),
        ("北" * 30, 4),
        ("a\n\nb", 3),
        ("a\n", 1),
    ],
)
def test_how_many_lines_a_text_takes(text: str, lines: int) -> None:
    assert line_count(text, 21) == lines


def test_nothing_is_read_into_what_stands_there(tmp_path: Path) -> None:
    rows: list[list[Value]] = [["007", " =1+1", "03/04/2025"], [None, "no id", "tomorrow"], ["007", "twice", 45000]]
    invoices: list[list[Value]] = [["007", "2025-01-05", "1.234,50 EUR", "bezahlt", "R 1"], ["x", None, "a lot"]]
    path = make_portfolio(tmp_path / "old.xlsm", rows, invoices)
    made = upgrade_copy(path)
    for table in (clients.TABLE, transactions.TABLE):
        assert kept(made.path, table) == kept(path, table)
    assert_sound(made.path)


def test_what_refresh_writes_waits_for_the_next_refresh(old: Path) -> None:
    made = upgrade_copy(old)
    assert column(made.path, "Clients", "Segment") == [None] * 8
    assert column(made.path, "Actions", "Status") == [None]
    assert snapshot.read(open_book(made.path)) == snapshot.read(open_book(old))
    assert open_book(made.path).cell("Company") == "Nordlicht"
    formulas = openpyxl.load_workbook(made.path, keep_vba=True)["Clients"]
    assert [formulas.cell(row, 4).value for row in range(2, 10)] == [f"=SEGMENT(A{row})" for row in range(2, 10)]


def test_the_movements_are_those_the_old_workbook_would_show(old: Path) -> None:
    made = upgrade_copy(old)
    later, clock = date(2026, 8, 1), datetime(2026, 8, 1, 9, 0)
    for path in (old, made.path):
        refresh(open_book(path), later, now=clock)
    before, after = (named_block(path, trend.MOVED) for path in (old, made.path))
    assert before == after
    assert any(row[0] == trend.CLIENT for row in before)


def test_columns_of_ones_own_come_along(old: Path) -> None:
    dates = [datetime(2026, 1, day) for day in range(1, 9)]
    add_columns(
        old,
        ("Clients", "Region", ["North", None, 3.5, "<South> & co", True, "=1+1", "x", "y"]),
        ("Clients", "Reviewed", dates),
        ("Transactions", "Cost centre", list(range(8))),
    )
    made = upgrade_copy(old)
    assert made.columns == ["Clients: Region", "Clients: Reviewed", "Transactions: Cost centre"]
    shown = column(made.path, "Clients", "Region")
    assert [shown[at] for at in (0, 1, 2, 3, 4, 6, 7)] == ["North", None, 3.5, "<South> & co", True, "x", "y"]
    assert column(made.path, "Clients", "Reviewed") == [each.date() for each in dates]
    assert column(made.path, "Transactions", "Cost centre") == list(range(8))
    assert made.left == ["the formulas of Clients in Region: their results were copied"]
    assert_sound(made.path)
    refresh(open_book(made.path), AS_OF, now=NOW)
    assert column(made.path, "Clients", "Segment") == SEGMENTS
    assert column(made.path, "Clients", "Reviewed") == [each.date() for each in dates]
    assert_sound(made.path)
    again = upgrade_copy(made.path)
    assert again.columns == made.columns
    assert kept(again.path, clients.TABLE) == kept(old, clients.TABLE)


def test_a_column_that_is_called_like_another(old: Path) -> None:
    add_columns(old, ("Clients", "client ", ["a", "b", "c", "d", "e", "f", "g", "h"]))
    assert upgrade_copy(old).columns == ["Clients: client (2)"]
    assert column(default_output(old), "Clients", "client (2)")[0] == "a"
    assert_sound(default_output(old))


def test_what_cannot_come_along_is_listed(old: Path) -> None:
    book = openpyxl.load_workbook(old, keep_vba=True)
    book.create_sheet("Margins")["A1"] = 1
    book["Clients"]["L3"] = "call her"
    book["Clients"]["B2"].comment = Comment("a note", "me")
    chart = BarChart()
    chart.add_data(Reference(book["Clients"], min_col=8, min_row=1, max_row=4))
    invoices: Any = book["Transactions"]
    invoices.add_chart(chart, "H2")
    book.create_chartsheet("Picture").add_chart(BarChart())
    book.defined_names["Discount"] = DefinedName("Discount", attr_text="Margins!$A$1")
    book.save(old)
    left = upgrade_copy(old).left
    assert left == [
        "the cells of Clients beside, above or below its table, from L3 on",
        "the notes on the sheet Clients",
        "charts or pictures of your own on the sheet Transactions",
        "the sheet Margins",
        "the sheet Picture",
        "the name Discount",
    ]


def test_a_column_of_ones_own_looks_as_it_did(old: Path) -> None:
    seen = datetime(2026, 1, 1, 14, 30)
    add_columns(
        old,
        ("Clients", "Rate", [None, "none yet", 0.19, 0.2]),
        ("Clients", "Seen", ["unknown", seen, seen]),
        ("Clients", "Price", [12.5]),
        ("Transactions", "Code", [7]),
        ("Transactions", "Phone", ["030 1"]),
        ("Transactions", "Plain", [1]),
    )
    shown = {
        ("Clients", "K"): "0.0%",
        ("Clients", "L"): "yyyy-mm-dd hh:mm",
        ("Clients", "M"): '#,##0.00 "€"',
        ("Transactions", "F"): "00000",
        ("Transactions", "G"): "@",
        ("Transactions", "H"): "General",
    }
    book = openpyxl.load_workbook(old, keep_vba=True)
    for (sheet, letter), code in shown.items():
        for row in range(2, 10):
            if book[sheet][f"{letter}{row}"].value is not None:
                book[sheet][f"{letter}{row}"].number_format = code
    book["Clients"]["K3"].number_format = "General"
    book["Clients"]["L2"].number_format = "General"
    book.save(old)
    made = upgrade_copy(old)
    assert made.left == []
    book = openpyxl.load_workbook(made.path, keep_vba=True)
    for (sheet, letter), code in shown.items():
        assert {book[sheet][f"{letter}{row}"].number_format for row in range(2, 10)} == {code}
    assert book["Clients"]["L3"].value == seen
    assert_sound(made.path)


def test_what_is_told_of_rules_protection_and_cells_elsewhere(old: Path) -> None:
    add_columns(old, ("Clients", "Rate", [0.1]), ("Clients", "Price", [12.5]))
    book = openpyxl.load_workbook(old, keep_vba=True)
    choice = DataValidation("list", formula1='"0.1,0.2"', sqref="K2:K9")
    book["Clients"].add_data_validation(choice)
    book["Clients"].conditional_formatting.add("L1:L9", Rule(type="expression", formula=["L1>5"]))
    book["Transactions"].protection.sheet = True
    book.security = WorkbookProtection(lockStructure=True)
    for sheet in ("History", "Settings"):
        book[sheet]["Z5"] = "mine"
    for sheet in ("Portfolio", "Trend"):
        book[sheet]["AZ5"] = "mine"
    book["Guide"]["B99"] = "mine too"
    book["Settings"]["C6"] = "=TODAY()"
    book.save(old)
    assert upgrade_copy(old).left == [
        "the drop-downs and checks of Clients in Rate",
        "the conditional formats of Clients in Price",
        "the cells of Portfolio beside or below what it usually holds, from AZ5 on",
        "the cells of Trend beside or below what it usually holds, from AZ5 on",
        "the protection on the sheet Transactions",
        "the cells of Settings beside or below what it usually holds, from Z5 on",
        "the cells of Guide beside or below what it usually holds, from B99 on",
        "the cells of History beside or below what it usually holds, from Z5 on",
        "the protection of the workbook",
        "the formula of the setting As-of date: its result was copied, and stays as it is",
    ]


def test_a_sparkline_is_told(old: Path) -> None:
    with zipfile.ZipFile(old) as package:
        parts = {each: package.read(each) for each in package.namelist()}
    name = f"xl/worksheets/sheet{list(build.SHEETS).index('Transactions') + 1}.xml"
    x14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    parts[name] = parts[name].replace(
        b"</worksheet>",
        f'<extLst><ext uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}" xmlns:x14="{x14}">'
        "<x14:sparklineGroups/></ext></extLst></worksheet>".encode(),
    )
    with zipfile.ZipFile(old, "w", zipfile.ZIP_DEFLATED) as package:
        for each, content in parts.items():
            package.writestr(each, content)
    assert upgrade_copy(old).left == ["the sparklines on the sheet Transactions"]


def test_a_setting_that_is_not_there_is_told(old: Path) -> None:
    book = openpyxl.load_workbook(old, keep_vba=True)
    del book.defined_names["LeavingDays"]
    book.save(old)
    made = upgrade_copy(old)
    assert made.left == ["the setting Leaving, which has no cell named LeavingDays: it has its default"]
    assert open_book(made.path).cell("LeavingDays") == 30


def test_a_macro_of_ones_own_is_told(old: Path) -> None:
    parts = {}
    with zipfile.ZipFile(old) as package:
        parts = {each: package.read(each) for each in package.namelist()}
    name = next(each for each in parts if each.endswith("vbaProject.bin"))
    parts[name] = re.sub(rb"Module=Kopilot(\w)", rb"Module=Margins\1", parts[name], count=1)
    with zipfile.ZipFile(old, "w", zipfile.ZIP_DEFLATED) as package:
        for each, content in parts.items():
            package.writestr(each, content)
    (told,) = upgrade_copy(old).left
    assert told.startswith("the macros in Margins")


def test_a_plain_workbook_becomes_one_with_macros(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Clients"
    for row in (["Client ID", "Client", None, "City"], ["A", "Alder", "?", "Bern"], [None, None, None, "Basel"]):
        sheet.append(row)
    invoices = book.create_sheet("Transactions")
    invoices.append(["Client ID", "Issue date", "Amount"])
    invoices.append(["A", date(2026, 5, 1), 10])
    book.save(tmp_path / "plain.xlsx")
    made = upgrade_copy(tmp_path / "plain.xlsx")
    assert made.path.name == "plain (upgraded).xlsm"
    assert made.columns == ["Clients: Column C", "Clients: City"]
    assert column(made.path, "Clients", "City") == ["Bern", "Basel"]
    assert len(made.left) == len(settings.ALL) - 1  # it was written in English, which is the default
    assert_sound(made.path)


def test_the_old_workbook_is_replaced_only_if_asked(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(SaveError, match=r"there already: .*--force"):
        upgrade_copy(old, old)
    assert old.read_bytes() == before
    made = upgrade_copy(old, old, force=True)
    assert made.backup
    assert old.with_name("Portfolio.xlsm.kopilot-backup").read_bytes() == before
    assert sorted(each.name for each in old.parent.iterdir()) == ["Portfolio.xlsm", "Portfolio.xlsm.kopilot-backup"]
    assert_sound(old)


def test_what_is_there_already_is_not_replaced(old: Path) -> None:
    default_output(old).write_text("mine")
    with pytest.raises(SaveError, match="there already"):
        upgrade_copy(old)
    assert default_output(old).read_text() == "mine"
    upgrade_copy(old, force=True)
    assert_sound(default_output(old))


def _no_workbook(path: Path) -> None:
    path.write_text("no workbook")


def _foreign(path: Path) -> None:
    openpyxl.Workbook().save(path)


def _headless(path: Path) -> None:
    make_portfolio(path)
    book = openpyxl.load_workbook(path, keep_vba=True)
    book["Clients"]["A1"] = "Nobody"
    book["Clients"].tables["Clients"].tableColumns[0].name = "Nobody"
    book.save(path)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda path: None, BookError, "no file"),
        (_no_workbook, BookError, r"old\.xlsm"),
        (_foreign, MissingError, "has no table Clients"),
        (_headless, MissingError, 'no column "Client ID"'),
    ],
)
def test_what_cannot_be_upgraded(
    make: Callable[[Path], None], error: type[Exception], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "old.xlsm"
    make(path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=says):
        upgrade_copy(path)
    assert sorted(tmp_path.iterdir()) == before


def test_the_command(old: Path) -> None:
    book = openpyxl.load_workbook(old, keep_vba=True)
    book.create_sheet("Margins")
    book.save(old)
    add_columns(old, ("Clients", "Region", ["North"] * 8))
    result = CliRunner().invoke(app, ["upgrade", "--copy", str(old)])
    assert result.exit_code == 0, result.output
    new = default_output(old)
    assert result.stdout.splitlines() == [
        f"{new} was made, with 8 clients, 8 transactions, 1 action and 1 date of History, and the settings.",
        "Columns of your own, added at the right of their tables: Clients: Region.",
        "What was not copied:",
        "  the sheet Margins",
        "To have it, open both workbooks in Excel and copy it over.",
        "Colours, widths, filters and hidden rows and columns start afresh.",
        f'Next: kopilot-xl refresh "{new}"',
    ]
    again = CliRunner().invoke(app, ["upgrade", "--copy", str(old)])
    assert again.exit_code == 1
    assert "there already" in again.stderr
    assert (
        CliRunner().invoke(app, ["upgrade", "--copy", str(old), "--output", str(old.with_suffix(".xlsb"))]).exit_code
        == 2
    )


def test_a_name_too_long_for_its_column_ends_in_an_ellipsis() -> None:
    for text in ("", "Alder & Co", "Westfälische Maschinenbau", "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii"):
        assert fitting(text, 30) == text
    name = "Westfälische Maschinenbau- und Verwaltungsgesellschaft mbH"
    assert fitting(name, 30) == "Westfälische Maschinenbau- un…"
    assert len(fitting("W" * 100, 30)) == 17
    assert len(fitting("漢" * 100, 30)) == 14


ALL_TABLES = (
    clients.TABLE,
    transactions.TABLE,
    actions.TABLE,
    history.TABLE,
    movements.BETTER,
    movements.WORSE,
    outlook.DEPARTURES,
    forecast.CALLS,
)
WIDEST: dict[Format, str] = {
    Format.DATE: "2026-12-28",
    Format.MOMENT: "2026-12-28 23:59",
    Format.AMOUNT: "-99,999,999",
    Format.COUNT: "100,000",
    Format.SHARE: "100%",
    Format.TILT: "+0.88",
    Format.MONTH: "Dec 2026",
}


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_no_number_or_date_is_wider_than_its_column(table: Table) -> None:
    for each in table.columns:
        shown = WIDEST.get(each.format, "")
        # A digit is one wide; a sign of the indent and the cell's own margins take the rest.
        assert each.width >= len(shown) + 1, each.header


def test_every_advice_and_segment_fits_its_column() -> None:
    for segment in Segment:
        assert fitting(segment.advice, clients.NEXT_ACTION.width) == segment.advice
        for each in (clients.SEGMENT, movements.FROM, movements.TO, outlook.SEGMENT, forecast.SEGMENT):
            assert fitting(segment.value, each.width) == segment.value

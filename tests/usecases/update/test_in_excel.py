"""The next export brought into the open workbook: what the file gets, all or nothing, and Excel as it was before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from kopilot_xl import KopilotError, new, open_book, refresh, update
from kopilot_xl.excel import ribbon
from kopilot_xl.usecases.update.in_excel import update_open
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.sheets import sources
from tests.excel.stand_in import StandIn
from tests.portfolios import make_portfolio
from tests.usecases.test_deciding import enter, entries, log, row_of
from tests.usecases.update.test_update import CLIENTS, INVOICES, NOW, exports
from tests.workbook.live.test_book import SETTINGS, everything

PEOPLE = [["C3", "Cedar", "Ypres", "2026-07-01"], ["B2", "Birch NV", "Bruges", "2024-02-01"], CLIENTS[0]]
SALES = [["C3", "2026-07-02", "50.00", "Sent", "R3"], INVOICES[1], [*INVOICES[0][:3], "Paid", "R1"]]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "Portfolio.xlsm"
    new(path, *exports(tmp_path, CLIENTS, INVOICES))
    refresh(path, now=NOW)
    return path


def changed(excel: StandIn) -> list[str]:
    return [what for kind, what in excel.steps if kind in {"write", "resize", "clear", "autofill"}]


@pytest.fixture
def excel(book: Path) -> Iterator[StandIn]:
    made = StandIn(book)
    made.book.set_mock_caller()
    yield made
    del xw.Book._mock_caller  # type: ignore[attr-defined]  # what set_mock_caller sets


@pytest.mark.parametrize("macros", [True, False])
def test_every_cell_is_the_one_the_file_gets(book: Path, tmp_path: Path, macros: bool) -> None:
    excel = StandIn(book)
    excel.has_macros = macros
    exports(book.parent, PEOPLE, SALES)
    made = update_open(LiveBook(excel.book), {}, now=NOW)
    assert (made.amount_added, made.status_changes(), len(made.moved)) == (50.0, [("Issued", "Paid", 1)], 1)
    assert made.result is not None
    assert excel.settings == SETTINGS
    live = everything(excel.save(tmp_path / "live.xlsm"))
    update(book, now=NOW)
    headless = everything(book)
    assert live.keys() == headless.keys()
    at = headless["Clients"][0].index("In Actions")
    for rows in (live["Clients"], headless["Clients"]):
        for row in rows[1:]:
            row[at] = (
                None  # Excel fills its formula down as a table grows, a refresh of the file where it shows something
            )
    for sheet, rows in headless.items():
        assert live[sheet] == rows, sheet
    assert sources.read(open_book(tmp_path / "live.xlsm")) == sources.read(open_book(book))


def test_what_is_not_saved_yet_stays(book: Path) -> None:
    excel = StandIn(book)
    sheet = excel.workbook["Transactions"]
    sheet["C2"], sheet["H9"] = 1234.5, "mine"
    exports(book.parent, PEOPLE, SALES)
    update_open(LiveBook(excel.book), {}, now=NOW)
    assert sheet["H9"].value == "mine"
    assert [sheet.cell(4, column).value for column in (1, 3, 5)] == ["C3", 50.0, "R3"]
    written = [what for kind, what in excel.steps if kind == "write inside" and what.startswith("Clients!")]
    assert written, "a changed name and a new client"
    assert excel.workbook["Clients"]["B3"].value == "Birch NV"


def test_a_doubt_changes_nothing_and_says_how_to_settle_it(excel: StandIn, book: Path) -> None:
    exports(book.parent, PEOPLE, [*SALES, ["C3", "2026-07-03", "70.00", "Zorbed", "R4"]])
    said = ribbon.update_from_export()
    assert "Zorbed" in said
    assert "Nothing was changed" in said
    assert changed(excel) == []
    assert excel.settings == SETTINGS


def test_what_cannot_be_read_changes_nothing(excel: StandIn, book: Path) -> None:
    (book.parent / "invoices.csv").unlink()
    assert "invoices.csv" in ribbon.update_from_export()
    assert changed(excel) == []


def test_a_protected_sheet_is_found_before_anything_is_written(excel: StandIn, book: Path) -> None:
    excel.protected.add("Transactions")
    exports(book.parent, PEOPLE, SALES)
    assert "the sheet Transactions is protected" in ribbon.update_from_export()
    assert changed(excel) == []


def test_the_message_tells_what_came_and_where_the_portfolio_is(excel: StandIn, book: Path) -> None:
    exports(book.parent, PEOPLE, SALES)
    said = ribbon.update_from_export()
    assert said.startswith("The export brought: +1 transaction (EUR 50), 1 changed, +1 client.")
    assert " in the portfolio. " in said


def test_a_workbook_that_remembers_no_files_has_them_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "Portfolio.xlsm"
    new(path)
    excel = StandIn(path)
    excel.book.set_mock_caller()
    try:
        assert ribbon.update_from_export() == ""
        assert changed(excel) == []
        people, sales = exports(tmp_path, PEOPLE, SALES)
        given: Any = ((str(sales),),)
        assert "+3 transactions" in ribbon.update_from_export(given, str(people))
        exports(tmp_path, PEOPLE, [*SALES, ["C3", "2026-07-04", "20.00", "Sent", "R5"]])
        assert "+1 transaction (EUR 20)" in ribbon.update_from_export()
        assert "not both at once" in ribbon.update_from_export((str(sales), "C:\\invoice.XML"))
    finally:
        del xw.Book._mock_caller  # type: ignore[attr-defined]  # what set_mock_caller sets


def test_without_a_folder_its_sources_cannot_be_found(excel: StandIn, book: Path) -> None:
    excel.address = "https://contoso.sharepoint.com/sites/x/Portfolio.xlsm"
    with pytest.raises(KopilotError, match="is not in a folder of this computer"):
        update_open(LiveBook(excel.book), {}, now=NOW)
    people, sales = exports(book.parent, PEOPLE, SALES)
    made = update_open(LiveBook(excel.book), {"clients": [str(people)], "transactions": [str(sales)]}, now=NOW)
    assert made.is_news


def test_decisions_of_portfolio_are_taken_by_the_button_as_by_the_command(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(path)
    enter(path, row_of(path, "D4"), "Plan revenue", date.today() + timedelta(days=60), 6000)
    file = tmp_path / "file.xlsm"
    file.write_bytes(path.read_bytes())
    refresh(file)
    excel = StandIn(path)
    excel.book.set_mock_caller()
    try:
        assert "in the portfolio" in ribbon.refresh_portfolio()
    finally:
        del xw.Book._mock_caller  # type: ignore[attr-defined]  # what set_mock_caller sets
    live = excel.save(tmp_path / "live.xlsm")
    assert len(log(live)) == 1
    assert [row[1:] for row in log(live)] == [row[1:] for row in log(file)]
    assert entries(live) == entries(file) == []

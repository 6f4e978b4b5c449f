"""What is new comes to the owner's workbook, and everything of the owner's stays."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from pyopenvba import ExcelFile

from kopilot_xl import open_book, refresh
from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.usecases.upgrade import in_place
from kopilot_xl.usecases.upgrade.in_place import Upgraded
from kopilot_xl.workbook.file.grafting import Outcome
from kopilot_xl.workbook.sheets import older, transactions
from tests.invariants import assert_sound
from tests.portfolios import NOW, make_portfolio
from tests.workbook.workbooks import changed_entries, raw_entries, rich, with_parts

ALLOWED = {
    "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
    "xl/vbaProject.bin",
}  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with a portfolio in it, as this version makes it."""
    return make_portfolio(tmp_path / "My portfolio.xlsm")


def upgrade(path: Path, output: Path | None = None, *, check: bool = False) -> Upgraded:
    made = in_place.upgrade(path, output, check=check)
    assert isinstance(made, Upgraded)
    return made


def without(path: Path, *sheets: str, names: str = "") -> Path:
    """Take sheets out of a workbook's list, and the names that lead to them or match a pattern."""

    def change(data: bytes) -> bytes:
        text = data.decode()
        for sheet in sheets:
            text = re.sub(rf'<sheet [^>]*name="{sheet}"[^>]*/>', "", text)
            text = re.sub(rf"<definedName [^>]*>'?{sheet}'?![^<]*</definedName>", "", text)
        if names:
            text = re.sub(rf'<definedName name="(?:{names})">[^<]*</definedName>', "", text)
        return text.encode()

    return with_parts(path, {"xl/workbook.xml": change})


def test_a_workbook_of_this_version_has_everything(book: Path) -> None:
    before = book.read_bytes()
    made = upgrade(book)
    assert made.is_current
    assert made.lines == [f"{book} has everything of this version."]
    assert book.read_bytes() == before
    assert not list(book.parent.glob("*.kopilot-backup"))


def test_sheets_that_are_missing_come_back_and_nothing_else_changes(book: Path) -> None:
    without(book, "Forecast", "Trend")
    before = book.read_bytes()
    made = upgrade(book)
    assert made.sheets == ["Trend", "Forecast"]
    assert changed_entries(before, book.read_bytes()) & raw_entries(before).keys() <= ALLOWED
    assert_sound(book)
    assert (book.parent / f"{book.name}.kopilot-backup").read_bytes() == before
    report = refresh(open_book(book), now=NOW)
    assert not [problem for problem in report.problems if "is not in the workbook" in problem.wrong]
    assert openpyxl.load_workbook(book, keep_vba=True)["Forecast"]["B1"].value


def test_a_dry_run_writes_nothing(book: Path) -> None:
    without(book, "Forecast")
    before = book.read_bytes()
    made = upgrade(book, check=True)
    assert made.lines[:2] == [f"{book} would get:", "  1 sheet: Forecast"]
    assert book.read_bytes() == before


def test_a_copy_leaves_the_workbook_as_it_is(book: Path) -> None:
    without(book, "Forecast")
    before, copy = book.read_bytes(), book.with_name("copy.xlsm")
    made = upgrade(book, copy)
    assert book.read_bytes() == before
    assert (made.written, made.backup) == (True, False)
    assert open_book(copy).has_sheet("Forecast")
    with pytest.raises(SaveError, match="is there already"):
        upgrade(book, copy)
    with pytest.raises(SaveError, match=r"must end in \.xlsm"):
        upgrade(book, book.with_name("copy.xlsx"))


def test_a_setting_that_is_missing_stands_below_the_others(book: Path) -> None:
    without(book, names="LeavingDays|Currency")
    made = upgrade(book)
    assert made.settings == ["Currency", "Leaving"]
    assert_sound(book)
    after = open_book(book)
    assert (after.cell("LeavingDays"), after.cell("Currency")) == (30, "EUR")
    assert after.cell_address("LeavingDays") > after.cell_address("LifespanDays")
    refresh(after, now=NOW)


def test_columns_of_this_version_are_added_and_deleted_ones_stay_away(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(older, "NEW_COLUMNS", {transactions.TABLE: frozenset({"Reference"})})
    _drop_last_column(book, "Transactions")
    _drop_last_column(book, "History")
    made = upgrade(book)
    assert made.columns == ["Transactions: Reference"]
    assert_sound(book)
    assert open_book(book).table("Transactions").headers[-1] == "Reference"
    assert "Remark" not in open_book(book).table("History").headers


def test_a_column_without_room_is_named(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(older, "NEW_COLUMNS", {transactions.TABLE: frozenset({"Reference"})})
    _drop_last_column(book, "Transactions", leave_cells=True)
    made = upgrade(book)
    assert not made.columns
    (line,) = made.cannot
    assert line.startswith("the column Reference of Transactions: E1 is in use")


def test_macros_of_an_earlier_version_are_replaced_beside_the_owners(book: Path) -> None:
    with ExcelFile(book) as file:
        project = file.vba_project()
        project.get_module("KopilotIds").body = "Option Explicit\r\n"
        project.add_module("Mine", "Sub Mine()\r\nEnd Sub\r\n")
        file.save(book)
    made = upgrade(book)
    assert made.macros is not None
    assert (made.macros.outcome, made.macros.kept) == (Outcome.REPLACED, ("Mine",))
    assert "  the macros of this version beside your own (Mine)" in made.lines
    assert upgrade(book).is_current


def test_what_is_not_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="is not a Kopilot workbook"):
        upgrade(rich(tmp_path / "other.xlsx"))


def test_a_workbook_without_its_clients(book: Path) -> None:
    without(book, "Clients")
    with pytest.raises(MissingError, match="Clients"):
        upgrade(book)


def test_the_first_release_is_upgraded_and_refreshed(tmp_path: Path) -> None:
    old = next(Path(__file__).parents[2].joinpath("workbooks").glob("0.1.0.xlsm"))
    book = Path(shutil.copy(old, tmp_path / "old.xlsm"))
    before = book.read_bytes()
    upgrade(book)
    kept = raw_entries(before).keys() - ALLOWED
    changed = changed_entries(before, book.read_bytes()) & kept
    assert all(re.search("sheet|table|chart|drawing|customUI", name) for name in changed)
    assert_sound(book)
    refresh(open_book(book), now=datetime(2026, 7, 1, 8, 30))
    assert upgrade(book).is_current


def _drop_last_column(path: Path, table: str, *, leave_cells: bool = False) -> None:
    """Narrow a table by its last column, as if its owner or an earlier version never had it."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    part = next(name for name, data in parts.items() if f'displayName="{table}"'.encode() in data)
    text = parts[part].decode()
    reference = re.search(r' ref="A(\d+):([A-Z]+)(\d+)"', text)
    assert reference is not None
    last = reference[2]
    before = openpyxl.utils.get_column_letter(openpyxl.utils.column_index_from_string(last) - 1)
    text = re.sub(rf'(ref="A\d+:){last}(\d+")', rf"\g<1>{before}\g<2>", text)
    columns = re.findall(r"<tableColumn [^>]*?(?:/>|>.*?</tableColumn>)", text)
    text = text.replace(columns[-1], "")
    text = text.replace(f'<tableColumns count="{len(columns)}"', f'<tableColumns count="{len(columns) - 1}"')
    parts[part] = text.encode()
    if not leave_cells:
        sheet = next(
            name.replace("_rels/", "").removesuffix(".rels")
            for name, data in parts.items()
            if name.startswith("xl/worksheets/_rels/") and f"/{part}".encode() in data
        )
        cell = rf'<c r="{last}\d+"(?:[^>]*/>|[^>]*>.*?</c>)'
        parts[sheet] = re.sub(cell, "", parts[sheet].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)

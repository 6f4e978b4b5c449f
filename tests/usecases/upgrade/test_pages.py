"""A page of an earlier layout gives way to today's; one that holds something of its owner's stays and is named."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.workbook.defined_name import DefinedName

from kopilot_xl import check, open_book, refresh
from kopilot_xl.usecases.upgrade import in_place, pages
from kopilot_xl.usecases.upgrade.in_place import Upgraded
from kopilot_xl.usecases.upgrade.pages import old_pages
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.sheets import portfolio_grid
from kopilot_xl.workbook.sheets.older import KINDS, earlier
from kopilot_xl.workbook.tables.problems import Code, Kind
from kopilot_xl.workbook.template import TEMPLATE
from kopilot_xl.workbook.template.page_marks import pages_of
from tests.invariants import assert_sound
from tests.portfolios import make_portfolio
from tests.workbook.workbooks import with_parts

OLD = Path(__file__).parents[2] / "workbooks" / "0.1.0.xlsm"
NOW = datetime(2026, 7, 1, 8, 30)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook of the first version, refreshed by it."""
    return Path(shutil.copy(OLD, tmp_path / "old.xlsm"))


def upgrade(path: Path) -> Upgraded:
    made = in_place.upgrade(path)
    assert isinstance(made, Upgraded)
    return made


def by_openpyxl(path: Path, change: Callable[[openpyxl.Workbook], None]) -> None:
    book = openpyxl.load_workbook(path, keep_vba=True)
    change(book)
    book.save(path)


def test_pages_of_the_first_version_get_the_layout_of_this_one(book: Path) -> None:
    made = upgrade(book)
    assert {"Portfolio", "Forecast", "Guide"} <= set(made.pages)
    assert not made.cannot
    assert_sound(book)
    refresh(open_book(book), now=NOW)
    assert_sound(book)
    mine, ours = openpyxl.load_workbook(book), openpyxl.load_workbook(TEMPLATE)
    for page in made.pages:
        one, other = mine[page], ours[page]
        assert one.merged_cells == other.merged_cells
        assert {name: at.width for name, at in one.column_dimensions.items()} == {
            name: at.width for name, at in other.column_dimensions.items()
        }
        assert len(one._charts) == len(other._charts)  # type: ignore[attr-defined]
        assert one.print_area == other.print_area
    names = {name: defined.attr_text for name, defined in ours.defined_names.items() if "[" not in defined.attr_text}
    for name in names:
        if names[name].startswith(("Portfolio!", "Forecast!", "Guide!")):
            assert mine.defined_names[name].attr_text == names[name]
    assert "ForecastChosen" not in mine.defined_names
    assert mine["Portfolio"]["B4"].value not in (None, "Not refreshed yet")
    assert upgrade(book).is_current


def test_the_tabs_keep_their_order_and_parts_of_no_use_are_gone(book: Path) -> None:
    before = openpyxl.load_workbook(book).sheetnames
    upgrade(book)
    assert openpyxl.load_workbook(book).sheetnames[: len(before)] == before
    package = Package(book)
    reached, waiting = set[str](), [""]
    while waiting:
        for link in package.relationships(waiting.pop()):
            if link.target and link.target not in reached:
                reached.add(link.target)
                waiting.append(link.target)
    parts = {name for name in package.part_names if not name.endswith(".rels") and name != "[Content_Types].xml"}
    assert not parts - reached


def test_a_page_under_another_name_keeps_it(book: Path) -> None:
    def rename(data: bytes) -> bytes:
        return data.replace(b'name="Forecast"', b'name="Next year"').replace(b">Forecast!", b">'Next year'!").replace(
            b">'Forecast'!", b">'Next year'!"
        )  # fmt: skip

    def follow(data: bytes) -> bytes:
        return data.replace(b"'Forecast'!", b"'Next year'!").replace(b"Forecast!", b"'Next year'!")

    charts = {name: follow for name in zipfile.ZipFile(book).namelist() if "/charts/chart" in name}
    with_parts(book, {"xl/workbook.xml": rename, **charts})
    made = upgrade(book)
    assert "Next year" in made.pages
    assert not made.cannot
    assert "Forecast" not in openpyxl.load_workbook(book).sheetnames
    assert_sound(book)
    refresh(open_book(book), now=NOW)
    assert open_book(book).cell_address("ForecastNote").startswith("'Next year'!")


def note(book: openpyxl.Workbook) -> None:
    book["Forecast"]["B2"].comment = Comment("mine", "me")


def text(book: openpyxl.Workbook) -> None:
    book["Forecast"]["AC7"] = "Ask Ann about June"


def chart(book: openpyxl.Workbook) -> None:
    made = BarChart()
    made.add_data(Reference(book["Clients"], 8, 1, 8, 9))
    book["Forecast"].add_chart(made, "AC10")  # type: ignore[call-arg]


def formula_elsewhere(book: openpyxl.Workbook) -> None:
    book.create_sheet("Mine")["A1"] = "=Forecast!D22*2"


def name_of_a_cell(book: openpyxl.Workbook) -> None:
    book.defined_names["June"] = DefinedName("June", attr_text="Forecast!$D$22")


def chart_elsewhere(book: openpyxl.Workbook) -> None:
    made = BarChart()
    made.add_data(Reference(book["Forecast"], 4, 22, 4, 33))
    book.create_sheet("Mine").add_chart(made, "A1")


def condition(book: openpyxl.Workbook) -> None:
    rule = CellIsRule(operator="lessThan", formula=["100"])  # type: ignore[no-untyped-call]
    book["Forecast"].conditional_formatting.add("D22:D33", rule)


@pytest.mark.parametrize(
    ("add", "named"),
    [
        (note, "notes"),
        (text, "AC7"),
        (chart, "a chart"),
        (formula_elsewhere, "the formula in Mine!A1"),
        (name_of_a_cell, "the name June"),
        (chart_elsewhere, "a chart on another sheet"),
        (condition, "a conditional format"),
    ],
)  # fmt: skip
def test_what_the_owner_added_stays_and_is_named(
    add: Callable[[openpyxl.Workbook], None], named: str, book: Path
) -> None:
    by_openpyxl(book, add)
    before = {
        cell.coordinate: cell.value for row in openpyxl.load_workbook(book)["Forecast"].iter_rows() for cell in row
    }
    made = upgrade(book)
    assert {"Portfolio", "Guide"} <= set(made.pages)
    assert "Forecast" not in made.pages
    (line,) = made.cannot
    assert "layout of Forecast" in line
    assert named in line
    after = {
        cell.coordinate: cell.value for row in openpyxl.load_workbook(book)["Forecast"].iter_rows() for cell in row
    }
    assert after == before


def test_a_page_of_this_version_is_left_alone_whatever_its_owner_wrote(book: Path) -> None:
    upgrade(book)
    by_openpyxl(book, text)
    by_openpyxl(book, formula_elsewhere)
    made = upgrade(book)
    assert not made.pages
    assert not made.cannot


def test_protection_zoom_and_the_colour_of_a_tab_stay(book: Path) -> None:
    def change(made: openpyxl.Workbook) -> None:
        sheet = made["Forecast"]
        sheet.protection.sheet = True
        sheet.sheet_view.zoomScale = 85
        sheet.sheet_properties.tabColor = "FF112233"

    by_openpyxl(book, change)
    assert "Forecast" in upgrade(book).pages
    sheet = openpyxl.load_workbook(book)["Forecast"]
    assert (sheet.protection.sheet, sheet.sheet_view.zoomScale) == (True, 85)
    assert sheet.sheet_properties.tabColor is not None
    assert sheet.sheet_properties.tabColor.rgb == "FF112233"
    assert_sound(book, recalculates=True)  # as openpyxl asks for


def test_every_page_of_a_released_workbook_is_known() -> None:
    """Nothing that an untouched workbook holds is taken for its owner's."""
    pages = old_pages(open_book(OLD), Package(OLD))
    assert {page.sheet.name for page in pages} >= {"Portfolio", "Forecast", "Guide"}
    assert [page.own for page in pages] == [()] * len(pages)


def test_what_is_known_of_earlier_layouts_is_not_in_this_one() -> None:
    for page, marks in pages_of(open_book(TEMPLATE), Package(TEMPLATE)).items():
        for kind in KINDS:
            assert not earlier(page)[kind] & marks.of(kind), (page, kind)


def test_a_refresh_says_what_an_upgrade_would_bring_until_it_did(book: Path) -> None:
    (notice,) = [each for each in refresh(open_book(book), now=NOW).problems if each.code is Code.OLDER_WORKBOOK]
    assert notice.kind is Kind.NOTICE
    told = set(in_place.upgrade(book, check=True).pages)  # type: ignore[union-attr]
    assert all(f"the new layout of {page}" in notice.done for page in told)
    assert "the column Client of Actions" in notice.done
    assert str(notice) in [str(each) for each in check(book).problems]
    upgrade(book)
    assert not [each for each in refresh(open_book(book), now=NOW).problems if each.code is Code.OLDER_WORKBOOK]


def test_a_workbook_of_this_version_has_no_such_notice(tmp_path: Path) -> None:
    result = refresh(make_portfolio(tmp_path / "new.xlsm"), now=NOW)
    assert Code.OLDER_WORKBOOK not in {problem.code for problem in result.problems}


def test_what_was_decided_and_not_refreshed_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_portfolio(tmp_path / "new.xlsm")
    refresh(path, now=NOW)

    def decide(workbook: openpyxl.Workbook) -> None:
        workbook["Portfolio"].cell(portfolio_grid.LIST_TOP + 1, 12, "Mark lost")

    by_openpyxl(path, decide)
    texts = {"texts": frozenset({"Does it last?"})}  # as if a later version had no such text any more
    monkeypatch.setattr(pages, "earlier", lambda page: {kind: texts.get(kind, frozenset()) for kind in (*KINDS, "now")})
    (page,) = [page for page in old_pages(open_book(path), Package(path)) if page.sheet.name == "Portfolio"]
    assert page.own[0] == f"what was decided in row {portfolio_grid.LIST_TOP + 1} (refresh first)"

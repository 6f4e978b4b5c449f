"""Sheets of ours in workbooks of others: everything they need comes along, everything of the others stays."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.grafting import Graft, NoRoomError, add_column
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.template import TEMPLATE
from tests.invariants import assert_sound, check
from tests.workbook.workbooks import by_hand, changed_entries, raw_entries, rich, sheet_xml, tabled, with_parts

ALLOWED = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
"""The parts of others that list parts, sheets and formats, and so must grow."""

LOG: list[list[Value]] = [["Client ID", "Amount"], ["A", 1.5], ["B", 2.5]]


def minimal(path: Path) -> Path:
    return by_hand(path, sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'))


def prefixed(path: Path) -> Path:
    """A workbook whose parts have a prefix on every element, as some programs write them."""
    minimal(path)

    def prefix(data: bytes) -> bytes:
        text = data.decode().replace("<?xml", "<!xml")
        return (
            text.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
        ).replace("<x:!xml", "<?xml").encode()  # fmt: skip

    return with_parts(path, {"xl/workbook.xml": prefix, "xl/worksheets/sheet1.xml": prefix})


MAKERS: dict[str, Callable[[Path], Path]] = {
    "by XlsxWriter": rich,
    "by openpyxl": lambda path: tabled(path, LOG),
    "of the fewest parts": minimal,
    "with prefixes": prefixed,
}


@pytest.fixture(params=MAKERS)
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return MAKERS[request.param](tmp_path / "foreign.xlsx")


def loaded(path: Path) -> openpyxl.Workbook:
    with warnings.catch_warnings():  # openpyxl's, of what it does not carry
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)


def grafted(path: Path, *sheets: str) -> list[str]:
    target = Package(path)
    graft = Graft(target, Package(TEMPLATE))
    names = graft.add_sheets(*sheets)
    graft.add_names()
    graft.finish()
    target.save()
    return names


def test_nothing_of_the_other_workbook_changes(foreign: Path) -> None:
    before, findings = foreign.read_bytes(), check(foreign)
    grafted(foreign, "Portfolio", "Transactions", "Guide", "_Segments")
    after = foreign.read_bytes()
    assert changed_entries(before, after) & raw_entries(before).keys() <= ALLOWED
    assert check(foreign) == findings


def test_the_sheets_look_and_read_as_in_their_own_workbook(foreign: Path) -> None:
    _, *names = grafted(foreign, "Portfolio", "Actions", "Forecast")
    source, made = loaded(TEMPLATE), loaded(foreign)
    for name in ("Actions", "Forecast"):
        ours, theirs = source[name], made[name]
        assert {table: ours.tables[table].ref for table in ours.tables} == {
            table: theirs.tables[table].ref for table in theirs.tables
        }
        for row in ours.iter_rows():
            for cell in [cell for cell in row if cell.has_style]:
                other = theirs[cell.coordinate]
                assert other.value == cell.value
                for what in ("font", "fill", "border", "number_format", "alignment"):
                    assert repr(getattr(other, what)) == repr(getattr(cell, what)), (name, cell.coordinate, what)
        assert [rule.sqref for rule in theirs.conditional_formatting] == [
            rule.sqref for rule in ours.conditional_formatting
        ]
    assert "Forecast" in names


def test_conditions_have_their_looks(tmp_path: Path) -> None:
    grafted(rich(tmp_path / "a.xlsx"), "Actions")
    source, made = loaded(TEMPLATE)["Actions"], loaded(tmp_path / "a.xlsx")["Actions"]

    def looks(sheet: object) -> list[object]:
        return [
            (rule.formula, repr(rule.dxf))
            for ranges in sheet.conditional_formatting  # type: ignore[attr-defined]
            for rule in ranges.rules
            if rule.dxf
        ]

    assert looks(source)
    assert looks(made) == looks(source)


def test_charts_come_with_their_sheet(tmp_path: Path) -> None:
    path = rich(tmp_path / "a.xlsx")
    grafted(path, "Portfolio")
    with zipfile.ZipFile(path) as package:
        charts = [name for name in package.namelist() if "/charts/chart" in name and not name.endswith(".rels")]
        assert len(charts) == 2  # one was there
        assert sum(b"'Portfolio'!" in package.read(name) for name in charts) == 1


def test_a_name_that_is_taken_is_not_taken_twice(tmp_path: Path) -> None:
    path = rich(tmp_path / "a.xlsx")  # has a sheet Settings, and a table Clients
    assert grafted(path, "Settings") == ["Settings (Kopilot)"]
    assert_sound(path)
    book = open_book(path)
    assert book.cell_address("LifespanDays").startswith("'Settings (Kopilot)'!")
    assert book.cell("LifespanDays") == 400
    assert book.cell("Window") == 42


def test_what_refers_to_a_renamed_sheet_leads_to_it(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Portfolio"  # type: ignore[union-attr]
    book.save(path)
    assert grafted(path, "Portfolio") == ["Portfolio (Kopilot)"]
    with zipfile.ZipFile(path) as package:
        (chart,) = [package.read(name) for name in package.namelist() if "/charts/chart" in name]
    assert b"'Portfolio (Kopilot)'!$" in chart
    assert b"'Portfolio'!$" not in chart


def test_a_name_that_led_nowhere_leads_to_the_new_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.defined_names["LifespanDays"] = openpyxl.workbook.defined_name.DefinedName("LifespanDays", attr_text="#REF!")
    book.save(path)
    grafted(path, "Settings")
    assert open_book(path).cell("LifespanDays") == 400


def test_a_protected_structure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.security.lockStructure = True
    book.save(path)
    with pytest.raises(BookError, match="structure of the workbook is protected"):
        Graft(Package(path), Package(TEMPLATE))


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    graft = Graft(Package(minimal(tmp_path / "a.xlsx")), Package(TEMPLATE))
    with pytest.raises(BookError, match="has no sheet Nothing"):
        graft.add_sheets("Nothing")


def test_the_same_formats_are_appended_once(tmp_path: Path) -> None:
    path = rich(tmp_path / "a.xlsx")
    grafted(path, "Guide")
    first = Package(path).size("xl/styles.xml")
    grafted(path, "Guide")
    assert Package(path).size("xl/styles.xml") == first


# columns


def column_added(path: Path, header: str) -> None:
    target = Package(path)
    graft = Graft(target, Package(TEMPLATE))
    source = graft.source
    sheets = [name for name in source.part_names if name.startswith("xl/worksheets/sheet")]
    tables = {link.target: name for name in sheets for link in source.relationships(name) if link.kind == "table"}
    table = next(name for name in tables if name and source.parse(name).get("name") == "Actions")
    sheet = tables[table]
    table_part = next(name for name in target.part_names if "/tables/" in name)
    add_column(graft, "xl/worksheets/sheet1.xml", table_part, header, (sheet, table))
    graft.finish()
    target.save()


def test_a_column_at_the_end_of_a_table(tmp_path: Path) -> None:
    path = tabled(tmp_path / "a.xlsx", LOG)
    before = path.read_bytes()
    column_added(path, "Detail")
    assert_sound(path)
    changed = changed_entries(before, path.read_bytes())
    assert changed == {"xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/tables/table1.xml"}
    table = open_book(path).table("Log")
    assert table.headers == ("Client ID", "Amount", "Detail")
    assert [list(row) for row in table.rows] == [["A", 1.5, None], ["B", 2.5, None]]
    ours = openpyxl.load_workbook(TEMPLATE)["Actions"]
    header = next(cell for cell in ours[1] if cell.value == "Detail")
    theirs = openpyxl.load_workbook(path)["Log"]["C1"]
    assert [repr(theirs.font), repr(theirs.fill)] == [repr(header.font), repr(header.fill)]


def test_a_column_below_a_title_of_its_own(tmp_path: Path) -> None:
    path = tabled(tmp_path / "a.xlsx", LOG, top=4, below={"C1": "above", "C9": "below"})
    column_added(path, "Detail")
    assert_sound(path)
    sheet = openpyxl.load_workbook(path)["Log"]
    assert (sheet["C1"].value, sheet["C4"].value, sheet["C9"].value) == ("above", "Detail", "below")


def test_a_column_has_no_room_where_cells_are_in_use(tmp_path: Path) -> None:
    path = tabled(tmp_path / "a.xlsx", LOG, below={"C3": "mine"})
    before = path.read_bytes()
    with pytest.raises(NoRoomError, match="C3 is in use"):
        column_added(path, "Detail")
    assert path.read_bytes() == before

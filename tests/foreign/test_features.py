"""Workbooks of others with one feature each: opened, edited, with our sheets in them, and compared part by part."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from kopilot_xl import open_book
from kopilot_xl.workbook.file.grafting import Graft
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.template import TEMPLATE
from tests.foreign.features import FEATURES
from tests.foreign.packages import make
from tests.invariants import check
from tests.workbook.workbooks import changed_entries, raw_entries

LISTS = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
"""The parts that list parts, sheets and formats, and so must grow."""
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(params=FEATURES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make(tmp_path / "foreign.xlsx", FEATURES[request.param])


def test_a_hundred_features_and_more() -> None:
    assert len(FEATURES) >= 100


def test_a_cell_is_written_and_nothing_else(path: Path) -> None:
    before, findings = path.read_bytes(), check(path, recalculates=True)
    book = open_book(path)
    assert book.cell("Mark") == 1
    assert book.write_block("Mark", [[5]])
    book.save()
    after = path.read_bytes()
    assert changed_entries(before, after) == {SHEET}
    assert list(raw_entries(before)) == list(raw_entries(after))
    assert without_mark(before) == without_mark(after)
    assert open_book(path).cell("Mark") == 5
    assert check(path, recalculates=True) == findings
    assert_opens(path)


def test_our_sheets_come_in_and_nothing_of_the_other_changes(path: Path) -> None:
    before, findings = path.read_bytes(), check(path, recalculates=True)
    target = Package(path)
    graft = Graft(target, Package(TEMPLATE))
    graft.add_sheets("Portfolio", "Actions", "Settings", "_Segments")
    graft.add_names()
    graft.finish()
    target.save()
    after = path.read_bytes()
    assert changed_entries(before, after) & raw_entries(before).keys() <= LISTS
    assert check(path, recalculates=True) == findings
    for part in LISTS & raw_entries(before).keys():
        assert_grown(read(before, part), read(after, part), part)
    book = open_book(path)
    assert book.cell("Mark") == 1
    assert book.cell("LifespanDays") == 400
    assert book.has_table("Actions")
    assert_opens(path)


def test_a_change_of_anything_else_is_found(tmp_path: Path) -> None:
    path = make(tmp_path / "foreign.xlsx", FEATURES["filter"])
    before = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[SHEET] = parts[SHEET].replace(b'<filter val="3"/>', b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert without_mark(before) != without_mark(path.read_bytes())
    with pytest.raises(AssertionError):
        assert_grown(read(before, SHEET), read(path.read_bytes(), SHEET), SHEET)


def assert_opens(path: Path) -> None:
    """Fail if another reader does not open it; that one knows no sheets of old macros."""
    with zipfile.ZipFile(path) as archive:
        if b"xlMacrosheet" in archive.read("xl/_rels/workbook.xml.rels"):
            return
    CalamineWorkbook.from_path(path)


def read(data: bytes, part: str) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(part)


def without_mark(data: bytes) -> bytes:
    """The sheet's canonical XML without the value of A1."""
    root = etree.fromstring(read(data, SHEET))
    for value in root.iterfind("{*}sheetData/{*}row/{*}c[@r='A1']/{*}v"):
        value.text = ""
    return bytes(etree.tostring(root, method="c14n", with_comments=True))


def assert_grown(before: bytes, after: bytes, part: str) -> None:
    """Fail if anything that an element had is not there any more, in the same order."""

    def compare(old: etree._Element, new: etree._Element) -> None:
        assert old.tag == new.tag
        lists = {"count"}
        assert {name: text for name, text in old.items() if name not in lists} == {
            name: text for name, text in new.items() if name in dict(old.items()) and name not in lists
        }, (part, old.tag)
        rest = iter(new)
        for child in old:
            match = next(
                (other for other in rest if canonical(other) == canonical(child) or similar(child, other)), None
            )
            assert match is not None, (part, etree.tostring(child))
            if canonical(match) != canonical(child):
                compare(child, match)

    compare(etree.fromstring(before), etree.fromstring(after))


def canonical(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, method="c14n", with_tail=False))


def similar(one: etree._Element, other: etree._Element) -> bool:
    """Whether an element may be one that grew: a list with more in it."""
    return one.tag == other.tag and len(one) > 0 and len(other) >= len(one)

"""A workbook with all that its owner may have put into it is upgraded; what is its owner's stays, part by part."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator
from pyopenvba import ExcelFile

from kopilot_xl import open_book, refresh
from kopilot_xl.usecases.upgrade import in_place
from kopilot_xl.usecases.upgrade.in_place import Upgraded
from tests import libreoffice
from tests.foreign.test_features import assert_grown, read
from tests.invariants import assert_sound
from tests.usecases.adopt.test_adopt import loaded
from tests.usecases.upgrade.owned import OWN_SHEETS, REGIONS, TABS, owned
from tests.workbook.template.audit_baseline import is_known
from tests.workbook.workbooks import changed_entries, raw_entries

NOW = datetime(2026, 7, 1, 8, 30)
LISTS = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
GROWN = {"Settings", TABS["Actions"]}
"""Our sheets that get cells: a block, a column."""
ANEW = {"Portfolio", TABS["Forecast"], "Guide"}
"""Pages of an earlier layout, which hold nothing of the owner's."""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return owned(tmp_path / "owned.xlsm")


def parts_of(data: bytes) -> dict[str, str]:
    """The parts of the sheets, by title."""
    links = {
        link.get("Id"): link.get("Target", "").removeprefix("/")
        for link in etree.fromstring(read(data, "xl/_rels/workbook.xml.rels"))
    }
    return {
        sheet.get("name", ""): links[next(str(value) for name, value in sheet.items() if str(name).endswith("}id"))]
        for sheet in etree.fromstring(read(data, "xl/workbook.xml")).iter("{*}sheet")
    }


def only_of(data: bytes, sheets: set[str]) -> Iterator[str]:
    """The parts that only these sheets lead to."""
    parts = parts_of(data)
    names = raw_entries(data).keys()
    for title in sheets:
        waiting = [parts[title]]
        while waiting:
            part = waiting.pop()
            yield part
            folder, _, file = part.rpartition("/")
            rels = f"{folder}/_rels/{file}.rels"
            if rels in names:
                yield rels
                waiting += [link.get("Target", "").removeprefix("/") for link in etree.fromstring(read(data, rels))]


def test_it_is_compared_part_by_part(book: Path) -> None:
    before = book.read_bytes()
    made = in_place.upgrade(book)
    assert isinstance(made, Upgraded)
    after = book.read_bytes()
    assert set(made.pages) == ANEW
    assert not made.cannot
    assert {"Client", "Trend"} <= set(made.sheets)
    assert made.columns == ["Actions: Client"]
    replaced = set(only_of(before, ANEW))
    parts = parts_of(before)
    grown = {
        *LISTS,
        *(parts[title] for title in GROWN),
        parts["_Segments"],
        "xl/vbaProject.bin",
        "customUI/customUI.xml",
    }
    (log_table,) = [part for part in only_of(before, {TABS["Actions"]}) if part.startswith("xl/tables")]
    changed = changed_entries(before, after) & raw_entries(before).keys()
    assert changed <= replaced | grown | {log_table}
    unchanged = raw_entries(before).keys() - changed
    owners = ("slicers/", "slicerCaches/", "pivotTables/", "pivotCache/", "comments9", "vmlDrawing9", "chart99", "own")
    for word in (*owners, parts[TABS["Clients"]], parts["Transactions"]):
        assert any(word in name for name in unchanged), word
        assert not any(word in name for name in changed), word
    for title in GROWN:
        one, other = (re.sub(rb"<dimension [^>]*/>", b"", read(data, parts[title])) for data in (before, after))
        assert_grown(one, other, title)
    assert_lists_grown(before, after)


def assert_lists_grown(before: bytes, after: bytes) -> None:
    """All styles, sheets, names, caches and links of the owner's are there, in their order and with their numbers."""
    old, new = (etree.fromstring(read(data, "xl/styles.xml")) for data in (before, after))
    for group in old:
        found = new.find(group.tag)
        assert found is not None
        for one, other in zip(group, found, strict=False):
            assert etree.tostring(one, method="c14n", with_tail=False) == etree.tostring(
                other, method="c14n", with_tail=False
            )
        assert len(found) >= len(group)
    old, new = (etree.fromstring(read(data, "xl/workbook.xml")) for data in (before, after))
    sheets = [[sheet.items() for sheet in root.iter("{*}sheet")] for root in (old, new)]
    assert sheets[1][: len(sheets[0])] == sheets[0]
    own = {"Vat", "Slicer_Region1", "Slicer_Region2", "ClientIds"}
    names = [{name.get("name"): name.text for name in root.iter("{*}definedName")} for root in (old, new)]
    assert {name: names[1][name] for name in own} == {name: names[0][name] for name in own}
    for tag in ("pivotCaches", "extLst"):
        kept = [[etree.tostring(found, method="c14n") for found in root.iter(f"{{*}}{tag}")] for root in (old, new)]
        assert kept[0] == kept[1] != []


def test_it_keeps_excels_rules_before_and_after_a_refresh(book: Path) -> None:
    for step in (lambda: None, lambda: in_place.upgrade(book), lambda: refresh(book, now=NOW)):
        step()
        assert_sound(book)
        found = OpenXmlValidator().validate(str(book)).errors
        assert [
            f"{each.part_uri}: {each.description}" for each in found if not is_known(each.part_uri, each.description)
        ] == []
    again = in_place.upgrade(book)
    assert isinstance(again, Upgraded)
    assert again.is_current


def test_what_is_the_owners_is_read_as_before(book: Path) -> None:
    in_place.upgrade(book)
    refresh(book, now=NOW)
    made = loaded(book)
    assert set(OWN_SHEETS) | set(TABS.values()) <= set(made.sheetnames)
    clients = made[TABS["Clients"]]
    assert [clients.cell(row, 11).value for row in range(2, 10)] == list(REGIONS)
    assert clients["L2"].value == "=H2/100"
    assert clients["B2"].comment.text == "Asks for Ann"
    assert [str(rule.sqref) for rule in clients.conditional_formatting if "K2" in str(rule.sqref)] == ["K2:K9"]
    assert made["Rates"].protection.sheet
    assert made["Settings"].protection.sheet
    assert made["Settings"].protection.hashValue == "q1Y="
    assert made["Rates"].data_validations.dataValidation[0].formula1 == '"a,b"'
    (pivot,) = made["By region"]._pivots  # type: ignore[attr-defined]
    assert pivot.cache.cacheSource.worksheetSource.name == "Clients"
    with ExcelFile(book) as file:
        modules = {module.name: module.body for module in file.vba_project().modules}
    assert "Sub Mine()" in modules["Mine"]
    assert open_book(book).table("Actions").headers[-1] == "Client"


@pytest.mark.libreoffice
@pytest.mark.skipif(bool(libreoffice.missing()), reason=str(libreoffice.missing()))
def test_libreoffice_opens_it_and_shows_old_and_new_sheets(book: Path, tmp_path: Path) -> None:
    in_place.upgrade(book)
    refresh(book, now=NOW)
    texts = "\n".join(libreoffice.to_texts(libreoffice.to_pdf(book, tmp_path)))
    for shown in ("Alder & Co", "Region", "Declining", "VAT", "North", "Plan revenue"):
        assert shown in texts, shown
    again = libreoffice.store(book, tmp_path / "again.xlsx", "Calc MS Excel 2007 XML")
    names = loaded(again).sheetnames
    assert {*OWN_SHEETS, *TABS.values(), "Client", "Trend", "Portfolio"} <= set(names)
    with zipfile.ZipFile(again) as archive:
        charts = [name for name in archive.namelist() if re.match(r"xl/charts/chart\d+\.xml", name)]
        assert any("My clients" in archive.read(name).decode() for name in charts)
        assert any("pivotTable" in name for name in archive.namelist())

"""Workbooks that Excel opens and the reader of values gives up on: it is given others in their place."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.book import ErrorValue
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.parts import Structure
from kopilot_xl.workbook.file.reader_input import reader_input
from tests.invariants import assert_sound
from tests.workbook.workbooks import LOG, by_hand, rich, sheet_xml, tabled

Parts = dict[str, bytes]
SHEET = "xl/worksheets/sheet1.xml"
WORKBOOK = "xl/workbook.xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKS = "xl/_rels/workbook.xml.rels"


def changed(parts: Parts, name: str, old: str, new: str) -> None:
    text = parts[name].decode()
    assert re.search(old, text)
    parts[name] = re.sub(old, new, text, count=1).encode()


def macro_sheet(parts: Parts) -> None:
    changed(
        parts, WORKBOOK, "</sheets>", f'<sheet xmlns:q="{OFFICE}" name="Macro1" sheetId="99" q:id="macro"/></sheets>'
    )
    kind = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"
    link = f'<Relationship Id="macro" Type="{kind}" Target="macrosheets/sheet1.xml"/></Relationships>'
    changed(parts, LINKS, "</Relationships>", link)
    parts["xl/macrosheets/sheet1.xml"] = b"<macrosheet/>"


def left_over(parts: Parts) -> None:
    sheet = f'<sheet xmlns:q="{OFFICE}" name="Left" sheetId="99" q:id=""/></sheets>'
    changed(parts, WORKBOOK, "</sheets>", sheet)


def at_root(parts: Parts) -> None:
    parts["workbook.xml"] = parts.pop(WORKBOOK)
    changed(parts, "[Content_Types].xml", "/xl/workbook.xml", "/workbook.xml")
    changed(parts, "_rels/.rels", r'Target="/?xl/workbook.xml"', 'Target="workbook.xml"')
    links = parts.pop(LINKS).decode()
    parts["_rels/workbook.xml.rels"] = re.sub(r'Target="(?!/)', 'Target="xl/', links).encode()


def target(text: str) -> Callable[[Parts], None]:
    return lambda parts: changed(parts, LINKS, 'Target="/?(xl/)?worksheets/sheet1.xml"', f'Target="{text}"')


def percent(parts: Parts) -> None:
    target("worksheets/My%20log.xml")(parts)
    parts["xl/worksheets/My%20log.xml"] = parts.pop(SHEET)
    parts["xl/worksheets/_rels/My%20log.xml.rels"] = parts.pop("xl/worksheets/_rels/sheet1.xml.rels")
    changed(parts, "[Content_Types].xml", "/xl/worksheets/sheet1.xml", "/xl/worksheets/My%20log.xml")


def dimension(reference: str) -> Callable[[Parts], None]:
    return lambda parts: changed(parts, SHEET, '<dimension ref="[^"]*"', f'<dimension ref="{reference}"')


def merged(reference: str) -> Callable[[Parts], None]:
    cells = f'</sheetData><mergeCells count="1"><mergeCell ref="{reference}"/></mergeCells>'
    return lambda parts: changed(parts, SHEET, "</sheetData>", cells)


def without_mark(encoding: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        text = re.sub(r"^<\?xml[^>]*\?>", "", parts[SHEET].decode())
        parts[SHEET] = f'<?xml version="1.0" encoding="UTF-16"?>{text}'.encode(encoding)

    return change


def shared_elsewhere(parts: Parts) -> None:
    for kind in ("styles", "sharedStrings"):
        parts[f"elsewhere/{kind}1.xml"] = parts.pop(f"xl/{kind}.xml")
        changed(parts, LINKS, rf'Target="/?(xl/)?{kind}.xml"', f'Target="../elsewhere/{kind}1.xml"')
        changed(parts, "[Content_Types].xml", f"/xl/{kind}.xml", f"/elsewhere/{kind}1.xml")


UNUSUAL = {
    "an Excel 4 macro sheet": macro_sheet,
    "a left-over sheet": left_over,
    "a workbook part in another folder": at_root,
    "a target with a dot": target("./worksheets/sheet1.xml"),
    "a target with dots": target("worksheets/../worksheets/sheet1.xml"),
    "a target with a backslash": target(r"..\\xl\\worksheets\\sheet1.xml"),
    "a percent-encoded part": percent,
    "a dimension of rows": dimension("1:9"),
    "a dimension of columns": dimension("A:C"),
    "an empty dimension": dimension(""),
    "a merged column": merged("F:F"),
    "merged rows": merged("20:21"),
    "UTF-16 without a mark": without_mark("utf-16-le"),
    "UTF-16 the other way round": without_mark("utf-16-be"),
}


def remade(path: Path, change: Callable[[Parts], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("kind", UNUSUAL)
def test_what_excel_opens_is_read_and_saved(kind: str, tmp_path: Path) -> None:
    path = tabled(tmp_path / "log.xlsx", LOG)
    usual = FileBook(path)
    expected, values = usual.table("Log"), usual.sheet_values("Log")
    remade(path, UNUSUAL[kind])
    book = FileBook(path)
    assert book.sheet_names == ["Log"]
    assert book.sheet_values("Log") == values
    assert book.table("Log") == expected
    book.write_column("Log", "Text", ["x", "y", "z"])
    book.save()
    assert [row[1] for row in FileBook(path).table("Log").rows] == ["x", "y", "z"]


def test_styles_and_texts_may_be_in_any_folder(tmp_path: Path) -> None:
    path = rich(tmp_path / "rich.xlsx")
    expected = FileBook(path).table("Clients")
    remade(path, shared_elsewhere)
    assert FileBook(path).table("Clients") == expected


def two_sheets(path: Path, *names: str) -> Path:
    by_hand(path, sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'))

    def change(parts: Parts) -> None:
        changed(parts, WORKBOOK, 'name="Sheet1"', f'name="{names[0]}"')
        changed(
            parts, WORKBOOK, "</sheets>",
            f'<sheet xmlns:q="{OFFICE}" name="{names[1]}" sheetId="2" q:id="second"/></sheets>',
        )  # fmt: skip
        link = f'<Relationship Id="second" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>'
        changed(parts, LINKS, "</Relationships>", link)
        parts["xl/worksheets/sheet2.xml"] = sheet_xml('<row r="1"><c r="A1"><v>2</v></c></row>')
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
        override = f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{kind}"/></Types>'
        changed(parts, "[Content_Types].xml", "</Types>", override)

    return remade(path, change)


@pytest.mark.parametrize("names", [("Jan", "Jan "), ("Masse", "Maße"), (" Jan", "jan")])
def test_sheets_that_excel_tells_apart_are_two(names: tuple[str, str], tmp_path: Path) -> None:
    path = two_sheets(tmp_path / "book.xlsx", *names)
    book = FileBook(path)
    assert [book.sheet_values(name) for name in names] == [[[1]], [[2]]]
    assert [book.sheet_values(name.upper() if "ß" not in name else name) for name in names] == [[[1]], [[2]]]
    for name, value in zip(names, (7, 8), strict=True):
        assert book.write_sheet(name, [[value]])
    book.save()
    assert [FileBook(path).sheet_values(name) for name in names] == [[[7]], [[8]]]
    assert_sound(path)


def test_a_name_that_differs_in_blanks_alone_still_means_its_sheet(tmp_path: Path) -> None:
    book = FileBook(two_sheets(tmp_path / "book.xlsx", "Jan ", "Feb"))
    assert book.sheet_values(" JAN") == [[1]]
    assert not book.has_sheet("March")


def test_the_same_name_in_another_case_is_damage(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="it has the sheet JAN twice"):
        FileBook(two_sheets(tmp_path / "book.xlsx", "Jan", "JAN"))


def strict(path: Path) -> Path:
    def change(parts: Parts) -> None:
        for name, content in parts.items():
            for old, new in (
                (
                    b"http://schemas.openxmlformats.org/officeDocument/2006",
                    b"http://purl.oclc.org/ooxml/officeDocument",
                ),
                (b"http://schemas.openxmlformats.org/spreadsheetml/2006", b"http://purl.oclc.org/ooxml/spreadsheetml"),
            ):
                content = content.replace(old, new)
            parts[name] = content

    return remade(path, change)


def test_a_strict_workbook_is_read_and_refused_where_it_is_to_be_written(tmp_path: Path) -> None:
    path = rich(tmp_path / "rich.xlsx")
    expected = FileBook(path).table("Clients")
    assert date in {type(value) for row in expected.rows for value in row}
    strict(path)
    before = path.read_bytes()
    book = FileBook(path)
    assert book.table("Clients") == expected
    with pytest.raises(BookError, match="is a Strict Open XML Spreadsheet"), book.locked():
        pytest.fail("it is locked to be written")
    book.write_column("Clients", "Value", [1, 2, 3])
    with pytest.raises(BookError, match="is a Strict Open XML Spreadsheet"):
        book.save(tmp_path / "other.xlsx")
    assert path.read_bytes() == before
    assert not (tmp_path / "other.xlsx").exists()


NEWER = [
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BUSY!",
    "#CONNECT!",
    "#BLOCKED!",
    "#UNKNOWN!",
    "#GETTING_DATA",
    "#PYTHON!",
    "?",
]


@pytest.mark.parametrize("among", ["", "<!-- kept -->"])
@pytest.mark.parametrize("code", [*NEWER, "#N/A", "#DIV/0!"])
def test_an_error_of_any_version_is_an_error_in_its_cell_alone(code: str, among: str, tmp_path: Path) -> None:
    cells = (
        f'<c r="A1" t="e"><v>{code}</v></c><c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C1"><v>5</v></c>'
        '<c r="D1" t="inlineStr"><is><t>#</t></is></c>'
    )
    path = by_hand(tmp_path / "book.xlsx", sheet_xml(among, f'<row r="1">{cells}</row>'))
    book = FileBook(path)
    expected = [ErrorValue(code), ErrorValue("#DIV/0!"), 5, "#"]
    assert book.sheet_values("Sheet1") in ([expected], [[*expected[:1], *expected[1:]]])


def test_the_reader_gets_sheets_as_they_are_packed_unless_they_have_to_be_changed(tmp_path: Path) -> None:
    structure = Structure(Package(tabled(tmp_path / "log.xlsx", LOG)))
    (sheet,) = structure.sheets.values()
    made = reader_input(structure, [sheet], lambda sheet: structure.package.read(sheet.part))
    with zipfile.ZipFile(BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("xl/worksheets/sheet1.xml").compress_type == zipfile.ZIP_DEFLATED
        assert archive.read("xl/worksheets/sheet1.xml") == structure.package.read(sheet.part)
    assert CalamineWorkbook.from_filelike(BytesIO(made)).get_sheet_by_index(0).to_python()[0] == LOG[0]

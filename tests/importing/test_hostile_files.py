"""Exports made to do harm: each is read or refused in a line, in little memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workbook.workbooks import MAIN, by_hand, sheet_xml, with_parts

READ = "read"
MAX_RESIDENT = 1_000
"""How many megabytes a process may use."""
SECONDS = 30
CHILD = """
import json, sys
from pathlib import Path
from kopilot_xl.errors import KopilotError
from kopilot_xl.importing.files import tables_of
from tests.safety.child import peak_megabytes
try:
    tables_of(Path(sys.argv[1]), lambda row: 0)
    told = "read"
except KopilotError as error:
    told = str(error)
print(json.dumps([told, peak_megabytes()]))
"""
HEADINGS = '<row r="1"><c r="A1" t="inlineStr"><is><t>Client ID</t></is></c></row>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FAR = '<row r="9000"><c r="ZZ9000"><f>1</f></c></row>'
STYLED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def _book(path: Path, *rows: str, strings: str = "") -> Path:
    by_hand(path, sheet_xml(HEADINGS, *rows))
    if strings:
        rels, types = "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
        link = f'<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{STYLED}"/></Types>'
        with_parts(
            path,
            {
                "xl/sharedStrings.xml": lambda data: f"<sst {MAIN}>{strings}</sst>".encode(),
                rels: lambda data: data.replace(b"</Relationships>", link.encode()),
                types: lambda data: data.replace(b"</Types>", override.encode()),
            },
        )
    return path


def _shared(path: Path, count: int, text: str) -> Path:
    rows = (f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, count + 2))
    return _book(path, *rows, strings=f"<si><t>{text}</t></si>")


def _ods(path: Path, rows: str) -> Path:
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<office:document-content xmlns:office="{office}office:1.0" xmlns:table="{office}table:1.0" '
        f'xmlns:text="{office}text:1.0"><office:body><office:spreadsheet><table:table table:name="A">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{office}manifest:1.0"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


VALUE = '<table:table-cell office:value-type="string" {}><text:p>x</text:p></table:table-cell>'


def _repeated(columns: int, rows: int) -> str:
    cell = VALUE.format(f'table:number-columns-repeated="{columns}"')
    return f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>'


def _bomb(path: Path) -> Path:
    with zipfile.ZipFile(_book(path), "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/media/bomb.bin", b"\0" * 200_000_000)
    return path


def _doctype(path: Path) -> Path:
    xml = b'<!DOCTYPE a [<!ENTITY b "c">]>'
    return with_parts(_book(path), {"xl/worksheets/sheet1.xml": lambda data: xml + data})


def _csv(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


CASES: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "a text of 5 MB in 900 cells": ("a.xlsx", lambda path: _shared(path, 900, "x" * 5_000_000), READ),
    "a text of 32 KB in 30,000 cells": ("a.xlsx", lambda path: _shared(path, 30_000, "x" * 32_000), "MB of text"),
    "a value far away": (
        "a.xlsx",
        lambda path: _book(path, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "far away from all others",
    ),
    "a formula without a result far away": (
        "a.xlsx",
        lambda path: _book(path, '<row r="2"><c r="A2"><v>1</v></c></row>', FAR),
        READ,
    ),
    "entities": ("a.xlsx", _doctype, "has a DOCTYPE"),
    "a bomb": ("a.xlsx", _bomb, "would unpack to more than 400 times its size"),
    "a value that an OpenDocument file repeats": ("a.ods", lambda path: _ods(path, _repeated(1, 1_000)), READ),
    "a value that it repeats over all columns": (
        "a.ods", lambda path: _ods(path, _repeated(16_384, 1_000)), "more than 5,200,000 cells",
    ),
    "a heading of brackets": ("a.csv", lambda path: _csv(path, "Client ID," + "(" * 1_000_000 + "\n1,2\n"), READ),
    "a million columns": ("a.csv", lambda path: _csv(path, "a," * 1_000_000 + "\n" + "1," * 1_000_000), READ),
    "a quotation mark that is not closed": ("a.csv", lambda path: _csv(path, 'a,b\n1,"' + "x\n" * 1_000_000), READ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_read_or_refused(name: str, tmp_path: Path) -> None:
    file, make, expected = CASES[name]
    path = make(tmp_path / file)
    assert path.stat().st_size < 5_000_000
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=True, timeout=SECONDS
    )
    told, megabytes = json.loads(done.stdout)
    assert expected in told
    assert "\n" not in told
    assert megabytes < MAX_RESIDENT

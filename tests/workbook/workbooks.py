"""Workbooks to try the book on: made by other programs, or by hand where no program makes them so."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn

from kopilot_xl.workbook.book import Value

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
CLIENTS = [
    ("A1", "Ada", "Active", datetime(2026, 1, 5), 1200.5),
    ("B2", "Bob", "Leaving", datetime(2025, 3, 1), 80.0),
    ("C3", "Cy <&> Söhne", "", None, None),
]
HEADERS = ("Client ID", "Client", "Segment", "Last invoice", "Value")

LOG: list[list[Any]] = [["Day", "Text", "Note"], [1.5, "a", "x"], [2.5, "b", "y"], [3.5, "c", "z"]]
"""A header row and three rows."""


def rich(path: Path) -> Path:
    """Make a workbook with what openpyxl would lose: text box, sparklines, x14 formats, comments, a chart."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd", "bold": True})
    sheet = book.add_worksheet("Clients")
    sheet.set_column(0, 4, 14)
    rows = len(CLIENTS)
    sheet.add_table(0, 0, rows, 4, {"name": "Clients", "columns": [{"header": header} for header in HEADERS]})
    for row, (client, name, segment, last, value) in enumerate(CLIENTS, 1):
        sheet.write_string(row, 0, client)
        sheet.write_string(row, 1, name)
        sheet.write_formula(row, 2, f"=SEGMENT(A{row + 1})", None, segment)
        if last:
            sheet.write_datetime(row, 3, last, day)
        else:
            sheet.write_blank(row, 3, None, day)
        if value is not None:
            sheet.write_number(row, 4, value)
    sheet.conditional_format(1, 4, rows, 4, {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation(1, 1, rows, 1, {"validate": "list", "source": ["Ada", "Bob"]})
    sheet.add_sparkline("G2", {"range": "Clients!E2:E4"})
    sheet.insert_textbox("H2", "A note in a box")
    sheet.write_comment("B2", "Called in May")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Clients!$E$2:$E$4"})
    sheet.insert_chart("H8", chart)
    notes = book.add_worksheet("My notes")
    notes.write_formula("B4", "=SUM(Clients[Value])", None, 1280.5)
    notes.write_dynamic_array_formula("D1:D3", "=SORT(Clients[Value])", None, 80)
    settings = book.add_worksheet("Settings")
    settings.write("B3", 42)
    settings.write("B4", "EUR")
    book.define_name("Window", "=Settings!$B$3")
    book.define_name("Block", "='My notes'!$F$1:$G$3")
    book.define_name("Gone", "=Settings!#REF!")
    book.define_name("Settings!Local", "=Settings!$B$4")
    book.define_name("Computed", "=OFFSET(Settings!$B$3,0,0)")
    book.set_calc_mode("auto")
    book.close()
    # XlsxWriter asks for a full calculation on loading, as Excel's own files do not.
    return with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b' fullCalcOnLoad="1"', b"")})


def tabled(
    path: Path,
    rows: Sequence[Sequence[Value]],
    *,
    totals: Sequence[Any] | None = None,
    below: Mapping[str, Any] | None = None,
    top: int = 1,
) -> Path:
    """Make a workbook with openpyxl: one sheet `Log`, whose first row is the header row of a table `Log`."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Log"
    for number, row in enumerate([*rows, *([totals] if totals else [])], top):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = value
            if number > top and column == 1:
                cell.number_format = "0.00"
    bottom = top + len(rows) - 1 + bool(totals)
    right = get_column_letter(len(rows[0]))
    table = Table(displayName="Log", ref=f"A{top}:{right}{bottom}")
    table.tableColumns = [TableColumn(id=place, name=str(header)) for place, header in enumerate(rows[0], 1)]
    table.autoFilter = AutoFilter(ref=f"A{top}:{right}{top + len(rows) - 1}")
    if totals:
        table.totalsRowCount = 1
    sheet.add_table(table)
    for address, value in (below or {}).items():
        sheet[address] = value
    book.save(path)
    return with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b' fullCalcOnLoad="1"', b"")})


def by_hand(path: Path, sheet: str | bytes, extra: Mapping[str, bytes] | None = None, *, workbook: str = "") -> Path:
    """Make a workbook of the fewest parts, with this XML as the sheet `Sheet1`."""
    start = '<?xml version="1.0" encoding="UTF-8"?>'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'{start}<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": f'{start}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{start}<workbook {MAIN} xmlns:r="{relations}">{workbook}'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{start}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        **(extra or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_parts(path: Path, changes: Mapping[str, Callable[[bytes], bytes | None]]) -> Path:
    """Rewrite some parts of a workbook, as no program would; None leaves a part out, a new name adds one."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    for name, change in changes.items():
        content = change(parts.get(name, b""))
        if content is None:
            parts.pop(name)
        else:
            parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def signed(path: Path) -> Path:
    """Give a workbook with two signatures and a certificate, as Excel writes them."""
    kind = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/"
    links = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    link = '<Relationship Id="{}" Type="{}" Target="{}"/>'
    signatures = [link.format(f"rId{n}", kind + "signature", f"sig{n}.xml") for n in (1, 2)]
    types = (
        '<Default Extension="sigs" ContentType="application/vnd.openxmlformats-package.digital-signature-origin"/>'
        + "".join(
            f'<Override PartName="/_xmlsignatures/sig{n}.xml" '
            'ContentType="application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"/>'
            for n in (1, 2)
        )
    )
    root = link.format("rIdSig", kind + "origin", "_xmlsignatures/origin.sigs")
    added = {
        "_xmlsignatures/origin.sigs": "",
        "_xmlsignatures/_rels/origin.sigs.rels": links.format("".join(signatures)),
        "_xmlsignatures/sig1.xml": "<Signature/>",
        "_xmlsignatures/sig2.xml": "<Signature/>",
        "_xmlsignatures/_rels/sig1.xml.rels": links.format(link.format("rId1", kind + "certificate", "cert.cer")),
        "_xmlsignatures/cert.cer": "x",
    }
    changes: dict[str, Callable[[bytes], bytes | None]] = {}
    for name, text in added.items():
        changes[name] = partial(_instead, text)
    changes["_rels/.rels"] = lambda data: data.replace(b"</Relationships>", root.encode() + b"</Relationships>")
    changes["[Content_Types].xml"] = lambda data: data.replace(b"</Types>", types.encode() + b"</Types>")
    return with_parts(path, changes)


def _instead(text: str, data: bytes) -> bytes:
    return text.encode()


def raw_entries(data: bytes) -> dict[str, bytes]:
    """Return the packed bytes of every zip entry by name, header, extra fields and descriptor included."""
    end = data.rindex(b"PK\5\6")
    count, _, directory = struct.unpack_from("<HLL", data, end + 10)
    found, position = [], directory
    for _ in range(count):
        fields = struct.unpack_from("<4s6H3L5H2L", data, position)
        name = data[position + 46 : position + 46 + fields[10]].decode()
        found.append((fields[16], name))
        position += 46 + fields[10] + fields[11] + fields[12]
    found.sort()
    starts = [start for start, _ in found] + [directory]
    return {name: data[start:stop] for (start, name), stop in zip(found, starts[1:], strict=True)}


def changed_entries(before: bytes, after: bytes) -> set[str]:
    """Return the names of zip entries whose packed bytes differ, or that only one of the two has."""
    old, new = raw_entries(before), raw_entries(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def sheet_xml(*rows: str, before: str = "", after: str = "") -> bytes:
    """Return a worksheet with these row elements, and what stands before and after them."""
    return f"<worksheet {MAIN}>{before}<sheetData>{''.join(rows)}</sheetData>{after}</worksheet>".encode()


def part(path: Path, name: str) -> bytes:
    """Return a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)

"""What a save changes in the parts of a package, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from kopilot_xl.workbook.file.book import FileBook
from tests.invariants import assert_sound
from tests.workbook.file.test_book import SHEET
from tests.workbook.workbooks import part, with_parts


def untouched(xml: bytes, columns: str) -> bytes:
    """Return a worksheet in canonical form, without these columns' data cells."""
    root = etree.fromstring(xml)
    for row in root.iter("{*}row"):
        for cell in list(row):
            if cell.get("r", "").strip("0123456789") in columns and row.get("r") != "1":
                row.remove(cell)
    return etree.tostring(root, method="c14n")


def test_the_sheet_outside_the_written_cells_stays(path: Path) -> None:
    before = part(path, SHEET)
    book = FileBook(path)
    book.write_column("Clients", "Value", [1, 2, 3])
    book.save()
    after = part(path, SHEET)
    assert after != before
    assert after[after.index(b"</sheetData>") :] == before[before.index(b"</sheetData>") :]
    assert after[: after.index(b"<sheetData>")] == before[: before.index(b"<sheetData>")]
    assert untouched(after, "E") == untouched(before, "E")


def test_the_calculation_chain_goes_with_a_formula_it_names(path: Path) -> None:
    chain = b'<calcChain xmlns="x"><c r="C2" i="1"/><c r="B4" i="2"/></calcChain>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    with_parts(
        path,
        {
            "xl/calcChain.xml": lambda _: chain,
            "[Content_Types].xml": lambda data: data.replace(
                b"</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'.encode()
            ),
            "xl/_rels/workbook.xml.rels": lambda data: data.replace(
                b"</Relationships>",
                f'<Relationship Id="rId99" Type="{relation}" Target="calcChain.xml"/></Relationships>'.encode(),
            ),
        },
    )
    assert_sound(path)
    book = FileBook(path)
    book.write_column("Clients", "Segment", ["a", "b", "c"])
    book.save()
    assert part(path, "xl/calcChain.xml") == chain
    book.write_sheet("My notes", [["gone"]])
    book.save()
    assert_sound(path)
    with pytest.raises(KeyError):
        part(path, "xl/calcChain.xml")
    assert b"calcChain" not in part(path, "[Content_Types].xml") + part(path, "xl/_rels/workbook.xml.rels")

"""The checker of Excel's rules sees every rule broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.invariants import assert_sound, check
from tests.workbook.workbooks import by_hand, rich, sheet_xml, tabled, with_parts

SHEET = "xl/worksheets/sheet1.xml"
TABLE = "xl/tables/table1.xml"
WORKBOOK = "xl/workbook.xml"
NAME = "<definedName name=\"N\">'No one'!$A$1</definedName>"
RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def swap(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old.encode() in data, data
        return data.replace(old.encode(), new.encode(), 1)

    return change


def log(path: Path) -> Path:
    return tabled(path, [["Date", "Text"], [1.5, "a"], [2.5, "b"], [3.5, "c"]])


def of_rows(*rows: str, before: str = "", after: str = "") -> Callable[[Path], Path]:
    return lambda path: by_hand(path, sheet_xml(*rows, before=before, after=after))


def broken(*changes: tuple[str, str, str]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        log(path)
        for name, old, new in changes:
            with_parts(path, {name: swap(old, new)})
        return path

    return make


def second_table(path: Path) -> Path:
    table = b'<table xmlns="x" id="1" name="L" displayName="log" ref="B2:C3"><tableColumns/></table>'
    types = 'PartName="/xl/tables/table1.xml"'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"
    return with_parts(
        log(path),
        {
            "xl/tables/table2.xml": lambda _: table,
            "[Content_Types].xml": swap(
                f"<Override {types}",
                f'<Override PartName="/xl/tables/table2.xml" ContentType="{kind}"/><Override {types}',
            ),
            "xl/worksheets/_rels/sheet1.xml.rels": swap(
                "</Relationships>",
                f'<Relationship Id="rId9" Type="{relation}" Target="/xl/tables/table2.xml"/></Relationships>',
            ),
        },
    )


def with_chain(path: Path) -> Path:
    chain = b'<calcChain><c r="A2" i="1"/><c r="B2"/></calcChain>'
    return by_hand(path, sheet_xml('<row r="2"><c r="A2"><f>1</f></c></row>'), {"xl/calcChain.xml": chain})


def damaged(path: Path) -> Path:
    data = bytearray(log(path).read_bytes())
    data[data.index(b"docProps/core.xml") + 60] ^= 0xFF
    path.write_bytes(data)
    return path


BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "package: no content type": (
        lambda path: with_parts(log(path), {"xl/odd.odd": lambda _: b""}),
        "xl/odd.odd has no content type",
    ),
    "package: type without part": (
        lambda path: with_parts(log(path), {"docProps/core.xml": lambda _: None}),
        "content type for docProps/core.xml, which is not there",
    ),
    "package: relationship to nothing": (
        lambda path: with_parts(log(path), {"xl/theme/theme1.xml": lambda _: None}),
        "points to xl/theme/theme1.xml, which is not there",
    ),
    "package: damaged": (damaged, "is damaged"),
    "workbook: name": (
        broken((WORKBOOK, "<calcPr", f"<definedNames>{NAME}</definedNames><calcPr")),
        "name N points to sheet No one",
    ),
    "workbook: recalculates": (broken((WORKBOOK, "<calcPr", '<calcPr fullCalcOnLoad="1"')), "fullCalcOnLoad is set"),
    "workbook: sheet names": (
        broken((WORKBOOK, "</sheets>", f'<sheet name="LOG" sheetId="9" r:id="rId1" {RELATIONS}/></sheets>')),
        "2 sheets are named log",
    ),
    "rows doubled": (of_rows('<row r="2"/>', '<row r="2"/>'), "rows are doubled or out of order"),
    "rows unordered": (of_rows('<row r="3"/>', '<row r="2"/>'), "rows are doubled or out of order"),
    "cells doubled": (of_rows('<row r="2"><c r="A2"/><c r="A2"/></row>'), "cells are doubled or out of order"),
    "cells unordered": (of_rows('<row r="2"><c r="B2"/><c r="A2"/></row>'), "cells are doubled or out of order"),
    "cell elsewhere": (of_rows('<row r="2"><c r="A3"/></row>'), "A3 stands in row 2"),
    "spans": (of_rows('<row r="2" spans="1:2"><c r="C2"/></row>'), "cells outside its spans"),
    "dimension": (of_rows('<row r="2"><c r="C2"/></row>', before='<dimension ref="A1:B9"/>'), "A1:B9 leaves out C2"),
    "element order": (of_rows('<row r="2"><c r="A2"><v>1</v><f>1</f></c></row>'), "elements are out of order"),
    "style": (of_rows('<row r="2"><c r="A2" s="7"/></row>'), "style 7 of"),
    "shared string": (of_rows('<row r="2"><c r="A2" t="s"><v>3</v></c></row>'), "shared string 3 of 0"),
    "long text": (
        of_rows(f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"x" * 32_768}</t></is></c></row>'),
        "text longer than 32,767",
    ),
    "long shared text": (
        lambda path: by_hand(
            path, sheet_xml(), {"xl/sharedStrings.xml": b"<sst><si><t>" + b"x" * 32_768 + b"</t></si></sst>"}
        ),
        "sharedStrings: a text is longer",
    ),
    "shared formula": (
        of_rows('<row r="2"><c r="A2"><f t="shared" si="0"/></c></row>'),
        "shared formula 0 has no master",
    ),
    "merged": (
        of_rows(after='<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="B2:C3"/></mergeCells>'),
        "merged cells A1:B2 and B2:C3 overlap",
    ),
    "header": (broken((TABLE, 'name="Text"', 'name="Texts"')), "header 'Text' is not its column's name 'Texts'"),
    "header not text": (broken((SHEET, '<c r="B1" t="inlineStr"', '<c r="B1" t="b"')), "header None is not"),
    "column names": (broken((TABLE, 'name="Text"', 'name="DATE"')), "2 columns are named date"),
    "column count": (broken((TABLE, 'ref="A1:B4"', 'ref="A1:C4"')), "2 columns in A1:C4"),
    "no data row": (broken((TABLE, 'ref="A1:B4"', 'ref="A1:B1"')), "A1:B1 has no data row"),
    "filter": (broken((TABLE, '<autoFilter ref="A1:B4"', '<autoFilter ref="A1:B5"')), "autoFilter A1:B5 is not inside"),
    "tables: id": (second_table, "id 1 is used 2 times"),
    "tables: name": (second_table, "name log is used 2 times"),
    "tables: overlap": (second_table, "tables Log and log overlap"),
    "chain": (with_chain, "calcChain: B2 of sheet 1 has no formula"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_found(case: str, tmp_path: Path) -> None:
    make, finding = BROKEN[case]
    findings = check(make(tmp_path / "book.xlsx"))
    assert any(finding in line for line in findings), findings


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_doubled_part_is_found(tmp_path: Path) -> None:
    import zipfile

    path = log(tmp_path / "book.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/Styles.xml", b"")
    assert any("xl/styles.xml stands 2 times" in line for line in check(path))


@pytest.mark.parametrize("make", [log, rich])
def test_sound_workbooks_pass(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "book.xlsx")
    assert check(path) == []
    assert_sound(path)


def test_a_full_calculation_may_be_wanted(tmp_path: Path) -> None:
    path = broken((WORKBOOK, "<calcPr", '<calcPr fullCalcOnLoad="1"'))(tmp_path / "book.xlsx")
    assert check(path, recalculates=True) == []
    with pytest.raises(AssertionError, match=re.escape("workbook: fullCalcOnLoad is set")):
        assert_sound(path)

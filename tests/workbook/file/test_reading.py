"""The values and formulas of sheets, and sheets that cannot be read."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.file import reading
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.reading import SheetReader
from tests.invariants import assert_sound
from tests.workbook.file.test_book import SHEET
from tests.workbook.file.test_layout import plain
from tests.workbook.workbooks import by_hand, sheet_xml, with_parts


def test_special_values(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="str"><f>1</f><v/></c><c r="C1"><v>1</v></c>'
        '<c r="D1" t="b"><v>0</v></c><c r="E1" t="str"><v><![CDATA[a<b]]></v></c>'
        '<c r="F1" t="d"><v>2026-02-03T00:00:00</v></c></row>'
    )
    names = "<definedNames>" + "".join(
        f'<definedName name="N{column}">Sheet1!${column}$1</definedName>' for column in "ABCDEF"
    )
    xml = sheet_xml(rows)
    path = by_hand(tmp_path / "b.xlsx", xml)
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(
        b"</sheets>", f"</sheets>{names}</definedNames>".encode())})  # fmt: skip
    book = FileBook(path)
    assert [book.cell(f"N{column}") for column in "ABCDEF"] == [
        ErrorValue("#N/A"), None, 1.0, False, "a<b", date(2026, 2, 3)
    ]  # fmt: skip


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_in_both_date_systems(epoch_1904: bool, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    if epoch_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.title = "Log"
    days = [date(2026, 2, 3), datetime(2026, 2, 3, 13, 30), time(6), date(1905, 3, 1)]
    sheet.append(["Day", "Other"])
    for day in days:
        sheet.append([day, "x"])
    sheet["D1"] = 0.75
    sheet["D1"].number_format = "[h]:mm"
    path = tmp_path / "b.xlsx"
    book.save(path)
    opened = FileBook(path)
    assert [row[0] for row in opened.table("Log").rows] == days
    later: list[Value] = [datetime(2024, 2, 29, 6), date(1904, 1, 2), date(2030, 1, 1), time(12)]
    opened.write_column("Log", "Day", later)
    opened.save()
    assert [row[0] for row in FileBook(path).table("Log").rows] == [
        datetime(2024, 2, 29, 6), date(1904, 1, 2), date(2030, 1, 1), time(12)
    ]  # fmt: skip
    assert_sound(path, recalculates=True)


def test_a_duration_is_its_number_of_days(tmp_path: Path) -> None:
    path = plain(tmp_path / "b.xlsx", [["A", "B"], [1.75, "x"]])
    book = openpyxl.load_workbook(path)
    book["Clients"]["A2"].number_format = "[h]:mm"
    book.save(path)
    assert FileBook(path).table("Clients").rows == [[1.75, "x"]]


@pytest.mark.parametrize("xml", [b"<worksheet", b"", sheet_xml('<row r="1"><c r="A1"><v>1</row>')])
def test_a_damaged_sheet_is_named(xml: bytes, tmp_path: Path) -> None:
    book = FileBook(by_hand(tmp_path / "b.xlsx", xml))
    with pytest.raises(BookError, match=r"b\.xlsx cannot be read.*Open it in Excel, save it") as refusal:
        book.table("Sheet1")
    assert "Sheet1" in str(refusal.value) or SHEET in str(refusal.value)


def test_a_panic_of_the_reader_is_a_refusal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    class StandIn:
        error: BaseException = Panic("range start index 1 out of range")

        def get_sheet_by_index(self, index: int) -> None:
            raise self.error

    book = FileBook(path)
    stand_in = StandIn()
    monkeypatch.setattr(SheetReader, "_calamine", (stand_in, {SHEET: 0}))
    with pytest.raises(BookError, match=r"cannot be read \(sheet Clients\): range start"):
        book.table("Clients")
    stand_in.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        book.table("Clients")


def test_shared_strings_that_cannot_be_read(path: Path) -> None:
    with_parts(path, {"xl/sharedStrings.xml": lambda _: b"<sst><si><t>"})
    with pytest.raises(BookError, match="cannot be read"):
        FileBook(path).table("Clients")


def test_a_value_far_away_is_refused_before_it_costs_all_memory(tmp_path: Path) -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    path = by_hand(tmp_path / "b.xlsx", xml)
    with pytest.raises(BookError, match=r"Sheet1!XFD1048576 has a value far away from all others"):
        FileBook(path).table("Sheet1")


def test_a_style_far_away_costs_nothing(tmp_path: Path) -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576" s="0"/></row>')
    assert not FileBook(by_hand(tmp_path / "b.xlsx", xml)).has_table("Sheet1")


def test_what_is_read_without_a_closer_look_spans_no_more_than_may_be_blank() -> None:
    last, next_row, next_column = (sheet_xml(f'<row><c r="{at}"/></row>') for at in ("Z199999", "A200000", "AA1"))
    assert worksheet.is_compact(last)
    assert not worksheet.is_compact(next_row)
    assert not worksheet.is_compact(next_column)
    assert reading.MAX_SPARSE >= 26 * 199_999


def test_formulas_that_mention_words(path: Path) -> None:
    book = FileBook(path)
    assert book.formulas_mentioning(["clients["]) == ["'My notes'!D1", "'My notes'!B4"]
    assert book.formulas_mentioning(["Segment"]) == ["Clients!C2", "Clients!C3", "Clients!C4"]
    assert book.formulas_mentioning(["Ω", "<", "nowhere"]) == []
    assert book.formulas_mentioning(["SORT(", "&"]) == ["'My notes'!D1"]
    assert book.formulas_mentioning([]) == []
    book.write_column("Clients", "Segment", ["a", "Leaving", "c"])
    assert book.formulas_mentioning(["Segment"]) == []
    book.write_sheet("My notes", [])
    assert book.formulas_mentioning(["clients["]) == []


def test_errors_and_texts_set_apart_are_seen(path: Path) -> None:
    def spoilt(data: bytes) -> bytes:
        cells = (
            b'<c r="A2" t="str"><v><![CDATA[a < b]]></v></c><c r="B2" t="e"><v>#N/A</v></c>'
            b'<c r="C2"><f>1+1</f><v>2</v></c><c r="D2"><v>NaN</v></c>'
        )
        return re.sub(rb'(<row r="2"[^>]*>).*?(</row>)', rb"\g<1>" + cells + rb"\g<2>", data, flags=re.DOTALL)

    with_parts(path, {SHEET: spoilt})
    book = FileBook(path)
    assert book.table("Clients").rows[0] == ["a < b", ErrorValue("#N/A"), 2, ErrorValue("#NUM!"), None]
    assert book.formulas_mentioning(["1+1"]) == ["Clients!C2"]


def test_a_large_sheet_is_not_kept_unpacked_and_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(book: FileBook, to: Path) -> bytes:
        assert book.table("Clients").rows[0][1] == "Ada"
        assert book.formulas_mentioning(["clients["]) == ["'My notes'!D1", "'My notes'!B4"]
        assert book.write_column("Clients", "Client", ["Eve", "Bob", "Cy"])
        book.save(to)
        return to.read_bytes()

    kept = written(FileBook(path), path.with_name("kept.xlsx"))
    read: list[str] = []
    unpack = Package.read

    def counted(package: Package, part: str) -> bytes:
        read.append(part)
        return unpack(package, part)

    monkeypatch.setattr(Package, "read", counted)
    monkeypatch.setattr(reading, "LARGE", 0)
    assert written(FileBook(path), path.with_name("unpacked_anew.xlsx")) == kept
    assert read.count(SHEET) == 2

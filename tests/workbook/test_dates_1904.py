"""Workbooks that count days from 1904: a date is the same day whatever its cell is formatted as."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from kopilot_xl.workbook.book import Number1904, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.tables.parsing import UnreadableError, read_amount, read_date, read_moment
from tests.workbook.workbooks import by_hand, sheet_xml

HEAD = '<row r="1"><c r="A1" t="str"><v>Day</v></c><c r="B1" t="str"><v>Amount</v></c></row>'
ROW = '<row r="2"><c r="A2"><v>{day}</v></c><c r="B2"><v>120</v></c></row>'


def book_of(tmp_path: Path, day: str, properties: str) -> FileBook:
    return FileBook(by_hand(tmp_path / "book.xlsx", sheet_xml(HEAD, ROW.format(day=day)), workbook=properties))


@pytest.mark.parametrize(
    ("day", "properties", "expected"),
    [
        ("46204", "", datetime(2026, 7, 1)),
        ("44742", '<workbookPr date1904="1"/>', datetime(2026, 7, 1)),
        ("44742.5", '<workbookPr date1904="true"/>', datetime(2026, 7, 1, 12)),
        ("0", '<workbookPr date1904="1"/>', datetime(1904, 1, 1)),
        ("60", '<workbookPr date1904="1"/>', datetime(1904, 3, 1)),
        ("44742", '<workbookPr date1904="0"/>', datetime(2022, 6, 30)),
    ],
)
def test_a_number_is_the_day_its_workbook_means(day: str, properties: str, expected: datetime, tmp_path: Path) -> None:
    (row,) = book_of(tmp_path, day, properties).table("Sheet1").rows
    assert read_moment(row[0]) == expected
    assert read_date(row[0]) == expected.date()
    assert read_amount(row[1]) == 120


def test_it_is_a_number_in_all_else(tmp_path: Path) -> None:
    path = book_of(tmp_path, "44742", '<workbookPr date1904="1"/>').path
    before = path.read_bytes()
    book = FileBook(path)
    values = book.sheet_values("Sheet1")
    assert values == [["Day", "Amount"], [44742, 120]]
    assert repr(values[1][1]) == "120.0"
    assert book.write_column("Sheet1", "Amount", [row[1] for row in values[1:]])
    assert book.write_column("Sheet1", "Day", [date(2026, 7, 1)])
    book.save()
    assert path.read_bytes() == before


@pytest.mark.parametrize("value", [Number1904(-1), Number1904(2_957_004), Number1904("nan")])
def test_what_is_on_no_calendar_is_no_date(value: Value) -> None:
    with pytest.raises(UnreadableError):
        read_date(value)

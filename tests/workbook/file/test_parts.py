"""What a workbook package holds: its sheets and defined names."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.workbook.file.book import FileBook
from tests.workbook.workbooks import by_hand, sheet_xml, with_parts


def test_names(path: Path) -> None:
    book = FileBook(path)
    assert book.cell("WINDOW") == 42.0
    assert book.cell_address(" window") == "Settings!B3"
    assert book.cell_address("Block") == "'My notes'!F1"
    assert book.cell("Block") is None
    assert book.cell("Local") == "EUR"
    assert book.has_sheet("my NOTES")
    assert not book.has_sheet("Notes")
    with pytest.raises(MissingError, match="no cell named Nothing: select the cell and type Nothing"):
        book.cell("Nothing")
    with pytest.raises(MissingError, match=r"The name Gone .* points nowhere .*: restore it"):
        book.cell_address("Gone")
    with pytest.raises(MissingError, match=r"Computed .* points nowhere"):
        book.cell("Computed")


def test_chart_sheets_are_no_sheets(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "b.xlsx"
    made = xlsxwriter.Workbook(str(path))
    chart = made.add_chart({"type": "line"})
    made.add_chartsheet("Chart").set_chart(chart)
    sheet = made.add_worksheet("Data")
    sheet.write_row(0, 0, ["A", "B"])
    sheet.write_row(1, 0, [1, 2])
    chart.add_series({"values": "=Data!$A$2:$B$2"})
    made.close()
    book = FileBook(path)
    assert not book.has_sheet("Chart")
    assert book.table("Data").rows == [[1.0, 2.0]]


def test_no_worksheet_at_all(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "b.xlsx", sheet_xml())
    with_parts(path, {"xl/workbook.xml": lambda data: data.replace(b"<sheet ", b"<other ")})
    with pytest.raises(BookError, match="has no worksheet"):
        FileBook(path)

"""An adopted workbook that is open in Excel is refreshed as its file is."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from kopilot_xl import adopt, check, refresh
from kopilot_xl.workbook.live.book import LiveBook
from tests.excel.stand_in import StandIn
from tests.usecases.adopt.test_adopt import loaded
from tests.usecases.adopt.workbooks import NOW, OWN, SEGMENTS


@pytest.mark.parametrize(
    "who", ["German, plain ranges", "English, tables", "Dutch, by names, XlsxWriter", "names like ours"]
)
def test_it_is_refreshed_while_it_is_open(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(own.make(tmp_path / f"own{own.suffix}"), now=NOW).path
    book = loaded(path)
    sheet = book[own.clients]
    heads = {cell.value: int(cell.column or 0) for cell in sheet[own.first_row - 1]}
    for row in range(own.first_row, own.first_row + len(SEGMENTS)):
        sheet.cell(row, heads[own.heading]).value = None
    book.save(path)
    with warnings.catch_warnings():  # openpyxl's, of what it does not carry
        warnings.simplefilter("ignore")
        excel = StandIn(path, has_macros=False)
        found = refresh(LiveBook(excel.book), now=NOW)
        assert [client.segment for client in found.clients] == SEGMENTS
        assert check(LiveBook(excel.book), now=NOW).summary == found.summary
        saved = excel.save(tmp_path / "saved.xlsx")
    after = loaded(saved, data_only=True)[own.clients]
    shown = [after.cell(own.first_row + at, heads[own.heading]).value for at in range(len(SEGMENTS))]
    assert shown == SEGMENTS

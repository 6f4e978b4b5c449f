"""What a defined name refers to, by its text."""

from __future__ import annotations

import pytest

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.live.known import reference_of


@pytest.mark.parametrize(
    ("text", "sheet", "area"),
    [
        ("=Settings!$B$3", "Settings", Area(3, 2, 3, 2)),
        ("='If nobody acts'!$A$1:$C$9", "If nobody acts", Area(1, 1, 9, 3)),
        ("='O''Brien'!$B$3", "O'Brien", Area(3, 2, 3, 2)),
        ("=_Segments!A1:B2", "_Segments", Area(1, 1, 2, 2)),
    ],
)
def test_cells_of_a_sheet(text: str, sheet: str, area: Area) -> None:
    assert reference_of(text) == (sheet, area)


@pytest.mark.parametrize(
    "text",
    [
        None, "", "=1", "=Settings!#REF!", "=#REF!$B$3", "=OFFSET(Settings!$A$1,1,1)", "=[Other.xlsx]Settings!$B$3",
        "='[Other.xlsx]Settings'!$B$3", "=Settings!$A$1,Settings!$B$2", "=Settings!$A:$A", "=Clients[Client ID]",
        "=Settings!R1C1",
    ],
)  # fmt: skip
def test_what_is_more_is_left_to_excel(text: object) -> None:
    assert reference_of(text) is None

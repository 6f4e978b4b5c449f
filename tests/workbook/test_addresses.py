"""Cell addresses and areas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.workbook.addresses import (
    LAST_COLUMN,
    LAST_ROW,
    Area,
    cell_address,
    column_letters,
    column_number,
    quote_sheet,
    split_address,
)

ROWS, COLUMNS = st.integers(1, LAST_ROW), st.integers(1, LAST_COLUMN)
AREAS = st.builds(
    lambda one, two, three, four: Area(min(one, two), min(three, four), max(one, two), max(three, four)),
    ROWS, ROWS, COLUMNS, COLUMNS,
)  # fmt: skip
SMALL = st.builds(
    lambda top, left, height, width: Area(top, left, top + height, left + width),
    *[st.integers(1, 6)] * 2, *[st.integers(0, 4)] * 2,
)  # fmt: skip


@pytest.mark.parametrize(
    ("column", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
)
def test_columns_have_letters(column: int, letters: str) -> None:
    assert column_letters(column) == letters
    assert column_number(letters) == column_number(letters.lower()) == column


@given(ROWS, COLUMNS)
def test_an_address_leads_back_to_its_cell(row: int, column: int) -> None:
    assert split_address(cell_address(row, column)) == (row, column)


@pytest.mark.parametrize("address", ["", "B", "3", "B0", "XFE1", "A1048577", "A1:B2", "B3x", "é1"])
def test_what_is_not_an_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not a cell address|lies outside a sheet"):
        split_address(address)


@pytest.mark.parametrize(
    ("reference", "area"),
    [
        ("B3", Area(3, 2, 3, 2)), ("$A$1:C9", Area(1, 1, 9, 3)), ("C9:A1", Area(1, 1, 9, 3)),
        ("A:C", Area(1, 1, LAST_ROW, 3)), ("5:$2", Area(2, 1, 5, LAST_COLUMN)),
    ],
)  # fmt: skip
def test_a_reference_is_an_area(reference: str, area: Area) -> None:
    assert Area.parse(reference) == area


@given(AREAS)
def test_an_area_leads_back_to_itself(area: Area) -> None:
    assert Area.parse(str(area)) == area


@given(SMALL, SMALL)
def test_areas_meet_cover_and_join_as_their_cells_do(one: Area, two: Area) -> None:
    def cells(area: Area) -> set[tuple[int, int]]:
        rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
        return {(row, column) for row in rows for column in columns}

    assert len(cells(one)) == one.height * one.width
    assert one.meets(two) == bool(cells(one) & cells(two))
    assert one.covers(two) == (cells(one) >= cells(two))
    assert cells(one.joined(two)) >= cells(one) | cells(two)
    assert all(one.holds(*cell) for cell in cells(one))


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Clients", "Clients"), ("My notes", "'My notes'"), ("It's", "'It''s'"), ("A1", "'A1'"), ("R1C1", "'R1C1'"),
        ("2026", "'2026'"), ("Été", "Été"), ("C", "'C'"), ("Jan.", "Jan."),
    ],
)  # fmt: skip
def test_sheets_are_quoted_where_excel_quotes_them(name: str, quoted: str) -> None:
    assert quote_sheet(name) == quoted

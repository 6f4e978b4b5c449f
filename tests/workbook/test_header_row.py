"""A header row on a sheet that has no table, and the rows under it."""

from __future__ import annotations

from datetime import date

import pytest

from kopilot_xl.workbook import header_row
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.header_row import HeaderRow

X, N = "x", None


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([["a", "b"], [1, 2]], HeaderRow(1, 1, 2, 2, ("a", "b"))),
        ([["Title"], [], [N, "a", "b"], [N, 1, 2], [N, N, 3]], HeaderRow(3, 2, 3, 5, ("a", "b"))),
        ([["a", "b", "c"], [1, N, N], [1, N, N]], HeaderRow(1, 1, 3, 3, ("a", "b", "c"))),
        ([["a", "b", N, "far"], [1, 2, N, 3]], HeaderRow(1, 1, 2, 2, ("a", "b"))),
        ([["a", "b", N, "d"], [1, 2, 3, 4]], HeaderRow(1, 1, 4, 2, ("a", "b", "", "d"))),
        ([["a", "b", 2026.0], [1, 2, 3], [], []], HeaderRow(1, 1, 3, 2, ("a", "b", "2026"))),
        ([["a", "b"]], HeaderRow(1, 1, 2, 2, ("a", "b"))),
        ([["a", " "], [1, 2], [X, X]], HeaderRow(3, 1, 2, 4, ("x", "x"))),
        ([["only"], [1]], None),
        ([], None),
    ],
)
def test_the_first_row_with_two_texts_is_the_header_row(values: list[list[Value]], found: HeaderRow | None) -> None:
    assert header_row.find(values) == found


@pytest.mark.parametrize(("value", "text"), [(2026.0, "2026"), (2.5, "2.5"), (N, ""), (date(2026, 7, 1), "2026-07-01")])
def test_a_header_reads_as_a_text(value: Value, text: str) -> None:
    assert header_row.header(value) == text

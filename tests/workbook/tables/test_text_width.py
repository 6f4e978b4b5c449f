"""How wide and how high texts are in a cell: rather too much than too little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller, line_count, text_width

TEXTS = st.text("ilmWM aA漢…,.", max_size=60)


@given(TEXTS, st.integers(5, 60))
def test_what_is_cut_fits_and_what_fits_is_not_cut(text: str, width: int) -> None:
    shown = fitting(text, width)
    assert text_width(shown.removesuffix("…")) <= width + 1e-9
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))
    if text_width(text) + 1e-9 <= width:
        assert shown == text
    assert len(fitting_smaller(text, width)) >= len(shown)


@given(TEXTS)
def test_a_column_as_wide_as_a_text_shows_it_on_one_line(text: str) -> None:
    assert fitting(text, text_width(text) + 1e-9) == text


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1), ("short", 20, 1), ("one two three four five six", 12, 3), ("a\nb", 20, 2), ("m" * 40, 11, 7),
        ("漢字" * 10, 11, 5),
    ],
)  # fmt: skip
def test_a_text_that_wraps_has_so_many_lines(text: str, width: float, lines: int) -> None:
    assert line_count(text, width) == lines


@given(TEXTS, st.integers(8, 40))
def test_a_wider_column_never_needs_more_lines(text: str, width: int) -> None:
    assert line_count(text, width) >= line_count(text, 3 * width)

"""Texts in a CSV file that a spreadsheet must not compute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.workbook.tables.csv_escape import neutral


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Alder", "Alder"), ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("＝1", "'＝1"), ("-12.5", "-12.5"), ("-12,5", "'-12,5"), ("'=1", "''=1"), ("", ""),
        ("it's", "it's"), ("'s", "'s"),
    ],
)  # fmt: skip
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str, written: str) -> None:
    assert neutral(text) == written


@given(st.text("=+-@'1.a", max_size=6), st.text("=+-@'1.a", max_size=6))
def test_no_two_texts_come_out_alike(one: str, two: str) -> None:
    assert (neutral(one) == neutral(two)) == (one == two)

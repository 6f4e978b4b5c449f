"""How a cell stores a value: dates, numbers and texts."""

from __future__ import annotations

import math
from datetime import date, datetime, time

import pytest

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.edits import encoded, safe_text


@pytest.mark.parametrize(
    ("value", "in_1900", "in_1904"),
    [
        (date(1900, 1, 1), "1", None),
        (date(1900, 2, 28), "59", None),
        (date(1900, 3, 1), "61", None),
        (date(1904, 1, 1), "1462", "0"),
        (date(2026, 2, 3), "46056", "44594"),
        (datetime(2026, 2, 3, 12), "46056.5", "44594.5"),
        (datetime(2026, 2, 3), "46056", "44594"),
        (date(9999, 12, 31), "2958465", "2957003"),
        (date(1899, 12, 31), None, None),
        (time(6), "0.25", "0.25"),
    ],
)
def test_dates_are_serial_numbers(value: Value, in_1900: str | None, in_1904: str | None) -> None:
    for date1904, expected in ((False, in_1900), (True, in_1904)):
        text = value.isoformat() if isinstance(value, date) else ""
        assert encoded(value, date1904) == (("str", text) if expected is None else ("n", expected))


def test_numbers_are_written_short_and_exact() -> None:
    assert encoded(0.1, False) == ("n", "0.1")
    assert encoded(1e300, False) == ("n", "1e+300")
    assert encoded(-0.0, False) == ("n", "0")
    assert encoded(2**60, False) == ("n", str(2**60))
    assert encoded(math.inf, False) == (None, "")


def test_pandas_and_numpy_values() -> None:
    import numpy
    import pandas

    assert encoded(pandas.NaT, False) == (None, "")  # type: ignore[arg-type]
    assert encoded(numpy.float64(1.5), False) == ("n", "1.5")
    assert encoded(pandas.Timestamp(2026, 2, 3), False) == ("n", "46056")
    with pytest.raises(TypeError, match="a cell cannot hold"):
        encoded([1], False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\rb\x00", "a_x000D_b_x0000_"),
        ("_x000D_ _x00g0_", "_x005F_x000D_ _x00g0_"),
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
        ("\ud800 \uffff", "\ufffd _xFFFF_"),
        ("x" * 32_767, "x" * 32_767),
        ("x" * 32_768, "x" * 32_766 + "…"),
        ("😀" * 16_384, "😀" * 16_383 + "…"),
        ("x" + "😀" * 16_384, "x" + "😀" * 16_382 + "…"),
    ],
    ids=range(10),
)
def test_text_is_stored_as_excel_stores_it(text: str, stored: str) -> None:
    assert safe_text(text) == stored

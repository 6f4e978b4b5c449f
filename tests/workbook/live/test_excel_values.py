"""Cell values as Excel hands them over and takes them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.live.excel_values import cell_value, written_value


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (None, None),
        ("", None),
        (-2146826246, ErrorValue("#N/A")),
        ("#N/A", ErrorValue("#N/A")),
        (-2146826243, ErrorValue("#SPILL!")),
        (-2146826238, ErrorValue("#CALC!")),
        (-2146826245, ErrorValue("#GETTING_DATA")),
        (-2146828288, ErrorValue("#UNKNOWN!")),
        (-2146824000, ErrorValue("#UNKNOWN!")),
        (-2146828289, -2146828289),
        (-2146823999, -2146823999),
        ("#BUSY!", ErrorValue("#BUSY!")),
        (12, 12),
        (True, True),
        (datetime(2026, 7, 1), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 8, 30), datetime(2026, 7, 1, 8, 30)),
        (__import__("decimal").Decimal("1.5"), 1.5),
    ],
)
def test_what_excel_hands_over(given: object, value: Value) -> None:
    assert cell_value(given) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Active", "Active"),
        ("007", "'007"),
        ("3 May", "'3 May"),
        ("TRUE", "'TRUE"),
        ("=A1", "'=A1"),
        ("-", "'-"),
        ("#N/A", "'#N/A"),
        (ErrorValue("#N/A"), "'#N/A"),
        (None, None),
        (7.0, 7.0),
        ("Planned for 1 September 2026, too far ahead to count yet.",) * 2,
    ],
)
def test_what_excel_is_handed(value: Value, written: object) -> None:
    assert written_value(value) == written

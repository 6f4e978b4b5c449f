"""`--json` prints JSON that every reader takes, whatever the figures are."""

from __future__ import annotations

import io
import json
import math

import pytest

from kopilot_xl.cli.screen import Screen
from kopilot_xl.workbook.tables.parsing import UnreadableError, all_amounts, read_amount


def test_what_is_not_finite_is_null() -> None:
    stream = io.StringIO()
    Screen(stream).data({"a": math.nan, "b": [math.inf, 1.5, (-math.inf, "x")], "c": {"d": math.nan}, "e": None})

    def refuse(name: str) -> None:
        raise AssertionError(name)

    found = json.loads(stream.getvalue(), parse_constant=refuse)
    assert found == {"a": None, "b": [None, 1.5, [None, "x"]], "c": {"d": None}, "e": None}


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e100, -1e300, 10**400, "9" * 309, "1" + "0" * 101])
def test_an_amount_that_is_not_finite_or_beyond_all_bounds_is_unreadable(value: float | str) -> None:
    with pytest.raises(UnreadableError):
        read_amount(value)
    assert (not isinstance(value, str) and all_amounts([1.0, value, None]) is None) or isinstance(value, str)


def test_large_amounts_are_read() -> None:
    assert read_amount(9e99) == 9e99
    assert all_amounts([9e98, -9e98, None, 1]) == [9e98, -9e98, None, 1.0]

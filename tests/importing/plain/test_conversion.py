"""The decimal sign of amounts, as one text alone shows it."""

from __future__ import annotations

import pytest

from kopilot_xl.importing.plain.conversion import _vote


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("0.500", "."), ("0,500", ","), ("€0.500", "."), ("012,345", ","), ("0.5", "."), ("1,234.50", "."),
        ("1.234,50", ","), ("1.500", None), ("1,500", None), ("1500", None), ("n/a", None),
    ],
)  # fmt: skip
def test_a_leading_zero_shows_the_decimal_sign(text: str, decimal: str | None) -> None:
    assert _vote(text) == decimal

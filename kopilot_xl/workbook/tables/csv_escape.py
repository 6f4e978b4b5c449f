"""Texts in a CSV file that a spreadsheet must not take for formulas."""

from __future__ import annotations

import re

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a text begins with that a spreadsheet takes for a formula when it opens a CSV file."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def neutral(text: str) -> str:
    """Return a text as a spreadsheet shows it and computes nothing: `=1+1` as `'=1+1`. Numbers stay numbers."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text) else text

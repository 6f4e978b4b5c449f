"""Texts in a CSV file that a spreadsheet must not take for formulas."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
"""How a text begins that a spreadsheet takes for a formula when it opens a CSV file; or one made neutral before."""
_NUMBER = re.compile(r"'*-?[0-9]+(\.[0-9]+)?")


def neutral(text: str) -> str:
    """Return a text as a spreadsheet shows it and computes nothing: `=1+1` as `'=1+1`. Numbers stay numbers.

    No two texts come out alike: one that has an apostrophe there already gets another, `'=1` becomes `''=1`.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text

"""The one sanitiser for all that a terminal shows: names, cells and paths cannot give it orders."""

from __future__ import annotations

import re

_ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""The control characters C0 and C1, escape sequences' first characters among them, without line ends and tabs; and
those that turn the direction of a text or break a line."""


def visible(text: str) -> str:
    """Return a text with `\ufffd` for every character that a terminal would obey instead of showing it."""
    return _ORDERS.sub("\ufffd", text)

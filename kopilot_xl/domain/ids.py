"""When two client ids are the same."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"(-?\d+)\.0+")


def client_key(value: object) -> str | None:
    """Return what an id is compared by; None for a blank one.

    Case and surrounding blanks do not count; the number 1001, the number 1001.0 and the texts "1001" and "1001.0"
    are the same id, "007" and 7 are not. Source: docs/rules.md, "Bad data".
    """
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip().casefold()
    whole = _WHOLE.fullmatch(text) if "." in text else None
    return (whole[1] if whole else text) or None


def shown_id(value: object) -> str:
    """Return an id as a reader writes it: a whole number without decimals, a text without surrounding blanks."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()

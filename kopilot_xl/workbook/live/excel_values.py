"""Cell values as Excel hands them over and takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.moments import to_second

ERROR_CODES = {
    -2146826288: "#NULL!",
    -2146826281: "#DIV/0!",
    -2146826273: "#VALUE!",
    -2146826265: "#REF!",
    -2146826259: "#NAME?",
    -2146826252: "#NUM!",
    -2146826246: "#N/A",
    -2146826245: "#GETTING_DATA",
    -2146826243: "#SPILL!",
    -2146826242: "#CONNECT!",
    -2146826241: "#BLOCKED!",
    -2146826240: "#UNKNOWN!",
    -2146826239: "#FIELD!",
    -2146826238: "#CALC!",
}
"""How Excel hands over cells that show an error."""

ERRORS = range(-2146828288, -2146824000 + 1)
"""The numbers that are errors whatever the version: a later one may know more of them than `ERROR_CODES`."""

_UNKNOWN = "#UNKNOWN!"
_CODES = frozenset({*ERROR_CODES.values(), "#BUSY!", "#PYTHON!", "#EXTERNAL!"})
_FORMULA_SIGNS = "=+-@'"
_LONGEST_NUMBER = 40
"""No text longer than this is taken for a number or a date."""
_MAY_BE_NUMBER = re.compile(r"\d|^(?:true|false)$|^#", re.IGNORECASE)


def cell_value(given: object) -> Value:
    """Return what a cell holds, from whatever Excel and xlwings hand over.

    Whole days become dates, error numbers and error texts an `ErrorValue`, currency amounts plain numbers.
    """
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, str):
        return ErrorValue(given) if given in _CODES else given or None
    if isinstance(given, float):
        return given
    if isinstance(given, int):
        return ErrorValue(ERROR_CODES.get(given, _UNKNOWN)) if given in ERRORS else given
    if isinstance(given, datetime):
        moment = to_second(datetime(*given.timetuple()[:6], given.microsecond))
        return moment if moment.time() != time.min else moment.date()
    if isinstance(given, Decimal):
        return float(given)
    if isinstance(given, (date, time, ErrorValue)):
        return given
    return str(given)


def written_value(value: Value) -> object:
    """Return what to hand to Excel so that the cell holds this very value.

    Excel reads a text as if it was typed: one that looks like a number, a date or a formula gets an apostrophe.
    """
    if isinstance(value, ErrorValue):
        return f"'{value.code}"
    if not isinstance(value, str) or not value:
        return value
    looks_typed = len(value) <= _LONGEST_NUMBER and _MAY_BE_NUMBER.search(value)
    return f"'{value}" if value[0] in _FORMULA_SIGNS or looks_typed else value


def typed(rows: Sequence[Sequence[Any]]) -> list[list[object]]:
    """Return rows as `written_value` hands their values to Excel."""
    return [[written_value(value) for value in row] for row in rows]

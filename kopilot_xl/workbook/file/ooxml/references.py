"""Move the relative references of a formula, as Excel does when a cell is copied elsewhere."""

from __future__ import annotations

import re

from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import LAST_COLUMN, LAST_ROW, column_letters, column_number

_NAME = r"[\w.\\?]"
_COLUMN, _ROW = r"\$?[A-Za-z]{1,3}", r"\$?[1-9][0-9]{0,6}"
_END = rf"(?!{_NAME}|\$)"
_TOKEN = re.compile(
    "|".join(
        (
            r'"(?:[^"]|"")*"',  # a text
            r"'(?:[^']|'')*'",  # a quoted sheet name
            rf"(?:{_NAME}+:)?{_NAME}+!",  # a sheet, or the first and last of several
            rf"{_NAME}+(?=[(\[])",  # a function, or a table
            r"\#[\w/]+[!?]?",  # an error
            rf"(?P<first_row>{_ROW}):(?P<last_row>{_ROW}){_END}",
            rf"(?P<first_column>{_COLUMN}):(?P<last_column>{_COLUMN}){_END}",
            rf"(?P<column>{_COLUMN})(?P<row>{_ROW}){_END}",
            rf"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?{_END}",  # a number
            rf"(?:{_NAME}|\$)+",  # a defined name
            r"(?P<bracket>\[)",
            r"(?P<open>[\"'])",
            r".",
        )
    ),
    re.DOTALL,
)


def moved(formula: str, rows: int, columns: int) -> str:
    """Return a formula (without `=`) as it reads in a cell so many rows further down and columns further right.

    References marked by `$` stay, as do structured references, names, texts and sheet names.

    Raises:
        ValueError: a reference would leave the sheet, or a text or bracket does not end.
    """
    pieces: list[str] = []
    position = 0
    while token := _TOKEN.match(formula, position):
        position = token.end()
        if token["bracket"]:
            position = _end_of_brackets(formula, token.start())
            pieces.append(formula[token.start() : position])
        elif token["open"]:
            raise ValueError(t("a quotation mark at character {token} is not closed", token=token.start() + 1))
        else:
            pieces.append(_moved_token(token, rows, columns))
    return "".join(pieces)


def _moved_token(token: re.Match[str], rows: int, columns: int) -> str:
    if token["column"]:
        if column_number(token["column"].strip("$")) > LAST_COLUMN or int(token["row"].strip("$")) > LAST_ROW:
            return token[0]  # a name such as XFE1, which is not a cell
        return _moved_column(token["column"], columns) + _moved_row(token["row"], rows)
    if token["first_column"]:
        return f"{_moved_column(token['first_column'], columns)}:{_moved_column(token['last_column'], columns)}"
    if token["first_row"]:
        return f"{_moved_row(token['first_row'], rows)}:{_moved_row(token['last_row'], rows)}"
    return token[0]


def _moved_column(letters: str, columns: int) -> str:
    if letters.startswith("$") or not columns:
        return letters
    column = column_number(letters) + columns
    if not 1 <= column <= LAST_COLUMN:
        raise ValueError(t("column {letters} would leave the sheet", letters=letters))
    return column_letters(column)


def _moved_row(digits: str, rows: int) -> str:
    if digits.startswith("$"):
        return digits
    row = int(digits) + rows
    if not 1 <= row <= LAST_ROW:
        raise ValueError(t("row {digits} would leave the sheet", digits=digits))
    return str(row)


def _end_of_brackets(formula: str, start: int) -> int:
    """Return the offset behind the bracket that closes the one at an offset; an apostrophe escapes what follows it."""
    depth, position = 0, start
    while position < len(formula):
        character = formula[position]
        if character == "'":
            position += 1
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if not depth:
                return position + 1
        position += 1
    raise ValueError(t("the bracket at character {start} is not closed", start=start + 1))

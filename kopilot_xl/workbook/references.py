"""Change the references of a formula as Excel does: its cell is copied elsewhere, or a table changes its length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import LAST_COLUMN, LAST_ROW, Area, column_letters, column_number, unquoted

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

_SPECIAL = re.compile(r"(['\[\]#@])")
_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})")
_FIXED_END = re.compile(r"\$[0-9]+\Z")
_GONE = "#REF!"


@dataclass(frozen=True)
class TableResize:
    """A table of a sheet that becomes longer or shorter; rows and columns count from 1.

    Attributes:
        sheet: the name of the sheet.
        data: its data rows before, without header and totals.
        bottom: its last data row afterwards.
        totals: how many totals rows it has; they move along.
    """

    sheet: str
    data: Area
    bottom: int
    totals: int = 0

    def concerns(self, formula: str, sheet: str) -> bool:
        """Tell at a glance whether a formula of a sheet may change: most have no reference that could."""
        if sheet != self.sheet and ("!" not in formula or self.sheet.casefold() not in formula.casefold()):
            return False
        # A formula that is shared is known by the text of its first cell: rows are no help in telling.
        return ":" in formula or self.totals > 0

    def is_row(self, sheet: str, row: int, column: int) -> bool:
        """Tell whether a cell is in a data row, or in one that joins the table."""
        data = self.data
        bottom = data.bottom if self.totals else max(data.bottom, self.bottom)
        return sheet == self.sheet and data.left <= column <= data.right and data.top <= row <= bottom

    def follow(self, area: Area) -> Area | None:
        """Return what a reference to an area of the sheet becomes; None if nothing is left of it.

        What covers the data to its last row goes on doing so. A totals row stays what it is. What covers some rows
        only stays as it is, but never comes to include a totals row.
        """
        data = self.data
        if area.left < data.left or area.right > data.right or area.bottom < data.top:
            return area
        shift, last = self.bottom - data.bottom, data.bottom + self.totals
        if area.top > data.bottom:
            is_totals = area.bottom <= last
            return replace(area, top=area.top + shift, bottom=area.bottom + shift) if is_totals else area
        if data.bottom < area.bottom <= last or (area.bottom == data.bottom and area.top <= data.top):
            return replace(area, top=min(area.top, self.bottom), bottom=area.bottom + shift)
        totals_now = Area(self.bottom + 1, area.left, self.bottom + self.totals, area.right)
        if area.bottom > data.bottom or not (self.totals and area.meets(totals_now)):
            return area
        return replace(area, bottom=self.bottom) if area.top <= self.bottom else None


def structured(heading: str) -> str:
    """Return a heading of a table as a structured reference has it, its special characters marked."""
    return _SPECIAL.sub(r"'\1", heading)


def resized(formula: str, tables: Sequence[TableResize], sheet: str = "", row: int = 0, column: int = 0) -> str:
    """Return a formula (without `=`) as it reads after tables became longer or shorter.

    Only references typed as addresses change; those by a table's name follow it by themselves. In a row of the table
    itself, what ends with a row that `$` does not fix is about that row: a running total, not the whole column.

    Args:
        formula: the formula.
        tables: the tables that change, of any sheet, as they were before.
        sheet: the name of the sheet it is on, empty where it is on none.
        row: the row of its cell.
        column: the column of its cell.
    """
    concerned = [table for table in tables if table.concerns(formula, sheet)]
    if not concerned:
        return formula
    own = next((table for table in concerned if table.is_row(sheet, row, column)), None)
    pieces: list[str] = []
    try:
        for text, on in _references(formula, sheet):
            if on is None or (own and on == own.sheet and not _FIXED_END.search(text)):
                pieces.append(text)
            else:
                pieces.append(_followed(text, on, concerned))
    except ValueError:
        return formula  # not a formula that Excel would take: nothing is known of what it refers to
    return "".join(pieces)


def _followed(reference: str, sheet: str, tables: Sequence[TableResize]) -> str:
    first, _, last = reference.partition(":")
    area = Area.parse(reference)
    for table in tables:
        if table.sheet.casefold() != sheet.casefold():
            continue
        now = table.follow(area)
        if now is None:
            return _GONE
        if now != area:
            # The row that was the top one may be written second, as in B9:B2.
            swapped = bool(last) and _row_of(first) > _row_of(last)
            rows = (now.bottom, now.top) if swapped else (now.top, now.bottom)
            ends = [
                _CELL.sub(rf"\g<1>\g<2>\g<3>{row}", end) for end, row in zip((first, last), rows, strict=True) if end
            ]
            return ":".join(ends)
    return reference


def _row_of(address: str) -> int:
    return int(address.replace("$", "").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))


def _references(formula: str, sheet: str) -> Iterator[tuple[str, str | None]]:
    """Yield the pieces of a formula: a cell or area with the sheet it is on, anything else with None.

    Raises:
        ValueError: a text or bracket does not end.
    """
    tokens = [token if isinstance(token, str) else token[0] for token in _tokens(formula)]
    on: str | None = sheet
    index = 0
    while index < len(tokens):
        text = tokens[index]
        is_cell = _is_cell(text)
        index += 1
        if is_cell and index + 1 < len(tokens) and tokens[index] == ":" and _is_cell(tokens[index + 1]):
            text += ":" + tokens[index + 1]
            index += 2
        yield text, on if is_cell else None
        on = sheet
        if text.endswith("!") and not is_cell:
            on = _sheet_of(text)
            if index > 1 and tokens[index - 2].endswith("]"):
                on = None  # of another workbook
        elif text.startswith("'") and index < len(tokens) and tokens[index] == "!":
            yield "!", None
            on = _sheet_of(text)
            index += 1


def _is_cell(token: str) -> bool:
    found = _CELL.fullmatch(token)
    return found is not None and column_number(found[2]) <= LAST_COLUMN and 1 <= int(found[4]) <= LAST_ROW


def _sheet_of(text: str) -> str | None:
    """Return the sheet that the beginning of a reference names; None for several sheets or another workbook's."""
    name = text.removesuffix("!")
    name = unquoted(name)
    return None if name.startswith("[") or ":" in name else name


def moved(formula: str, rows: int, columns: int) -> str:
    """Return a formula (without `=`) as it reads in a cell so many rows further down and columns further right.

    References marked by `$` stay, as do structured references, names, texts and sheet names.

    Raises:
        ValueError: a reference would leave the sheet, or a text or bracket does not end.
    """
    return "".join(
        token if isinstance(token, str) else _moved_token(token, rows, columns) for token in _tokens(formula)
    )


def _tokens(formula: str) -> Iterator[str | re.Match[str]]:
    """Yield the tokens of a formula; what is in brackets comes as one text.

    Raises:
        ValueError: a text or bracket does not end.
    """
    position = 0
    while token := _TOKEN.match(formula, position):
        position = token.end()
        if token["bracket"]:
            position = _end_of_brackets(formula, token.start())
            yield formula[token.start() : position]
        elif token["open"]:
            raise ValueError(t("a quotation mark at character {token} is not closed", token=token.start() + 1))
        else:
            yield token


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

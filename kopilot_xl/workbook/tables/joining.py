"""Rows of the user's that are outside a table: those right below it join it, any other is named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.addresses import Area, cell_address, column_letters
from kopilot_xl.workbook.book import BelowCell, Book, TableData, Value
from kopilot_xl.workbook.tables.parsing import is_blank, shown
from kopilot_xl.workbook.tables.problems import Code, Problem
from kopilot_xl.workbook.tables.table import Table, same_name

_TOTAL = re.compile(
    r"\W*(?:(?:grand|sub)[ -]?)?total(?:s|e[ns]?|i|a)?\b|\W*(?:gesamt|end|zwischen)?summen?\b|\W*gesamt|\W*sums?\b"
    r"|\W*sommes?\b|\W*totaux\b|\W*totaa?l|\W*suma\b|\W*somma\b|\W*celkem\b|\W*razem\b|\W*totalt?\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?P<sheet>(?:(?<!')'(?:[^']|'')++'|(?<![\w.])[\w.]++)!)?\$?(?P<left>[A-Z]{1,3})?\$?(?P<top>\d+)?"
    r"(?::\$?(?P<right>[A-Z]{1,3})?\$?(?P<bottom>\d+)?)?",
    re.IGNORECASE,
)
_FIRST_NEW_HEADINGS = 2
"""How many of a table's headings make a row of another block that looks like one of its kind."""


def join(book: Book, table: Table) -> list[Problem]:
    """Have the rows right below a table count as its own; return what is to be said of all that are outside it.

    A row joins where the columns that a row of this table needs are filled, unless a formula in it refers to the table
    or it begins like a total.

    Raises:
        MissingError: there is no such table.
        BookError: its sheet cannot be read.
    """
    if not table.needed:
        return []
    data = book.table(table.name)
    rows = book.below(table.name)
    first = data.row_number(len(data.rows))
    problems: list[Problem] = []
    count = _joining(table, data, rows)
    if count:
        try:
            book.grow(table.name, count)
        except SaveError:
            count = 0
        else:
            wrong = tn(
                "{count:,} row below the table {table} was not part of it.",
                "{count:,} rows below the table {table} were not part of it.",
                count,
                table=table.name,
            )
            done = tn("The table was made {count:,} row longer.", "The table was made {count:,} rows longer.", count)
            problems.append(_about(Code.ROWS_JOINED, data, first, rows[0], wrong, done))
    problems += _outside(table, data, rows, first, count)
    return problems + _beside(book, table, data)


def _joining(table: Table, data: TableData, rows: Sequence[Sequence[BelowCell]]) -> int:
    """How many rows right below a table belong to it."""
    positions = {same_name(header): index for index, header in reversed(list(enumerate(data.headers)))}
    groups = [
        [positions[same_name(column.header)] for column in group if same_name(column.header) in positions]
        for group in table.needed
    ]
    area = Area(
        max(data.header_row, 1), data.first_column, data.header_row + len(data.rows),
        data.first_column + len(data.headers) - 1,
    )  # fmt: skip
    count = 0
    for row in rows:
        filled = all(any(row[index].is_filled for index in group) for group in groups)
        if not filled or _is_total(row) or any(_refers(cell.formula, table.name, data.sheet, area) for cell in row):
            break
        count += 1
    return count


def _is_total(row: Sequence[BelowCell]) -> bool:
    first = next((cell.value for cell in row if not is_blank(cell.value)), None)
    return isinstance(first, str) and _TOTAL.match(first) is not None


def _refers(formula: str | None, name: str, sheet: str, area: Area) -> bool:
    """Tell whether a formula refers to cells of a table: by its name, or by an address."""
    if formula is None:
        return False
    text = re.sub(r'"[^"]*"', '""', formula)
    own = rf"(?<![\w.]){re.escape(name)}\[(?!\[?(?:#This Row|@))"
    if re.search(own, text, re.IGNORECASE):
        return True
    for found in _REFERENCE.finditer(text):
        if not (found["left"] and (found["top"] or found["right"])) and not (found["top"] and found["bottom"]):
            continue
        where = found["sheet"]
        if where and where.rstrip("!").strip("'").replace("''", "'").casefold() != sheet.casefold():
            continue
        if text[found.end() : found.end() + 1] == "(" or re.match(r"[\w.]", text[found.start() - 1 : found.start()]):
            continue
        try:
            if Area.parse(found[0][len(where or "") :]).meets(area):
                return True
        except ValueError:
            continue
    return False


def _outside(
    table: Table, data: TableData, rows: Sequence[Sequence[BelowCell]], first: int, joined: int
) -> list[Problem]:
    """A problem for each block of filled rows below a table that does not belong to it; sums are what they are."""
    problems = []
    start: int | None = None
    for index in range(joined, len(rows) + 1):
        row = rows[index] if index < len(rows) else ()
        counts = any(cell.is_filled and cell.formula is None for cell in row) and not _is_total(row)
        if counts and start is None:
            start = index
        elif not counts and start is not None:
            problems.append(_left_out(table, data, rows[start], first + start, index - start))
            start = None
    return problems


def _left_out(table: Table, data: TableData, row: Sequence[BelowCell], number: int, count: int) -> Problem:
    wrong = tn(
        "This row is filled, but not part of the table {table}.",
        "{count} rows from here on are filled, but not part of the table {table}.",
        count,
        table=table.name,
    )
    done = t("Not counted. Move what belongs to the table right below its last row, and other things to another sheet.")
    return _about(Code.ROWS_OUTSIDE_TABLE, data, number, row, wrong, done)


def _about(code: Code, data: TableData, number: int, row: Sequence[BelowCell], wrong: str, done: str) -> Problem:
    at = next((index for index, cell in enumerate(row) if cell.is_filled), 0)
    return Problem(
        code=code,
        sheet=data.sheet,
        row=number,
        column=data.headers[at] if at < len(data.headers) else "",
        letter=column_letters(data.first_column + at),
        value=shown(row[at].value) if row else "",
        wrong=wrong,
        done=done,
    )


def _beside(book: Book, table: Table, data: TableData) -> list[Problem]:
    """A problem for another block on the sheet with headings of this table: it was meant to be in it."""
    own = {same_name(column.header) for column in table.columns if not column.written}
    left, right = data.first_column, data.first_column + len(data.headers) - 1
    values = book.beside(table.name)
    for number, row in enumerate(values, 1):
        outside = [*enumerate(row[: left - 1], 1), *enumerate(row[right:], right + 1)]
        found = [column for column, value in outside if isinstance(value, str) and same_name(value) in own]
        if len(found) >= _FIRST_NEW_HEADINGS and _has_rows(values, number, found):
            wrong = t(
                "A second block with headings of the table {table} begins at {cell}.",
                table=table.name,
                cell=cell_address(number, found[0]),
            )
            done = t("Its rows are not counted. Move them right below the last row of {table}.", table=table.name)
            letter, value = column_letters(found[0]), shown(row[found[0] - 1])
            return [Problem(Code.ROWS_OUTSIDE_TABLE, data.sheet, number, "", letter, value, wrong, done)]
    return []


def _has_rows(values: Sequence[Sequence[Value]], header: int, columns: Sequence[int]) -> bool:
    below = values[header] if header < len(values) else ()
    return any(column <= len(below) and not is_blank(below[column - 1]) for column in columns)

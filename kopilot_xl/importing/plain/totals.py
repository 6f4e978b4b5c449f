"""Rows of totals at the end of an export, which are no transactions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kopilot_xl.importing.plain.headings import _Found
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_date
from kopilot_xl.workbook.tables.table import Column

_SHOWN_ROWS = 5
_TOTAL = re.compile(
    r"(?:grand |sub)?total\b|(?:gesamt|end)?summe\b|gesamt\b|sum\b|somme\b|totaux\b|totaal\b|totale?n?\b", re.IGNORECASE
)


def _without_totals(found: _Found, taken: Mapping[Column, int]) -> tuple[list[Sequence[Value]], list[str]]:
    """The rows below the header but for totals and closing remarks at their end."""
    body = list(found.grid.rows[found.header + 1 :])
    first = found.grid.top + found.header + 1
    left_out = []
    while body:
        row = body[-1]
        filled = [each for each in row if not is_blank(each)]
        if filled and not _is_closing(row, filled, taken):
            break
        if filled:
            left_out.append(first + len(body) - 1)
        body.pop()
    if not left_out:
        return body, []
    left_out.reverse()
    return body, [f"Left out at the end, as totals or remarks: {_numbered(left_out)}."]


def _is_closing(row: Sequence[Value], filled: Sequence[Value], taken: Mapping[Column, int]) -> bool:
    def value(column: Column) -> Value:
        at = taken.get(column)
        return row[at] if at is not None and at < len(row) else None

    dated = transactions.ISSUE_DATE in taken
    if dated:
        try:
            if read_date(value(transactions.ISSUE_DATE), DateOrder.DMY) is not None:
                return False
        except UnreadableError:
            pass
    if any(isinstance(each, str) and _TOTAL.match(each.strip()) for each in filled):
        return dated or len(filled) <= 2
    ids = [value(each) for each in (transactions.CLIENT_ID, clients.CLIENT_ID) if each in taken]
    return dated and len(filled) == 1 and all(is_blank(each) for each in ids)


def _numbered(rows: Sequence[int]) -> str:
    told = ", ".join(map(str, rows[:_SHOWN_ROWS]))
    more = len(rows) - _SHOWN_ROWS
    return f"row{'s' * (len(rows) > 1)} {told}" + (f" and {more} more" if more > 0 else "")

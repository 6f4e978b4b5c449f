"""Which rows of a list of invoices are data: totals, remarks and group headings are told apart from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from kopilot_xl.importing.columns import InvoiceColumns
from kopilot_xl.importing.date_texts import reading
from kopilot_xl.importing.layout import Column, Table, is_bare_total, is_total_word, text_of
from kopilot_xl.importing.people import name_key
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value


@dataclass
class SortedRows:
    """The rows of a list by what they are, as positions in the body.

    Attributes:
        data: rows with a day, in order.
        heads: of a row that continues another one, the row it continues.
        totals: rows of totals.
        remarks: titles, footers and other lines that are no data.
        dateless: rows with an amount and a client, but without a date that can be read.
        groups: the headings each data row stands under, outermost first, where rows are grouped.
        filled: what a client column says on rows that leave it to the first row of their group.
        notes: what was assumed.
    """

    data: list[int] = field(default_factory=list)
    heads: dict[int, int] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)
    remarks: list[int] = field(default_factory=list)
    dateless: list[int] = field(default_factory=list)
    groups: dict[int, tuple[str, ...]] = field(default_factory=dict)
    filled: dict[int, dict[int, Value]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def sort_rows(mapping: InvoiceColumns, days: Sequence[Value]) -> SortedRows:
    """Tell data from totals, remarks and group headings.

    Args:
        mapping: the columns.
        days: the issue date of each row: a day, or what is not one as it is.
    """
    table = mapping.table
    dated = [isinstance(each, date) for each in days]
    found = SortedRows()
    if all(dated) and all(
        sum(each is not None for each in table.body[row]) > 1 for row in (0, len(table.body) - 1) if table.body
    ):
        found.data = list(range(len(table.body)))
    else:
        group = _group_column(mapping, dated)
        _sort(mapping, dated, group, found)
    _fill_down(mapping, found)
    return found


def _group_column(mapping: InvoiceColumns, dated: Sequence[bool]) -> Column | None:
    """The column in which clients stand as headings above their rows: blank beside dates, filled above them."""
    table = mapping.table
    rows = [row for row, yes in enumerate(dated) if yes]
    if not rows:
        return None
    by_at = {each.at: each for each in mapping.clients}
    if any(
        _fill(each, rows) >= 0.5
        for each in mapping.clients
        if not each.role("email") and len({each.values[row] for row in rows}) > 1
    ):
        return None
    skip = {mapping.date.at, *(each.at for each in (mapping.amount.columns if mapping.amount else []))}
    best: tuple[int, Column] | None = None
    for each in table.columns:
        if each.at in skip and each.at not in by_at and each.at != mapping.date.at:
            continue
        beside = _fill(each, rows) if each.at != mapping.date.at else 0.0
        if beside > 0.1:
            continue
        heads = sum(
            1
            for row, yes in enumerate(dated[:-1])
            if not yes
            and isinstance(value := each.values[row], str)
            and dated[row + 1]
            and not _is_total(table, row)
            and reading(value) is None
        )
        if heads and (best is None or heads > best[0]):
            best = (heads, each)
    return best[1] if best else None


def _fill(column: Column, rows: Sequence[int]) -> float:
    return sum(column.values[row] is not None for row in rows) / len(rows)


def _is_total(table: Table, row: int) -> bool:
    cells = table.body[row]
    first = next((each for each in cells if isinstance(each, str)), "")
    numbers = any(
        isinstance(each, float | int) or (isinstance(each, str) and any(map(str.isdigit, each)))
        for each in cells
        if each is not first
    )
    return is_total_word(first) and (numbers or len([each for each in cells if each is not None]) == 1)


def _sort(mapping: InvoiceColumns, dated: Sequence[bool], group: Column | None, found: SortedRows) -> None:
    table = mapping.table
    amounts = mapping.amount.columns if mapping.amount else []
    number = mapping.number
    stack: list[str] = []
    fresh = False  # whether the row before was a group heading
    last: int | None = None
    for row, yes in enumerate(dated):
        cells = table.body[row]
        if yes and sum(each is not None for each in cells) == 1 and len(cells) > 1:
            found.remarks.append(row)  # the day a report was printed
            continue
        if yes:
            found.data.append(row)
            last, fresh = row, False
            if group is not None and stack:
                found.groups[row] = tuple(stack)
            continue
        filled = [each for each in cells if each is not None]
        told = group.values[row] if group is not None else None
        alone = len(filled) == 1 and row + 1 < len(dated) and dated[row + 1]
        if (
            isinstance(told, str)
            and not fresh
            and _ends_group(told, stack)
            and not (alone and not _names_one(told, stack))
        ):
            found.totals.append(row)
            if stack:
                name = name_key(told)
                while stack and not name.endswith(name_key(stack[-1])) and len(stack) > 1:
                    stack.pop()
                stack.pop()
            continue
        if isinstance(told, str) and _is_heading(table, row, told, dated, amounts):
            if fresh:
                stack.append(told)
            else:
                stack = [*stack, told] if _nested(table, row, stack, group) else [told]
            fresh = True
            continue
        fresh = False
        if (
            last is not None
            and number is not None
            and cells[number.at] is not None
            and cells[number.at] == table.body[last][number.at]
        ):
            found.data.append(row)
            found.heads[row] = found.heads.get(last, last)
            continue
        if any(isinstance(each, str) and (is_total_word(each) or _ends_in_total(each)) for each in filled[:2]):
            found.totals.append(row)
        elif _has_client(cells, mapping.clients) and (
            _has_amount(cells, amounts) or (cells[mapping.date.at] is not None and len(filled) * 2 > len(cells))
        ):
            found.dateless.append(row)
        elif _has_amount(cells, amounts):
            found.totals.append(row)
        else:
            found.remarks.append(row)


def _ends_group(text: str, stack: Sequence[str]) -> bool:
    """Whether a line closes a group: a total word, alone or before or after the group's own name."""
    if not is_total_word(text):
        plain = name_key(text)
        return any(
            plain.startswith(name_key(each)) and is_total_word(text[len(each) :].strip(" -:"))
            for each in stack
            if len(text) > len(each)
        )
    return True


def _ends_in_total(text: str) -> bool:
    """Whether a text is that of a line of subtotals as spreadsheets write it: Acme Total."""
    return len(text.split()) > 1 and is_bare_total(text.split()[-1])


def _names_one(text: str, stack: Sequence[str]) -> bool:
    """Whether a line of totals names the group it closes."""
    return is_bare_total(text) or any(
        name_key(each) in name_key(text) and name_key(each) != name_key(text) for each in stack
    )


def _is_heading(table: Table, row: int, text: str, dated: Sequence[bool], amounts: Sequence[Column]) -> bool:
    """Whether a line heads a group: data or another heading follows, and it is neither a date nor a page number."""
    told = reading(text)
    if told is not None and told.day is not None:
        return False
    following = row + 1
    while following < len(dated) and not dated[following]:
        if table.at[following] > table.at[following - 1] + 2:
            return False
        following += 1
        if following - row > 4:
            return False
    return following < len(dated)


def _nested(table: Table, row: int, stack: Sequence[str], group: Column | None) -> bool:
    """Whether a heading belongs to the group above it, whose own total is still to come."""
    if not stack or group is None:
        return False
    wanted = name_key(stack[0])
    for later in range(row + 1, min(row + 5000, len(table.body))):
        value = group.values[later]
        if isinstance(value, str) and is_total_word(value) and wanted in name_key(value):
            return True
    return False


def _has_amount(cells: Sequence[Value], amounts: Sequence[Column]) -> bool:
    return any(cells[each.at] is not None and any(map(str.isdigit, text_of(cells[each.at]))) for each in amounts)


def _has_client(cells: Sequence[Value], clients: Sequence[Column]) -> bool:
    return any(cells[each.at] is not None for each in clients)


def _fill_down(mapping: InvoiceColumns, found: SortedRows) -> None:
    """Where a client stands on the first row of its group only, give it to the rows below."""
    for column in mapping.clients:
        rows = found.data
        blank = [row for row in rows if column.values[row] is None and row not in found.heads]
        full = [row for row in rows if column.values[row] is not None]
        if not blank or len(full) < 2 or column.values[rows[0]] is None or len(blank) < 0.2 * len(rows):
            continue
        runs = Counter(name_key(text_of(column.values[row])) for row in full)
        if any(times > 1 for times in runs.values()):
            continue
        told: dict[int, Value] = {}
        last: Value = None
        for row in rows:
            last = column.values[row] if column.values[row] is not None else last
            told[row] = last
        found.filled[column.at] = told
        found.notes.append(
            t(
                "{name} is on the first row of each group only: the rows below belong to the same client.",
                name=column.name,
            )
        )

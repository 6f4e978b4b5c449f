"""What of the user's tables changed since the last refresh, as formulas of the macro-free edition can tell.

The formulas see no row that was typed, pasted or deleted since. So a refresh stores how many cells the columns hold
and what they add up to, and formulas compare. Dates are added up as days after the refresh's day, which is the same in
each date system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import fsum

from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.addresses import column_letters
from kopilot_xl.workbook.book import Book, Number1904, TableData, Value
from kopilot_xl.workbook.sheets import actions, client_formulas, clients, facts, transactions
from kopilot_xl.workbook.tables.table import Column, Table, same_name

NOW, THEN = "GuardsNow", "GuardsThen"
"""The blocks of what the columns hold now, and of what they held at the last refresh."""
TYPED, CHANGED, CHANGES = "RowsTyped", "CellsChanged", "DataChanged"
"""How many rows were typed since, whether anything else changed, and the sentence about it."""
CELLS = "GuardCells"
_TOP, _NOW, _THEN = 1, "L", "M"

Measure = Callable[[Sequence[Value], date], float]
_1900, _1904 = date(1899, 12, 30), date(1904, 1, 1)


@dataclass(frozen=True)
class Guard:
    """A column that is watched: how a formula measures it, with `{}` for the column, and how a refresh does."""

    label: str
    table: Table
    column: Column
    formula: str
    measure: Measure
    counts_rows: bool = False


def _filled(values: Sequence[Value], _: date) -> float:
    """How many cells of a column hold something."""
    return sum(value is not None and value != "" for value in values)


def _total(values: Sequence[Value], _: date) -> float:
    return fsum(value for value in values if isinstance(value, int | float) and not isinstance(value, bool))


def _days(values: Sequence[Value], as_of: date) -> float:
    """What the dates of a column add up to, in days after the day of the refresh."""
    days = []
    for value in values:
        if isinstance(value, date):
            moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
            days.append((moment - datetime(as_of.year, as_of.month, as_of.day)) / timedelta(days=1))
        elif isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            days.append(value - (as_of - (_1904 if isinstance(value, Number1904) else _1900)).days)
    return fsum(days)


def _words(word: str) -> Measure:
    """How many cells of a column are a word."""
    return lambda values, _: sum(isinstance(value, str) and value.casefold() == word.casefold() for value in values)


_FILLED = "ROWS({0})-COUNTBLANK({0})"  # where a text of no characters is blank, as it is to a refresh
_TOTAL = 'SUMIF({0},">0")+SUMIF({0},"<0")'  # which pass over errors
_DAYS = f'SUMIF({{0}},">0")-COUNTIF({{0}},">0")*N({facts.FACTS_DAY})'

GUARDS: tuple[Guard, ...] = (
    Guard("client rows", clients.TABLE, clients.CLIENT_ID, _FILLED, _filled, True),
    Guard("transactions", transactions.TABLE, transactions.CLIENT_ID, _FILLED, _filled, True),
    Guard("decisions", actions.TABLE, actions.CLIENT_ID, _FILLED, _filled, True),
    Guard("issue dates", transactions.TABLE, transactions.ISSUE_DATE, _DAYS, _days),
    Guard("amounts", transactions.TABLE, transactions.AMOUNT, _TOTAL, _total),
    *(
        Guard(f"transactions {word}", transactions.TABLE, transactions.STATUS, f'COUNTIF({{0}},"{word}")', _words(word))
        for word in ("Planned", "Draft", "Canceled", "Overdue")
    ),
    Guard("planned dates", actions.TABLE, actions.ISSUE_DATE, _DAYS, _days),
    Guard("planned amounts", actions.TABLE, actions.AMOUNT, _TOTAL, _total),
)
"""What is watched; the first ones count rows."""


def unwatched(guard: Guard) -> str:
    """Return what stands for the formula of a column that cannot be watched: it never seems to have changed."""
    return f"INDEX({THEN},{GUARDS.index(guard) + 1})"


def formula(guard: Guard) -> str:
    """Return the formula of what a watched column holds now, in a new workbook."""
    letter = column_letters(guard.table.columns.index(guard.column) + 1)
    return guard.formula.format(f"{guard.table.name}!${letter}:${letter}")


def _cells(column: str, guards: Iterable[Guard]) -> str:
    rows = [_TOP + at for at, guard in enumerate(GUARDS) if guard in guards]
    return f"${column}${rows[0]}:${column}${rows[-1]}"


_ROWS = [guard for guard in GUARDS if guard.counts_rows]
_OTHERS = [guard for guard in GUARDS if not guard.counts_rows]
_HAS_FACTS = column_letters(client_formulas.MACRO_FREE.headers.index(client_formulas.HAS_FACTS.header) + 1)
_KNOWN = f"COUNTIF({clients.TABLE.name}!${_HAS_FACTS}:${_HAS_FACTS},TRUE)"

FORMULAS: dict[str, str] = {
    TYPED: (
        # A client whose id was typed over has no facts; a row that was added in its place makes no difference.
        f"MAX(0,{_NOW}{_TOP}-{_KNOWN}-({_THEN}{_TOP}-N({facts.KNOWN})))"
        + "".join(f"+MAX(0,{_NOW}{_TOP + at}-{_THEN}{_TOP + at})" for at in range(1, len(_ROWS)))
    ),
    CHANGED: (
        f"SUMPRODUCT(--(ABS({_cells(_NOW, _OTHERS)}-{_cells(_THEN, _OTHERS)})>0.001))"
        f"+SUMPRODUCT(--({_cells(_NOW, _ROWS)}<{_cells(_THEN, _ROWS)}))>0"
    ),
    CHANGES: (
        f'IF(N({facts.FACTS_DAY})=0,"",IF({TYPED}>0,FIXED({TYPED},0)&IF({TYPED}=1," row was"," rows were")'
        f'&" typed since the last refresh.",IF({CHANGED},"Data was changed since the last refresh.","")))'
    ),
}
"""The formulas that compare, by the names of their cells."""


def fill(book: Book, as_of: date, tables: Sequence[TableData]) -> bool:
    """Store what the watched columns hold; False if the workbook has no such block.

    Args:
        book: the workbook.
        as_of: the day of the refresh.
        tables: the tables that the user fills, with the decisions that the refresh adds.
    """
    if not facts.has_sheet(book):
        return False
    sheets: dict[str, Sequence[Sequence[Value]]] = {}
    held: list[list[Value]] = []
    for guard in GUARDS:
        data = next(data for data in tables if same_name(data.name) == same_name(guard.table.name))
        if data.sheet not in sheets:
            sheets[data.sheet] = _values(book, data.sheet)
        held.append([guard.measure(_column(data, guard.column, sheets[data.sheet]), as_of)])
    book.write_block(NOW, held)
    book.write_block(CELLS, [[0], [False], [None]])
    return book.write_block(THEN, held)


def _values(book: Book, sheet: str) -> Sequence[Sequence[Value]]:
    try:
        return book.sheet_values(sheet)
    except MissingError:
        return ()


def _column(data: TableData, column: Column, rows: Sequence[Sequence[Value]]) -> list[Value]:
    """A column as long as its sheet, for the formulas see what is below a table too; its rows as they are to be."""
    headers = [same_name(header) for header in data.headers]
    if same_name(column.header) not in headers:
        return []
    at = headers.index(same_name(column.header))
    letter, body = data.first_column - 1 + at, range(data.header_row, data.header_row + len(data.rows))
    outside = [row[letter] for number, row in enumerate(rows) if number not in body and letter < len(row)]
    return [*outside, *(data.held.get(column.header) or (row[at] for row in data.rows))]

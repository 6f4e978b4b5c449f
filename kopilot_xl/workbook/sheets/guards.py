"""What of the user's tables changed since the last refresh, as formulas of the macro-free edition can tell.

The formulas see no row that was typed, pasted or deleted since. So a refresh stores how many cells the columns hold
and what they add up to, and formulas compare. Dates are added up as days after the refresh's day, which is the same in
each date system.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import fsum

from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.addresses import column_letters, column_number
from kopilot_xl.workbook.book import Book, Number1904, TableData, Value
from kopilot_xl.workbook.sheets import actions, client_formulas, clients, facts, transactions
from kopilot_xl.workbook.tables.table import Column, Table, same_name

NOW, THEN = "GuardsNow", "GuardsThen"
"""The blocks of what the columns hold now, and of what they held at the last refresh."""
TYPED, CHANGED, CHANGES = "RowsTyped", "CellsChanged", "DataChanged"
"""How many rows were typed since, whether anything else changed, and the sentence about it."""
CELLS = "GuardCells"
WORDS = "GuardWords"
"""The block of the words that are counted among the statuses of an owner's table, whatever they mean."""
_TOP, _NOW, _THEN = 1, "L", "M"
_LONGEST_CRITERION = 255

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


STATUSES = tuple(guard for guard in GUARDS if guard.column == transactions.STATUS)
"""Those that count a word each."""


def watched(guard: Guard, cells: str) -> str:
    """Return the formula of what a column of an owner's transactions holds now, given what refers to its cells.

    Of its statuses the words are counted that were most frequent at the last refresh: a refresh writes them down.
    """
    if guard not in STATUSES:
        return guard.formula.format(cells)
    word = f"INDEX({WORDS},{STATUSES.index(guard) + 1})"
    return f"IF(LEN({word})=0,0,COUNTIF({cells},{word}))"


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
    words: list[str] | None = None
    for guard in GUARDS:
        data = next(data for data in tables if same_name(data.name) == same_name(guard.table.name))
        if data.sheet not in sheets:
            sheets[data.sheet] = _values(book, data.sheet)
        end = min((other.header_row for other in tables if _is_below(other, data)), default=len(sheets[data.sheet]) + 1)
        column, measure = _column(data, guard.column, sheets[data.sheet][: end - 1]), guard.measure
        if guard in STATUSES and not data.shows_its_cells:
            words = _most_frequent(column) if words is None else words
            measure = _words(words[STATUSES.index(guard)])
        held.append([measure(column, as_of)])
    if words is not None:
        book.write_block(WORDS, [[word or None] for word in words])
    book.write_block(NOW, held)
    book.write_block(CELLS, [[0], [False], [None]])
    return book.write_block(THEN, held)


def _is_below(other: TableData, data: TableData) -> bool:
    """Whether a table is further down on the same sheet."""
    return other.sheet == data.sheet and other.header_row > data.header_row


def _most_frequent(values: Sequence[Value]) -> list[str]:
    """Return the most frequent words that a criterion of COUNTIF can name, as many as are counted; blank beyond."""
    counts = Counter(value for value in values if isinstance(value, str) and _is_plain(value))
    first: dict[str, str] = {}
    for word, _ in sorted(counts.items(), key=lambda found: (-found[1], found[0])):
        first.setdefault(word.casefold(), word)
    return [*first.values(), *[""] * len(STATUSES)][: len(STATUSES)]


def _is_plain(word: str) -> bool:
    """Whether a criterion finds a word as it is: no sign of comparison before it, no wildcards in it, no number."""
    return word[:1].isalpha() and len(word) < _LONGEST_CRITERION and not set(word) & set("*?~")


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
    if not data.shows_its_cells:
        place = column_number(data.column_letter(at)) - 1
        return [row[place] for row in rows[data.header_row :] if place < len(row)]
    letter, body = data.first_column - 1 + at, range(data.header_row, data.header_row + len(data.rows))
    outside = [row[letter] for number, row in enumerate(rows) if number not in body and letter < len(row)]
    return [*outside, *(data.held.get(column.header) or (row[at] for row in data.rows))]

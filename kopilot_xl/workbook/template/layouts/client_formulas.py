"""The formulas of the client card: look-ups in the sheets that a refresh writes for it.

They use INDEX, MATCH, MID, IF and SUMIFS alone, which every Excel since 2010 and LibreOffice have in the same way, and
no TEXT, whose codes are read in the language of the program.
"""

from __future__ import annotations

from collections.abc import Iterator

from kopilot_xl.workbook.addresses import column_letters
from kopilot_xl.workbook.sheets import client_data as data
from kopilot_xl.workbook.sheets import clients
from kopilot_xl.workbook.sheets.client import AS_OF, FIGURES, LIST_ROWS, MAIL, NONE_YET, PHONE, PICK

_FIRST = data.HEAD_ROW + 1
LABELS = f"{data.CLIENTS}!$A${_FIRST}:INDEX({data.CLIENTS}!$A:$A,MAX({_FIRST},{data.CLIENTS}!$A$1+{data.HEAD_ROW}))"
"""The labels of all clients."""
_WILD = ("~", "*", "?")
"""The signs that would mean any others in a text that is looked up."""


def _plain(text: str) -> str:
    """A text to look up, each of its signs meaning itself."""
    for sign in _WILD:
        text = f'SUBSTITUTE({text},"{sign}","~{sign}")'
    return text


def keys(row: int) -> list[str]:
    """Return the formulas below one another from a row on: the row in `_Clients`, first row and count in the others."""
    found = f"$A${row}"
    return [
        f"=IFERROR(MATCH({_plain(PICK)},{data.CLIENTS}!$A:$A,0),0)",
        *(
            f"=IF({found}=0,0,{_looked_up(column, row)})"
            for column in (data.FIRST_ROW, data.ROW_COUNT, data.FIRST_LOG, data.LOG_COUNT)
        ),
    ]


def figure(name: str, row: int) -> str:
    """Return the formula of a figure or of what is said about it; `row` is that of the keys."""
    if name in {PHONE, MAIL}:
        return _contact(data.CONTACT_COLUMNS + (2 if name == MAIL else 0), row)
    found = _looked_up(FIGURES[name], row)
    return f'=IF($A${row}=0,"",IF({found}="","",{found}))'


def _looked_up(column: int, row: int) -> str:
    letter = column_letters(column + 1)
    return f"INDEX({data.CLIENTS}!${letter}:${letter},$A${row})"


def _contact(column: int, row: int) -> str:
    """How to reach the client, from the table Clients as it is now."""
    number, heading = (f"{data.CLIENTS}!${column_letters(column + at)}$1" for at in (0, 1))
    client = _looked_up(data.CLIENT_ID, row)
    client = f"IF(ISNUMBER({client}),{client},{_plain(client)})"
    ids = f"INDEX({clients.IDS},MATCH({client},{clients.IDS},0))"

    def cell(row_number: str) -> str:
        return f"INDEX({clients.TABLE.name}!$A:$ZZ,{row_number},COLUMN({ids})+{number})"

    there = f"{cell(f'ROW(INDEX({clients.IDS},1))-1')}={heading}"
    return f'=IF(OR($A${row}=0,{heading}=""),"",IFERROR(IF({there},{cell(f"ROW({ids})")}&"",""),""))'


def strip(at: int, row: int) -> str:
    """Return the formula of the sign of a month."""
    return f'=IF($A${row}=0,"",TRIM(MID({_looked_up(data.STRIP, row)},{at + 1},1)))'


def _rows(letter: str, row: int) -> str:
    """The client's cells in a column of `_Rows`."""
    column = f"{data.ROWS}!${letter}:${letter}"
    return f"INDEX({column},$A${row + 1}):INDEX({column},$A${row + 1}+$A${row + 2}-1)"


def bars(letter: str, after: str, day_row: int, row: int) -> tuple[str, str]:
    """Return the formulas of what was invoiced and what is planned in the month of a column, `after` being the next."""
    within = f'{_rows("A", row)},">="&{letter}${day_row},{_rows("A", row)},"<"&{after}${day_row}'
    invoiced = f"SUMIFS({_rows('B', row)},{within})"
    planned = f'SUMIFS({_rows("C", row)},{within},{_rows("A", row)},">"&{AS_OF})'
    none = f"$A${row + 2}=0"
    return f"=IF({none},0,MAX(0,{invoiced}))", f"=IF({none},0,{planned})"


def latest(row: int) -> list[list[str]]:
    """Return the formulas of the latest invoices and plans, column by column: the day, the amount, what it is."""
    kinds = ",".join(f'"{kind}"' for kind in data.KINDS)
    day, amount, kind = list[str](), list[str](), list[str]()
    for at in range(LIST_ROWS):
        cells = [f"INDEX({data.ROWS}!${letter}:${letter},$A${row + 1}+{at})" for letter in "ABCD"]
        there = f"$A${row + 2}>{at}"
        day.append(f'=IF({there},{cells[0]},"")')
        amount.append(f'=IF({there},IF({cells[1]}<>"",{cells[1]},IF({cells[2]}<>"",{cells[2]},"")),"")')
        kind.append(f'=IF({there},CHOOSE(MAX(1,{cells[3]}),{kinds}),"")')
    return [day, amount, kind]


def decisions(row: int) -> list[list[str]]:
    """Return the formulas of the latest decisions, column by column."""
    columns = []
    for number in range(len(data.LOG_COLUMNS)):
        letter = column_letters(number + 1)
        column = []
        for at in range(LIST_ROWS):
            cell = f"INDEX({data.LOG}!${letter}:${letter},$A${row + 3}+{at})"
            none = f'IF(AND($A${row}>0,$A${row + 4}=0),"{NONE_YET}","")' if (number, at) == (0, 0) else '""'
            column.append(f'=IF($A${row + 4}>{at},IF({cell}="","",{cell}),{none})')
        columns.append(column)
    return columns


def by_year(letter: str, first_row: int, row: int) -> Iterator[list[str]]:
    """Yield the formulas of the years, column by column: what was invoiced, and its share; `letter` is the years'."""
    invoiced = []
    share = []
    for at in range(data.YEARS):
        year = f"${letter}{first_row + at}"
        days = f'{_rows("A", row)},">="&DATE({year},1,1),{_rows("A", row)},"<"&DATE({year}+1,1,1)'
        amount = f"SUMIFS({_rows('B', row)},{days})"
        total = f"{data.CLIENTS}!${column_letters(data.YEAR_TOTALS + at)}$1"
        none = f"$A${row}=0"
        invoiced.append(f'=IF({none},"",IF($A${row + 2}=0,0,{amount}))')
        share.append(f'=IF(OR({none},{total}<=0),"",IF($A${row + 2}=0,0,{amount}/MAX({total},0.000001)))')
    yield invoiced
    yield share

"""What Excel waits for, without Excel: calls through xlwings' own CallUDF, and a refresh of an open workbook.

`python -m bench.excel snapshot TABLES` makes the one call that answers all formulas. `cells TABLES` makes `PER_CELL`
calls as a plain xlwings wrapper makes one for each cell: Python keeps nothing between calls, so that each is handed
the table of segments to look up in. `read TABLES BOOK` lets pandas read the two sheets in a process that is otherwise
the same; `TABLES` comes from `keep_tables`.
"""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from datetime import datetime, time
from pathlib import Path
from typing import Any

from bench.portfolios import AS_OF
from kopilot_xl.workbook.opening import open_book

MODULE = "kopilot_xl.excel.udfs"
PER_CELL = 100
"""How many cells stand for all in the comparison with a call per cell: all of them would take minutes."""


def keep_tables(book: Path, path: Path) -> Path:
    """Write what VBA hands to `snapshot` for a workbook into a file: arrays as COM makes them; return its path."""
    from kopilot_xl.workbook.sheets import actions, clients, settings, transactions

    opened = open_book(book)
    tables = []
    for table in (clients.TABLE, transactions.TABLE, actions.TABLE):
        data = opened.table(table.name)
        tables.append(tuple(map(tuple, [data.headers, *([_variant(each) for each in row] for row in data.rows)])))
    chosen = tuple((each.name, _variant(opened.cell(each.name))) for each in settings.ALL)
    path.write_bytes(pickle.dumps((*tables, chosen, _variant(AS_OF))))
    return path


def _variant(value: Any) -> Any:
    return datetime.combine(value, time.min) if hasattr(value, "year") and not hasattr(value, "hour") else value


def live_calls(book: Path) -> Counter[str]:
    """Refresh a workbook through xlwings over the stand-in for Excel; return how many calls moved cells, by sheet."""
    from kopilot_xl.usecases.refresh import refresh
    from kopilot_xl.workbook.live.book import LiveBook
    from tests.excel.stand_in import StandIn

    excel = StandIn(book)
    refresh(LiveBook(excel.book), AS_OF)
    return Counter(what.partition("!")[0] for _, what in excel.transfers)


def formula_calls(cells: int) -> tuple[int, int]:
    """Compute so many formulas with the workbook's macros, in an interpreter; return how often they asked Python.

    The second number is how many cells they handed over in all.
    """
    from kopilot_xl.usecases.sample.rebuild import SAMPLE
    from tests.workbook.template.stand_in import StandIn, excel, stored

    table = stored(SAMPLE)
    python = StandIn({"snapshot": lambda *_: table})
    excel(SAMPLE, python).run("Filled", cells)
    handed = sum(
        len(row) for _, _, arguments in python.calls for each in arguments if isinstance(each, list) for row in each
    )
    return len(python.calls), handed


def main(what: str, tables: str, book: str = "") -> None:
    """Make the calls of one side."""
    given = pickle.loads(Path(tables).read_bytes())
    from tests.excel.windows import server

    python = server()
    if what == "snapshot":
        python.CallUDF(MODULE, "snapshot", given, None, None)
    elif what == "read":
        import pandas as pd

        pd.read_excel(book, sheet_name=["Clients", "Transactions"], engine="calamine")
    else:
        table = python.CallUDF(MODULE, "snapshot", given, None, None)
        for row in given[0][1 : 1 + PER_CELL]:
            python.CallUDF(MODULE, "SEGMENT", (row[0], None, table), None, None)


if __name__ == "__main__":
    main(*sys.argv[1:])

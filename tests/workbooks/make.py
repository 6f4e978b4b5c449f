"""Write the workbook of the version at hand, once: `python -m tests.workbooks.make`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from kopilot_xl import open_book, refresh
from kopilot_xl._version import __version__
from kopilot_xl.workbook.book import Value
from tests.portfolios import AS_OF, NOW, make_portfolio

HERE = Path(__file__).parent
ACTIONS: list[Sequence[Value]] = [
    [date(2026, 6, 20), "A1", "Plan revenue", date(2026, 10, 1), 1500.0, "The yearly maintenance"],
    [datetime(2026, 6, 25, 16, 5), "E5", "Mark lost", None, None, None],
    [date(2026, 6, 26), "nobody", "Mark lost", None, None, "A row that is rejected"],
]


def write(path: Path) -> None:
    """Write a workbook that was filled, set and refreshed in two months."""
    settings = {"Company": "Nordlicht Design", "AsOf": None, "DateOrder": "DMY", "ActiveMonths": 3, "Currency": "CHF"}
    make_portfolio(path, action_rows=ACTIONS, settings=settings)
    refresh(open_book(path), date(2026, 6, 1), now=datetime(2026, 6, 1, 8, 0))
    refresh(open_book(path), AS_OF, now=NOW, backfill=3)


if __name__ == "__main__":
    target = HERE / f"{__version__}.xlsm"
    if target.exists():
        sys.exit(f"{target} is there already: it stands for what users of {__version__} have.")
    write(target)

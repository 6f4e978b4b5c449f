"""What the forecast adds to a refresh: the same refresh, with it and without.

Without it nothing of it is computed or written; all else is the same.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from unittest.mock import patch

from bench import refreshing
from bench.portfolios import AS_OF
from bench.timing import Side


def sides(folder: Path, clients: int, transactions: int) -> list[Side]:
    """Make a workbook and return the sides: refreshed with the forecast, and without it."""
    source = folder / f"portfolio-{clients}.xlsm"
    refreshing.make(
        f"from bench.portfolios import make_portfolio; make_portfolio(Path({str(source)!r}), {clients}, {transactions})"
    )
    output = str(folder / "refreshed.xlsm")
    run = ("-m", "bench.forecast", str(source), AS_OF.isoformat(), output)
    return [Side("refresh with the forecast", (*run, "with")), Side("without it", (*run, "without"))]


def refresh_one(source: str, as_of: str, output: str, how: str) -> None:
    """Refresh a workbook, with the forecast or without."""
    from kopilot_xl import open_book, refresh
    from kopilot_xl.domain import sales
    from kopilot_xl.domain.forecasting import Past, forecast
    from kopilot_xl.usecases import calculation
    from kopilot_xl.workbook.sheets import forecast as sheet

    day = date.fromisoformat(as_of)
    if how == "with":
        refresh(open_book(source), day, output=output)
        return
    nothing = forecast(Past.of([], day))
    with (
        patch.object(calculation, "_forecast", lambda *_: nothing),
        patch.object(sales, "prepared", lambda *_: []),
        patch.object(sheet, "fill", lambda *_: None),
    ):
        refresh(open_book(source), day, output=output)


if __name__ == "__main__":
    refresh_one(*sys.argv[1:])

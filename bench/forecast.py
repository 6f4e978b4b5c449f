"""What the forecast adds to a refresh: the same refresh, with it and without: `python -m bench.forecast`.

Without it nothing of it is computed or written; all else is the same.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from bench import refreshing
from bench.portfolios import AS_OF
from bench.timing import ROUNDS, Side, compare
from kopilot_xl import open_book, refresh
from kopilot_xl.computing import Computation
from kopilot_xl.domain.forecast import forecast
from kopilot_xl.domain.sales import Sales
from kopilot_xl.sheets import forecast as sheet


def sides(folder: Path, clients: int, transactions: int) -> list[Side]:
    """Make a workbook and return the sides: refreshed with the forecast, and without."""
    source = folder / f"portfolio-{clients}.xlsm"
    refreshing.make(
        f"from bench.portfolios import make_portfolio; make_portfolio(Path({str(source)!r}), {clients}, {transactions})"
    )
    output = str(folder / "refreshed.xlsm")
    run = ("-m", "bench.forecast", str(source), AS_OF.isoformat(), output)
    return [Side("without the forecast", (*run, "without")), Side("with it", (*run, "with"))]


def refresh_one(source: str, as_of: str, output: str, how: str) -> None:
    """Refresh a workbook, with the forecast or without."""
    day = date.fromisoformat(as_of)
    if how == "with":
        refresh(open_book(source), day, output=output)
        return
    nothing = forecast(Sales.of(day, {}))
    with (
        patch.object(Computation, "forecast", nothing),
        patch.object(Computation, "prepared", []),
        patch.object(sheet, "fill", lambda *_: None),
    ):
        refresh(open_book(source), day, output=output)


def main() -> None:
    """Measure each size and print what the forecast adds."""
    table = Table(title=f"Median of {ROUNDS} fresh processes each, in turn")
    for heading in ("clients × transactions", *_headings("processor"), *_headings("on the wall")):
        table.add_column(heading, justify="right")
    for clients, transactions in ((10_000, 100_000), (100_000, 1_000_000)):
        with tempfile.TemporaryDirectory() as folder:
            without, with_it = compare(*sides(Path(folder), clients, transactions))
        table.add_row(
            f"{clients:,} × {transactions:,}",
            *_figures(without.cpu, with_it.cpu),
            *_figures(without.wall, with_it.wall),
        )
    Console(width=140).print(table)


def _headings(what: str) -> tuple[str, str, str]:
    return f"{what}: without, s", "with, s", "added"


def _figures(without: float, with_it: float) -> tuple[str, str, str]:
    return f"{without:.2f}", f"{with_it:.2f}", f"{with_it / without - 1:+.1%}"


if __name__ == "__main__":
    refresh_one(*sys.argv[1:]) if len(sys.argv) > 1 else main()

"""Print one table: each case, ours, the peers, the ratios.

`python -m bench refresh growth` measures these cases only.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bench import beyond, excel, forecast, forecast_goals, importing, many, refreshing, updating
from bench.timing import ROUNDS, Measured, Side, compare

CLIENTS, TRANSACTIONS = 10_000, 100_000
SIZES = ((1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000))
CASES = {
    "refresh": f"a refresh of {CLIENTS:,} clients × {TRANSACTIONS:,} transactions",
    "formulas": "2,000 clients × 20,000 transactions, against formulas in LibreOffice",
    "growth": "the same with a tenth and with ten times as many",
    "cells": f"{CLIENTS:,} segments in the cells of an open workbook",
    "new": f"a new workbook from CSV: {CLIENTS:,} clients × {TRANSACTIONS:,} transactions",
    "update": f"{updating.NEW_ROWS:,} new rows into a workbook of {CLIENTS:,} clients × {TRANSACTIONS:,} transactions",
    "start": "kopilot-xl --help",
    "many": f"{many.BOOKS:,} workbooks of the sample's size, once",
    "beyond": f"{beyond.CLIENTS:,} clients × {beyond.TRANSACTIONS:,} transactions, from Parquet to Parquet",
    "forecast": f"what the forecast adds to a refresh of {CLIENTS:,} clients × {TRANSACTIONS:,} transactions",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the cases and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help="; ".join(f"{k}: {v}" for k, v in CASES.items()))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each side runs")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.cases) - CASES.keys():
        parser.error(f"no case {', '.join(sorted(unknown))}: choose among {', '.join(CASES)}")
    table = Table(box=box.MARKDOWN)
    for heading in ("case", "side", "cpu s", "wall s", "peak MB", "side / ours", "growth"):
        table.add_column(heading, justify="left" if heading in {"case", "side"} else "right")
    told: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in chosen.cases or CASES:
            if case == "growth":
                _add_growth(table, folder, chosen.rounds)
                continue
            sides = _sides(case, folder)
            measured = many.compare(*sides, folder=folder) if case == "many" else compare(*sides, rounds=chosen.rounds)
            _add(table, CASES[case], sides, measured)
            if case == "beyond":
                refreshing.make(f"from bench.beyond import check_same; check_same(Path({str(folder / case)!r}))")
        if "cells" in (chosen.cases or CASES):  # last: what is opened here would count as memory of later processes
            told = _calls(folder / "portfolio.xlsm")
    console = Console(width=200)
    console.print(f"Median of {chosen.rounds} fresh processes each, in turn; {_machine()}.")
    console.print(table)
    for line in told:
        console.print(line)
    if "forecast" in (chosen.cases or CASES):
        _print_goals(console)


def _print_goals(console: Console) -> None:
    """Print how good the forecast is."""
    table = Table(box=box.MARKDOWN)
    for heading in ("how good the forecast is, on", "goal", "measured"):
        table.add_column(heading)
    for row in forecast_goals.goals():
        table.add_row(*row)
    console.print(table)


def _calls(book: Path) -> list[str]:
    """Tell in how many calls Excel and Python talk to each other."""
    calls = excel.live_calls(book)
    by_sheet = ", ".join(f"{sheet} {number}" for sheet, number in calls.items())
    asked, handed = excel.formula_calls(CLIENTS)
    return [
        f"A refresh of the open workbook moves cells in {calls.total()} calls: {by_sheet}.",
        f"{CLIENTS:,} formulas of the sample ask Python {asked} time and hand it {handed:,} cells; a plain "
        f"wrapper asks {CLIENTS:,} times, each time handed the table.",
    ]


def _sides(case: str, folder: Path) -> list[Side]:
    if case == "refresh":
        return refreshing.sides(folder, CLIENTS, TRANSACTIONS)
    if case == "formulas":
        return refreshing.formula_sides(folder, 2_000, 20_000)
    if case == "many":
        return many.sides()
    if case == "beyond":
        return beyond.sides(folder / case)
    if case == "new":
        return importing.sides(folder / case, CLIENTS, TRANSACTIONS)
    if case == "update":
        return updating.sides(folder / case, CLIENTS, TRANSACTIONS)
    if case == "forecast":
        return forecast.sides(folder, CLIENTS, TRANSACTIONS)
    if case == "cells":
        source, tables = folder / "portfolio.xlsm", str(folder / "tables.pickle")
        arguments = f"Path({str(source)!r}), {CLIENTS}, {TRANSACTIONS}"
        refreshing.make(f"from bench.portfolios import make_portfolio; make_portfolio({arguments})")
        arguments = f"Path({str(source)!r}), Path({tables!r})"
        refreshing.make(f"from bench.excel import keep_tables; keep_tables({arguments})")
        return [
            Side("snapshot: 1 call of CallUDF", ("-m", "bench.excel", "snapshot", tables)),
            Side(
                f"the same, and {excel.PER_CELL} of {CLIENTS:,} calls by cell", ("-m", "bench.excel", "cells", tables)
            ),
            Side("pandas with calamine: read two sheets only", ("-m", "bench.excel", "read", tables, str(source))),
        ]
    return [
        Side("kopilot-xl --help", ("-m", "kopilot_xl", "--help")),
        Side("python: start and stop only", ("-c", "pass")),
    ]


def _add(table: Table, case: str, sides: Sequence[Side], measured: Sequence[Measured]) -> None:
    for side, one in zip(sides, measured, strict=True):
        first = side is sides[0]
        ratio = "" if first else f"{one.wall / measured[0].wall:.2f}"
        table.add_row(case if first else "", side.name, *_figures(one), ratio, "")


def _add_growth(table: Table, folder: Path, rounds: int) -> None:
    """Refresh three sizes; the growth is the power of the size that the time goes with: 1 is in proportion."""
    sides = [side for size in SIZES for side in refreshing.sides(folder, *size, alone=True)]
    measured = compare(*sides, rounds=rounds)
    times = [one.wall for one in measured]
    powers = ["", *(f"{math.log10(after / before):.2f}" for before, after in pairwise(times))]
    for size, one, power in zip(SIZES, measured, powers, strict=True):
        name = f"{size[0]:,} × {size[1]:,}"
        table.add_row("growth" if size is SIZES[0] else "", name, *_figures(one), "", power)


def _figures(one: Measured) -> tuple[str, str, str]:
    return f"{one.cpu:.2f}", f"{one.wall:.2f}", f"{one.memory:.0f}"


def _machine() -> str:
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        told = subprocess.run(["lscpu"], capture_output=True, text=True).stdout.splitlines()
        model = next((line.partition(":")[2].strip() for line in told if line.startswith("Model name")), model)
    return f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores of {model}"


if __name__ == "__main__":
    main()

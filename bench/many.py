"""Many small workbooks: `python -m bench.many`, whole processes with one job and with several, in turn.

`--books` and `--rounds` make it shorter; a shared or small machine tells only the ratio.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.portfolios import AS_OF
from bench.timing import Measured, Side, run
from kopilot_xl.workbook.sample import write_sample


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.many", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--books", type=int, default=1000, help="how many workbooks of the sample's size")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes are compared with one")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs")
    chosen = parser.parse_args(arguments)
    sides = [_side(1), _side(chosen.jobs)]
    with TemporaryDirectory() as name:
        measured = compare(sides, chosen.books, chosen.rounds, Path(name))
    table = Table(title=f"{chosen.books:,} workbooks, median of {chosen.rounds}; {os.cpu_count()} cores")
    for heading in ("side", "cpu s", "wall s", "books a second", "times as fast"):
        table.add_column(heading, justify="left" if heading == "side" else "right")
    for side, one in zip(sides, measured, strict=True):
        pace, ratio = chosen.books / one.wall, measured[0].wall / one.wall
        table.add_row(side.name, f"{one.cpu:.1f}", f"{one.wall:.1f}", f"{pace:.1f}", f"{ratio:.2f}")
    Console(width=100).print(table)


def _side(jobs: int) -> Side:
    refresh = ("-m", "kopilot_xl", "refresh", "BOOKS", "--as-of", AS_OF.isoformat(), "--jobs", str(jobs))
    return Side(f"--jobs {jobs}", refresh)


def compare(sides: Sequence[Side], books: int, rounds: int, folder: Path) -> list[Measured]:
    """Run the sides in turn, each on a fresh folder of workbooks, and return the medians."""
    sample = folder / "sample.xlsm"
    write_sample(sample)
    runs: list[list[Measured]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, measured in zip(sides, runs, strict=True):
            fresh = folder / "books"
            for number in range(books):
                path = fresh / f"client {number // 100:02}" / f"Portfolio {number:04}.xlsm"
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(sample, path)
            measured.append(run(Side(side.name, [str(fresh) if each == "BOOKS" else each for each in side.arguments])))
            shutil.rmtree(fresh)
    return [
        Measured(*(statistics.median(getattr(each, what) for each in measured) for what in ("cpu", "wall", "memory")))
        for measured in runs
    ]


if __name__ == "__main__":
    main(sys.argv[1:])

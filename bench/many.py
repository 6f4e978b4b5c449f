"""Many small workbooks: whole processes with several jobs and with one, each on a fresh folder of them.

Each side runs once: it takes minutes, and a slow moment of the machine is a small part of that.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.portfolios import AS_OF
from bench.refreshing import make
from bench.timing import Measured, Side, run

BOOKS, JOBS = 1_000, 2


def sides() -> list[Side]:
    """Return the refresh of a folder with several jobs, and with one."""
    return [_side(JOBS), _side(1)]


def _side(jobs: int) -> Side:
    refresh = ("-m", "kopilot_xl", "refresh", "BOOKS", "--as-of", AS_OF.isoformat(), "--jobs", str(jobs))
    return Side(f"kopilot-xl refresh --jobs {jobs}", refresh)


def compare(*sides: Side, folder: Path) -> list[Measured]:
    """Run the sides, each on a fresh folder of workbooks, and return what each took."""
    sample, fresh = folder / "sample.xlsm", folder / "books"
    make(f"from kopilot_xl.workbook.sample import write_sample; write_sample(Path({str(sample)!r}))")
    measured: list[Measured] = []
    for side in sides:
        for number in range(BOOKS):
            path = fresh / f"client {number // 100:02}" / f"Portfolio {number:04}.xlsm"
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(sample, path)
        measured.append(run(Side(side.name, [str(fresh) if each == "BOOKS" else each for each in side.arguments])))
        shutil.rmtree(fresh)
    return measured

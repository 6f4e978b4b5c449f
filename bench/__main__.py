"""Print one table: each case, ours, the peer, the ratio."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import excel
from bench.portfolios import AS_OF
from bench.timing import ROUNDS, Side, compare

CLIENTS, TRANSACTIONS = 10_000, 100_000

OPENPYXL = "import sys, openpyxl; openpyxl.load_workbook(sys.argv[1], keep_vba=True).save(sys.argv[2])"
FLOOR = """
import io, sys, zipfile, zlib
import lxml.etree, narwhals, polars, python_calamine
data = open(sys.argv[1], "rb").read()
book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
for sheet in ("Clients", "Transactions"):
    book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
parts = zipfile.ZipFile(io.BytesIO(data))
for part in sys.argv[2:]:
    zlib.compress(parts.read(part), 6)
"""


def main() -> None:
    """Measure every case and print the table."""
    table = Table(title=f"Median of {ROUNDS} fresh processes each, in turn; {_machine()}")
    for heading in ("case", "side", "cpu s", "wall s", "peak MB", "wall: side / ours"):
        table.add_column(heading, justify="left" if heading in {"case", "side"} else "right")
    with tempfile.TemporaryDirectory() as folder:
        for case, sides in _cases(Path(folder)).items():
            measured = compare(*sides)
            for side, one in zip(sides, measured, strict=True):
                table.add_row(
                    case if side is sides[0] else "",
                    side.name,
                    f"{one.cpu:.2f}",
                    f"{one.wall:.2f}",
                    f"{one.memory:.0f}",
                    "" if side is sides[0] else f"{one.wall / measured[0].wall:.2f}",
                )
            table.add_section()
        calls = excel.live_calls(Path(folder) / "ours.xlsm")
    console = Console(width=120)
    console.print(table)
    by_sheet = ", ".join(f"{sheet} {number}" for sheet, number in calls.items())
    console.print(f"A refresh of the open workbook moves cells in {calls.total()} calls: {by_sheet}.")


def _cases(folder: Path) -> dict[str, list[Side]]:
    # In processes of their own: a process started by a large one counts that one's memory as its own.
    source, tables = folder / "portfolio.xlsm", str(folder / "tables.pickle")
    _make("bench.portfolios", "make_portfolio", f"{str(source)!r}, {CLIENTS}, {TRANSACTIONS}")
    _make("bench.excel", "keep_tables", f"{str(source)!r}, {tables!r}")
    ours, theirs = folder / "ours.xlsm", folder / "theirs.xlsm"
    shutil.copy(source, ours)
    refresh = ("-m", "kopilot_xl", "refresh", str(ours), "--as-of", AS_OF.isoformat())
    return {
        f"refresh, {CLIENTS:,} clients × {TRANSACTIONS:,} transactions": [
            Side("kopilot-xl refresh", refresh),
            Side("openpyxl: load and save only", ("-c", OPENPYXL, str(source), str(theirs))),
            Side("floor: import, calamine, inflate, deflate", ("-c", FLOOR, str(source), "xl/worksheets/sheet2.xml")),
        ],
        f"{CLIENTS:,} segments in cells": [
            Side("snapshot: 1 call of CallUDF", ("-m", "bench.excel", "snapshot", tables)),
            Side(f"a function per cell: {CLIENTS:,} calls", ("-m", "bench.excel", "cells", tables)),
            Side("pandas and calamine: read the two sheets only", ("-m", "bench.excel", "read", tables, str(source))),
        ],
        "kopilot-xl --help": [
            Side("kopilot-xl --help", ("-m", "kopilot_xl", "--help")),
            Side("python: start and stop only", ("-c", "pass")),
        ],
    }


def _make(module: str, function: str, arguments: str) -> None:
    code = f"from pathlib import Path; from {module} import {function}; "
    code += f"{function}(*(Path(each) if isinstance(each, str) else each for each in ({arguments})))"
    subprocess.run([sys.executable, "-c", code], check=True)


def _machine() -> str:
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"


if __name__ == "__main__":
    main()

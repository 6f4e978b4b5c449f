"""The next export in a workbook: 2,000 new rows, beside a refresh of the same workbook and reading the same export."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bench import importing
from bench.timing import Side

NEW_ROWS = 2_000

UPDATE = """
import shutil, sys
base, book, *files = sys.argv[1:]
shutil.copyfile(base, book)
from kopilot_xl.cli import main
sys.argv = ["kopilot-xl", "update", book, "--clients", files[0], "--transactions", files[1]]
main()
"""
REFRESH = """
import shutil, sys
base, book = sys.argv[1:]
shutil.copyfile(base, book)
from kopilot_xl.cli import main
sys.argv = ["kopilot-xl", "refresh", book]
main()
"""
READ = """
import sys
from kopilot_xl.importing.output import read_pair
read_pair([sys.argv[1]], [sys.argv[2]])
"""


def sides(folder: Path, clients: int, transactions: int) -> list[Side]:
    """Make a workbook of an export, refresh it, write the export anew with more rows, and return the sides."""
    folder.mkdir(exist_ok=True)
    people, rows, after = folder / "clients.csv", folder / "invoices.csv", folder / "after.csv"
    importing.write(people, after, clients, transactions + NEW_ROWS)
    with after.open(encoding="utf-8") as all_rows, rows.open("w", encoding="utf-8") as file:
        file.writelines(line for _, line in zip(range(transactions + 1), all_rows, strict=False))
    base, book = folder / "base.xlsm", folder / "Portfolio.xlsm"
    for words in (["new", base, "--clients", people, "--transactions", rows], ["refresh", base]):
        subprocess.run([sys.executable, "-m", "kopilot_xl", *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    shutil.copyfile(base, book)
    files = (str(people), str(after))
    return [
        Side("kopilot-xl update", ("-c", UPDATE, str(base), str(book), *files)),
        Side("kopilot-xl refresh: the same workbook", ("-c", REFRESH, str(base), str(book))),
        Side("reading the export", ("-c", READ, *files)),
    ]

"""Random editing between refreshes, by openpyxl and by a LibreOffice that is kept open: nothing that was typed is lost.

`python -m tests.safety.editing --sequences 300` prints a line for each sequence that lost something, and the figures.
Neither program grows tables: what is typed below one has to join it at the next refresh.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.addresses import column_letters
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE
from tests import libreoffice
from tests.portfolios import AS_OF, NOW, make_portfolio

TABLES = {each.name: each for each in (clients.TABLE, transactions.TABLE, actions.TABLE)}
HEADERS = {name: [each.header for each in table.columns if not each.written] for name, table in TABLES.items()}
EDITORS = ("openpyxl", "LibreOffice")
ROUNDS = 3
"""How often a sequence edits and refreshes."""
EDITS = 4
"""How many edits there are at most between two refreshes."""

_IN_LIBREOFFICE = """
for sheet, row, column, text in {cells!r}:
    cell = doc.Sheets.getByName(sheet).getCellByPosition(column - 1, row - 1)
    cell.setFormula(text)
doc.store()
result = None
"""


@dataclass
class Cell:
    """A cell that is typed into; row and column count from 1."""

    sheet: str
    row: int
    column: int
    value: Value


@dataclass
class EditedBook:
    """A workbook, and the rows that its owner has typed into each table."""

    path: Path
    dice: random.Random
    rows: dict[str, list[list[Value]]] = field(default_factory=dict)
    typed: int = 0

    def begin(self) -> None:
        """Make the workbook, with some rows of each table."""
        people: list[list[Value]] = [
            [f"C{n}", f"Client {n}", date(2024, 1, 1 + n)] for n in range(self.dice.randint(1, 6))
        ]
        sales = [self._sale(people) for _ in range(self.dice.randint(1, 8))]
        log: list[list[Value]] = [self._decision(people) for _ in range(self.dice.randint(0, 2))]
        template = MACRO_FREE_TEMPLATE if self.path.suffix == ".xlsx" else TEMPLATE
        make_portfolio(self.path, people, sales, log, template=template)
        self.rows = {name: [] for name in TABLES}
        for name, some in (("Clients", people), ("Transactions", sales), ("Actions", log)):
            self.rows[name] = [_padded(row, name) for row in some]

    def _sale(self, people: Sequence[Sequence[Value]]) -> list[Value]:
        self.typed += 1
        day = date(2025, 1, 1) + timedelta(days=self.dice.randrange(500))
        return [self.dice.choice(people)[0], day, float(self.dice.randrange(1, 9000)), "Paid", f"R{self.typed}"]

    def _decision(self, people: Sequence[Sequence[Value]]) -> list[Value]:
        self.typed += 1
        day = date(2026, 6, 1) + timedelta(days=self.dice.randrange(20))
        plan = [datetime(day.year, day.month, day.day), self.dice.choice(people)[0], "Plan revenue"]
        return [
            *plan,
            date(2026, 8, 1) + timedelta(days=self.dice.randrange(90)),
            float(self.typed),
            f"note {self.typed}",
        ]

    def _new_row(self, name: str) -> list[Value]:
        people = self.rows["Clients"]
        if name == "Transactions":
            row = self._sale(people)
        elif name == "Actions":
            row = self._decision(people)
        else:
            row = [f"N{self.typed}", f"New client {self.typed}", date(2026, 5, 1 + self.typed % 28)]
        return _padded(row, name)

    def edit(self) -> list[Cell]:
        """Think of some edits; return the cells to type them into."""
        found: list[Cell] = []
        book = open_book(self.path)
        layouts = {name: book.table(name) for name in TABLES}
        below = {name: len(self.rows[name]) for name in TABLES}
        for _ in range(self.dice.randint(1, EDITS)):
            name = self.dice.choice(("Clients", "Transactions", "Transactions", "Actions"))
            data, rows = layouts[name], self.rows[name]
            columns = {header: data.first_column + list(data.headers).index(header) for header in HEADERS[name]}
            if rows and self.dice.random() < 0.35:
                at = self.dice.randrange(len(rows))
                header = {"Clients": "Client", "Transactions": "Amount", "Actions": "Note"}[name]
                self.typed += 1
                value: Value = float(self.typed) if header == "Amount" else f"other {self.typed}"
                rows[at][HEADERS[name].index(header)] = value
                found.append(Cell(data.sheet, data.row_number(at), columns[header], value))
                continue
            self.typed += 1
            row = self._new_row(name)
            found += [
                Cell(data.sheet, data.row_number(below[name]), columns[header], value)
                for header, value in zip(HEADERS[name], row, strict=True)
                if value is not None
            ]
            rows.append(row)
            below[name] += 1
        return found

    def lost(self) -> list[str]:
        """Return what a table does not hold of what was typed, or holds besides."""
        book = open_book(self.path)
        found = []
        for name, rows in self.rows.items():
            data = book.table(name)
            indexes = [list(data.headers).index(header) for header in HEADERS[name]]
            there = [[_plain(row[at]) for at in indexes] for row in data.rows]
            there = [row for row in there if any(value is not None for value in row)]
            typed = [[_plain(value) for value in row] for row in rows]
            if there != typed:
                found.append(
                    f"{name}: {[row for row in typed if row not in there]} lost, or {there} is in another order"
                )
        return found


def _padded(row: Sequence[Value], name: str) -> list[Value]:
    return [*row, *[None] * (len(HEADERS[name]) - len(row))]


def _plain(value: Value) -> Value:
    """A value as it is compared: moments as days, numbers as they are."""
    if isinstance(value, datetime):
        return value.date()
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value or None


def with_openpyxl(path: Path, cells: Sequence[Cell]) -> None:
    """Type into cells and save, as a program in Python does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the extensions it leaves out
        book = openpyxl.load_workbook(path, keep_vba=path.suffix == ".xlsm")
        for cell in cells:
            book[cell.sheet].cell(cell.row, cell.column).value = cell.value  # type: ignore[assignment]  # errors and times of day are never typed
        book.save(path)
        if book.vba_archive is not None:
            book.vba_archive.close()


def with_libreoffice(path: Path, cells: Sequence[Cell]) -> None:
    """Type into cells and save, as somebody does in LibreOffice, which stays open between the sequences."""
    texts = [
        (
            cell.sheet,
            cell.row,
            cell.column,
            f"{cell.value:%Y-%m-%d}" if isinstance(cell.value, date) else str(cell.value),
        )
        for cell in cells
    ]
    libreoffice.run(path, _IN_LIBREOFFICE.format(cells=texts), macros=False)


def run(seed: int, folder: Path, rounds: int = ROUNDS) -> list[str]:
    """Edit and refresh a workbook some times; return what was lost."""
    dice = random.Random(seed)
    sequence = EditedBook(folder / f"{seed}{dice.choice(('.xlsm', '.xlsx'))}", dice)
    sequence.begin()
    done = [sequence.path.suffix]
    for turn in range(rounds):
        editor = EDITORS[(seed + turn) % 2]
        cells = sequence.edit()
        (with_openpyxl if editor == "openpyxl" else with_libreoffice)(sequence.path, cells)
        result = refresh(open_book(sequence.path), AS_OF, now=NOW)
        typed = [f"{cell.sheet}!{column_letters(cell.column)}{cell.row}={cell.value}" for cell in cells]
        done.append(f"{editor}: {', '.join(typed)}")
        lost = sequence.lost()
        count = sum(result.summary.counts.values())
        if count != len(sequence.rows["Clients"]):
            lost.append(f"{count} clients counted of {len(sequence.rows['Clients'])}")
        if lost:
            return [*lost, *done]
    return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run sequences; print what was lost, and in the end a line of JSON with the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.safety.editing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sequences", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    start, failed = time.monotonic(), 0
    with TemporaryDirectory() as folder:
        for seed in range(chosen.seed, chosen.seed + chosen.sequences):
            if lost := run(seed, Path(folder)):
                failed += 1
                print(f"sequence {seed}:", *lost, sep="\n  ")
    seconds = round(time.monotonic() - start)
    print(json.dumps({"sequences": chosen.sequences, "rounds": ROUNDS, "lost": failed, "seconds": seconds}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

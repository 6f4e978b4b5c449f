"""Make the sample's history: refresh the sample on the first of each month, and keep what that gave.

Run `python -m kopilot_xl.usecases.sample.make_history` when the sample's rows or the rules have changed, then build.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.domain.rules import add_months
from kopilot_xl.usecases import sample
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import history

MONTHS = history.TREND_DATES - 1
"""The months before the sample's date: with it they fill the trend chart."""
FILE = sample.HERE / f"{history.TABLE.name.lower()}.csv"


def days() -> Iterator[date]:
    """Yield the same day of each month before the sample's date, oldest first."""
    for back in range(MONTHS, 0, -1):
        yield add_months(sample.SAMPLE_DATE, -back)


def rows() -> list[list[Value]]:
    """Return the rows of the History table that refreshing the sample on each of the days gives."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "Kopilot.xlsm"
        sample.write_sample(path, with_history=False)
        for day in days():
            refresh(open_book(path), day, now=sample.clock(day))
        return [list(row) for row in history.TABLE.of(open_book(path)).data.rows]


if __name__ == "__main__":
    FILE.write_text(sample.as_csv(history.TABLE, rows()), encoding="utf-8", newline="")

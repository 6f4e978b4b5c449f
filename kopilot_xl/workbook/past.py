"""Make the sample's history: refresh the sample as it stood at each month's end, and keep what that gave.

Run `python -m kopilot_xl.workbook.past` when the sample's rows or the rules have changed, then build.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.book import Value, open_book
from kopilot_xl.refreshing import refresh
from kopilot_xl.sheets import history
from kopilot_xl.workbook import sample

MONTHS = history.TREND_DATES - 1
"""The month's ends before the sample's date: with it they fill the trend chart."""
FILE = sample.HERE / f"{history.TABLE.name.lower()}.csv"


def month_ends() -> Iterator[date]:
    """Yield the last days of the months before the sample's date, oldest first."""
    for back in range(MONTHS, 0, -1):
        year, month = divmod(sample.SAMPLE_DATE.year * 12 + sample.SAMPLE_DATE.month - back, 12)
        yield date(year, month + 1, 1) - timedelta(days=1)


def rows() -> list[list[Value]]:
    """Return the rows of the History table that refreshing the sample at each month's end gives."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "Kopilot.xlsm"
        sample.write_sample(path, with_history=False)
        for day in month_ends():
            refresh(open_book(path), day, now=datetime.combine(day, time(18)))
        return [list(row) for row in history.TABLE.of(open_book(path)).data.rows]


if __name__ == "__main__":
    FILE.write_text(sample.as_csv(history.TABLE, rows()), encoding="utf-8", newline="")

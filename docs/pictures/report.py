"""Make the picture of the report from the sample workbook: `python -m docs.pictures.report`. Needs Chromium."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl import open_book
from kopilot_xl.report import report
from kopilot_xl.workbook.sample import SAMPLE_DATE, SAMPLE_MOMENT, write_sample
from tests.chromium import chromium

HERE = Path(__file__).parent
WIDTH, HEIGHT = 1120, 1420
"""How much of the page is shown, in pixels: down to the first clients to turn to."""


def picture() -> None:
    """Draw the head of the report."""
    with TemporaryDirectory() as folder, chromium() as browser:
        book, page = Path(folder, "sample.xlsm"), Path(folder, "sample.html")
        write_sample(book)
        report(open_book(book), page, SAMPLE_DATE, now=SAMPLE_MOMENT)
        browser.open(page, width=WIDTH)
        (HERE / "report.png").write_bytes(browser.picture(HEIGHT))


if __name__ == "__main__":
    picture()

"""Make the picture of the report from the sample workbook: `python -m docs.pictures.report`. Needs Chromium.

`report.json` keeps a digest of what the picture shows, so that a test can tell when it is out of date.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import html

from kopilot_xl.usecases.report.page import report
from kopilot_xl.usecases.sample import SAMPLE_DATE, SAMPLE_MOMENT, write_sample
from tests.chromium import chromium

HERE = Path(__file__).parent
SOURCE = HERE / "report.json"
WIDTH, HEIGHT = 1120, 1420
"""How much of the page is shown, in pixels: down to the first clients to turn to."""


def picture() -> None:
    """Draw the head of the report."""
    with TemporaryDirectory() as folder, chromium() as browser:
        page = make(Path(folder))
        browser.open(page, width=WIDTH)
        (HERE / "report.png").write_bytes(browser.picture(HEIGHT))
        SOURCE.write_text(json.dumps({"source": source(page)}) + "\n", encoding="utf-8")


def make(folder: Path) -> Path:
    """Write the sample and its report into a folder; return the page."""
    book, page = folder / "sample.xlsm", folder / "sample.html"
    write_sample(book)
    report(book, SAMPLE_DATE, output=page, now=SAMPLE_MOMENT)
    return page


def source(page: Path) -> str:
    """Return a digest of the words and figures of the part of the page that the picture shows."""
    tree = html.fromstring(page.read_text(encoding="utf-8"))
    shown = [*tree.iterfind(".//header"), *tree.iterfind(".//*[@id='shape']")]
    words = " ".join(" ".join("".join(map(str, each.itertext())).split()) for each in shown)
    return hashlib.sha256(words.encode()).hexdigest()


if __name__ == "__main__":
    picture()

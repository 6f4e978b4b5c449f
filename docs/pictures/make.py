"""Make the pictures of the documentation from the sample workbook: `python -m docs.pictures.make`.

Needs LibreOffice, pdftotext and pdftoppm. Its icons stay blank in the pictures: LibreOffice prints no coloured
letters. `source.json` keeps what the pictures were made from, so that a test can tell when they are out of date.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.usecases.adopt.adopt import adopt
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.usecases.sample import SAMPLE_MOMENT, write_sample
from kopilot_xl.usecases.sample.rebuild import SAMPLE
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import (
    actions,
    client,
    clients,
    forecast,
    guide,
    outlook,
    portfolio,
    problems,
    settings,
    transactions,
    trend,
)
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE
from tests import libreoffice
from tests.usecases.adopt.workbooks import NOW, english_tables

HERE = Path(__file__).parent
SOURCE = HERE / "source.json"


@dataclass(frozen=True)
class Picture:
    """A picture of a printed page of a sheet: which of the sheet's pages, and what to keep of it, in inches.

    It ends between two lines of text: what the last of its rows would be cut by is left out.
    """

    sheet: str
    crop: tuple[float, float, float, float]
    page: int = 0
    dots: int = 110


PICTURES = {
    "portfolio": Picture(portfolio.SHEET, (0.30, 0.25, 11.1, 7.15), dots=120),
    "client": Picture(client.SHEET, (0.30, 0.20, 11.1, 4.90)),
    "trend": Picture(trend.SHEET, (0.30, 0.20, 11.1, 5.20)),
    "if-nobody-acts": Picture(outlook.SHEET, (0.25, 0.20, 11.25, 7.60)),
    "forecast": Picture(forecast.SHEET, (0.30, 0.20, 11.2, 7.60), dots=115),
    "clients": Picture(clients.TABLE.name, (0.30, 0.30, 11.1, 4.10)),
    "transactions": Picture(transactions.TABLE.name, (1.20, 0.30, 5.80, 2.60)),
    "actions": Picture(actions.TABLE.name, (0.30, 0.30, 11.1, 3.20)),
    "problems": Picture(problems.TABLE.name, (0.30, 0.30, 11.1, 2.50)),
    "settings": Picture(settings.SHEET, (0.40, 0.30, 11.0, 4.60)),
    "guide": Picture(guide.SHEET, (0.40, 0.30, 11.0, 6.50)),
}
"""The pictures by their file's name."""
EVERYWHERE = {
    f"everywhere-{suffix[1:]}{'-later' if later else ''}": (suffix, later)
    for suffix in (".xlsx", ".xlsm")
    for later in (0, 100)
}
"""The Portfolio sheet of each edition on the day of its refresh and later: the ending and how many days, by name."""
ADOPTED = {"adopted": 0, "adopted-later": 100}
"""The clients of a workbook of their owner's, on the day it was adopted and so many days later."""
_OWN = Picture("CRM", (0.70, 0.75, 10.3, 1.60), dots=115)
_LATER = """
doc.NamedRanges.getByName("AsOf").getReferredCells().Value += {days}
doc.calculate()
doc.storeToURL(uno.systemPathToFileUrl({path!r}), (value("FilterName", "calc_pdf_Export"),))
result = None
"""

_OWN_LATER = f"""
sheet = doc.Sheets.getByName("CRM")
for at in range(4):
    sheet.Columns.getByIndex(at).OptimalWidth = True
sheet.Columns.getByIndex(10).Width = 17000  # 1/100 mm: to be read when it is printed on one page
style = doc.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
style.IsLandscape, style.Width, style.Height = True, 29700, 21000
style.ScaleToPagesX, style.ScaleToPagesY, style.HeaderIsOn, style.FooterIsOn = 1, 1, False, False
{_LATER}"""


def source() -> str:
    """Return a digest of everything in the sample workbook, and in the macro-free template, that can be seen."""
    digest = hashlib.sha256()
    for path in (SAMPLE, MACRO_FREE_TEMPLATE):
        with zipfile.ZipFile(path) as package:
            for each in sorted(package.namelist()):
                if each.startswith("xl/") and not each.endswith(".bin"):
                    digest.update(each.encode() + package.read(each))
    return digest.hexdigest()


def digests() -> dict[str, str]:
    """Return a digest of each picture as it stands."""
    return {
        name: hashlib.sha256((HERE / f"{name}.png").read_bytes()).hexdigest()
        for name in PICTURES | EVERYWHERE | ADOPTED
    }


def make() -> None:
    """Draw every picture, and keep what they were drawn from."""
    with TemporaryDirectory() as folder:
        pdf = libreoffice.to_pdf(SAMPLE, Path(folder))
        pages = _pages(pdf)
        for name, each in PICTURES.items():
            _draw(pdf, pages[each.sheet][each.page], each, name)
        for name, (suffix, later) in EVERYWHERE.items():
            path = Path(folder) / f"{name}{suffix}"
            write_sample(path)
            refresh(path, now=SAMPLE_MOMENT)
            aged = path.with_suffix(".pdf")
            libreoffice.run(path, _LATER.format(days=later, path=str(aged)), macros=False)
            _draw(aged, _pages(aged)[portfolio.SHEET][0], replace(PICTURES["portfolio"], dots=80), name)
        own = _adopted(Path(folder))
        for name, later in ADOPTED.items():
            aged = own.with_name(f"{name}.pdf")
            libreoffice.run(own, _OWN_LATER.format(days=later, path=str(aged)), macros=False)
            _draw(aged, 1, _OWN, name)
    told = {"source": source(), "pictures": digests()}
    SOURCE.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _adopted(folder: Path) -> Path:
    """Adopt a workbook of two tables, its clients and its invoices."""
    path = adopt(english_tables(folder / "own.xlsx"), now=NOW).path
    book = open_book(path)
    book.write_block("AsOf", [[NOW.date()]])
    book.save()
    return path


def _draw(pdf: Path, page: int, picture: Picture, name: str) -> None:
    """Draw what a picture shows of a page of a PDF."""
    left, top, width, height = picture.crop
    height = ending(libreoffice.to_lines(pdf, page), top + height) - top
    crop = (left, top, width, height)
    (drawn,) = libreoffice.to_pictures(pdf, dots=picture.dots, pages=(page, page), crop=crop)
    shutil.move(drawn, HERE / f"{name}.png")


def ending(lines: Sequence[tuple[float, float]], bottom: float) -> float:
    """Return where a picture ends that is to end at `bottom`: there, or above the line of text it would cut.

    Args:
        lines: where each line of text begins and ends, in inches from the top.
        bottom: where the picture is to end, in inches from the top.
    """
    cut = min((start for start, end in lines if start < bottom < end), default=None)
    if cut is None:
        return bottom
    above = max((end for _, end in lines if end <= cut), default=0.0)
    return (above + cut) / 2


def _pages(pdf: Path) -> dict[str, list[int]]:
    """Return the pages of each sheet, as their footers tell."""
    pages: dict[str, list[int]] = {}
    for number, page in enumerate(libreoffice.to_texts(pdf), 1):
        footer = page.rstrip().splitlines()[-1]
        if match := re.fullmatch(r"\s*(\S.*?)\s+\d+ / \d+", footer):
            pages.setdefault(match[1], []).append(number)
    return pages


if __name__ == "__main__":
    make()

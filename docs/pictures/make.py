"""Make the pictures of the documentation from the sample workbook: `python -m docs.pictures.make`.

Needs LibreOffice and pdftoppm. Its icons stay blank in the picture: LibreOffice prints no coloured letters.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl.workbook.build import SAMPLE
from tests import libreoffice

HERE = Path(__file__).parent
DOTS = 120
"""Dots per inch."""
CROP = (0.30, 0.25, 11.1, 7.15)
"""What is kept of the page: left, top, width and height in inches."""


def portfolio() -> None:
    """Draw the Portfolio page, without the paper's margins."""
    with TemporaryDirectory() as folder:
        pdf = libreoffice.to_pdf(SAMPLE, Path(folder))
        (page,) = libreoffice.to_pictures(pdf, dots=DOTS, pages=(1, 1), crop=CROP)
        shutil.copyfile(page, HERE / "portfolio.png")


if __name__ == "__main__":
    portfolio()

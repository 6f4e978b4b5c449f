"""The pictures of the documentation show the workbook as it is, and the README shows and describes each of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.pictures import make

README = Path(make.__file__).parents[2] / "README.md"
DOCS = README.parent / "docs"
PAGES = dict.fromkeys(make.EVERYWHERE, DOCS / "everywhere.md") | dict.fromkeys(make.ADOPTED, DOCS / "adopt.md")
"""The pages of the pictures that are not in the README."""


def test_the_pictures_were_made_from_the_workbook_as_it_is() -> None:
    told = json.loads(make.SOURCE.read_text(encoding="utf-8"))
    assert told == {"source": make.source(), "pictures": make.digests()}, "run python -m docs.pictures.make"


@pytest.mark.parametrize(
    ("bottom", "end"),
    [(2.0, 2.0), (1.6, 1.6), (1.45, 1.25), (1.3, 1.3), (1.0, 0.45)],
    ids=["below all", "between", "a line is cut", "the line's top", "nothing above"],
)
def test_a_picture_ends_between_two_lines(bottom: float, end: float) -> None:
    lines = [(0.9, 1.05), (1.0, 1.2), (1.3, 1.5), (1.35, 1.5), (1.7, 1.9)]
    assert make.ending(lines, bottom) == pytest.approx(end)


@pytest.mark.parametrize("name", [*make.PICTURES, *PAGES])
def test_a_picture_is_small_and_described(name: str) -> None:
    page, folder = (PAGES[name], "") if name in PAGES else (README, "docs/")
    picture = make.HERE / f"{name}.png"
    assert picture.stat().st_size < 300_000
    assert picture.read_bytes().startswith(b"\x89PNG")
    described = re.findall(rf"!\[([^\]]*)\]\({folder}pictures/{name}\.png\)", page.read_text(encoding="utf-8"))
    assert described
    assert all(len(each) > 20 for each in described)


def test_no_other_picture_of_a_sheet_lies_about() -> None:
    kept = {each.stem for each in make.HERE.glob("*.png") if not each.stem.startswith("report")}
    assert kept == {*make.PICTURES, *PAGES}

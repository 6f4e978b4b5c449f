"""How much a refresh does, counted in calls of functions and in parts written, which no slow machine changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import openpyxl
import pytest

from bench.portfolios import AS_OF, make_portfolio
from bench.refreshing import changed
from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.template.row_heights import sheets_of

SMALL, LARGE = 50, 200
TRANSACTIONS = 10
"""for each client"""


def calls(work: Callable[[], object]) -> int:
    """Return how many functions were called, those of libraries included."""
    number = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return number


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("work")
    made = {size: make_portfolio(folder / f"{size}.xlsm", size, size * TRANSACTIONS) for size in (SMALL, LARGE)}
    refresh(open_book(made[SMALL]), AS_OF, output=folder / "first.xlsm")  # what happens once in a process is done
    return made


def per_client(books: dict[int, Path], work: Callable[[Path], object]) -> float:
    """Return how many calls each further client, with its transactions, costs."""
    small, large = (calls(lambda path=books[size]: work(path)) for size in (SMALL, LARGE))  # type: ignore[misc]
    return (large - small) / (LARGE - SMALL)


def test_a_refresh_does_a_quarter_of_loading_and_saving(books: dict[int, Path], tmp_path: Path) -> None:
    ours = per_client(books, lambda path: refresh(open_book(path), AS_OF, output=tmp_path / "ours.xlsm"))
    theirs = per_client(books, lambda path: openpyxl.load_workbook(path, keep_vba=True).save(tmp_path / "theirs.xlsm"))
    assert 0 < ours < 130 * TRANSACTIONS
    assert ours * 4 < theirs


def test_the_work_goes_with_the_size(books: dict[int, Path], tmp_path: Path) -> None:
    small, large = (
        calls(lambda path=books[size]: refresh(open_book(path), AS_OF, output=tmp_path / "ours.xlsm"))  # type: ignore[misc]
        for size in (SMALL, LARGE)
    )
    assert small < large < LARGE / SMALL * small


def test_a_refresh_that_finds_nothing_new_writes_next_to_nothing(books: dict[int, Path], tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsm", tmp_path / "second.xlsm"
    refresh(open_book(books[LARGE]), AS_OF, output=first)
    refresh(open_book(first), AS_OF, output=second)
    names = changed(first, second)
    assert dict(sheets_of(Package(first)))["Clients"] not in names
    assert len(names) <= 3

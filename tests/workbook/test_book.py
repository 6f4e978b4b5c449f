"""Names as Excel tells them apart, and as they are looked up."""

from __future__ import annotations

import pytest

from kopilot_xl.workbook.book import find_named, folded, name_key
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.live.book import LiveBook

ITEMS = {name_key(name): name for name in ("Jan", "Jan ", "Masse", "Maße", " Feb")}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Jan", "Jan"), ("JAN ", "Jan "), ("masse", "Masse"), ("Maße", "Maße"), ("MASSE ", "Masse"), ("feb", " Feb"),
        ("Mar", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_spelled_alike_comes_before_one_that_is_nearly_so(name: str, found: str | None) -> None:
    assert find_named(ITEMS, name) == found


def test_columns_are_compared_without_case_and_surrounding_blanks() -> None:
    assert folded(" Client ID ") == folded("CLIENT id")


def test_both_books_have_the_methods_of_a_book() -> None:
    from kopilot_xl.workbook.book import Book

    methods = {name for name in dir(Book) if not name.startswith("_")}
    assert methods <= set(dir(FileBook))
    assert methods <= set(dir(LiveBook))

"""Open a workbook file as a book."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kopilot_xl.workbook.book import Book
    from kopilot_xl.workbook.file.book import FileBook


def open_book(path: str | PathLike[str]) -> FileBook:
    """Return a workbook file (.xlsx or .xlsm) as a book, to be read and refreshed without Excel.

    Raises:
        BookError: there is no such file, or it is not a workbook that can be read; the text says which and what to do.
    """
    from kopilot_xl.workbook.file.book import FileBook

    return FileBook(path)


def as_book(book: Book | str | PathLike[str]) -> Book:
    """Return a book as it is, or the one at a path.

    Raises:
        BookError: as `open_book`.
    """
    return open_book(book) if isinstance(book, str | PathLike) else book

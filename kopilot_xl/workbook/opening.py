"""Open a workbook file as a book."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.errors import NotBookError
from kopilot_xl.texts import t

if TYPE_CHECKING:
    from kopilot_xl.workbook.book import Book
    from kopilot_xl.workbook.file.book import FileBook


def open_book(path: str | PathLike[str]) -> FileBook:
    """Return a workbook file (.xlsx or .xlsm) as a book, to be read and refreshed without Excel.

    Raises:
        BookError: there is no such file, or it is not a workbook that can be read; the text says which and what to do.
            An export is a `NotBookError`.
    """
    from kopilot_xl.workbook.file.book import FileBook

    check_is_no_export(path)
    return FileBook(path)


_TABLES = (".csv", ".tsv", ".tab", ".txt", ".parquet")
_INVOICES = (".xml", ".pdf", ".zip")
"""The endings of what programs export, and no workbook has."""


def check_is_no_export(given: str | PathLike[str]) -> None:
    """Tell who names an export where a workbook belongs what to do with it.

    Raises:
        NotBookError: it is one.
    """
    path = Path(given)
    suffix = path.suffix.lower()
    if suffix in (*_TABLES, *_INVOICES) and path.is_file():
        raise NotBookError(
            t(
                "{path} is an export, not a workbook: kopilot-xl new Portfolio.xlsm --{option} {file} makes a workbook "
                "of it, kopilot-xl update Portfolio.xlsm --{option} {file} brings it into one.",
                path=path,
                option="invoices" if suffix in _INVOICES else "transactions",
                file=f'"{path}"' if " " in str(path) else path,
            ),
            "book",
        )


def as_book(book: Book | str | PathLike[str]) -> Book:
    """Return a book as it is, or the one at a path.

    Raises:
        BookError: as `open_book`.
    """
    return open_book(book) if isinstance(book, str | PathLike) else book

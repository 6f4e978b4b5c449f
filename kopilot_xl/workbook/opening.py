"""Open a workbook file as a book."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kopilot_xl.workbook.file.book import FileBook


def open_book(path: str | PathLike[str]) -> FileBook:
    """Open a workbook file (.xlsx or .xlsm) for reading and refreshing, without Excel.

    Raises:
        BookError: there is no such file, or it is no workbook that can be read; the text says which and what to do.
    """
    from kopilot_xl.workbook.file.book import FileBook

    return FileBook(path)

"""An export as a grid of cells, and the kinds of files it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value

TEXT_FILES = (".csv", ".txt", ".tsv")
PARQUET_FILES = (".parquet",)
WORKBOOKS = (".xlsx", ".xlsm")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive: give it the ending .xlsx, or unpack it first"),
    (b"PAR1", "a Parquet file: give it the ending .parquet"),
    (b"\xd0\xcf\x11\xe0", "an old or protected Office file: save it as .xlsx, without a password, or as CSV"),
    (b"%PDF", "a PDF document: export the data as CSV or .xlsx instead"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
)
_SAVE_AS: dict[str, str] = {
    ".xls": "an old Excel workbook: save it as .xlsx",
    ".xlsb": "a binary Excel workbook: save it as .xlsx",
    ".ods": "an OpenDocument spreadsheet: save it as .xlsx or CSV",
    ".numbers": "a Numbers spreadsheet: export it as .xlsx or CSV",
    ".pdf": "a PDF document: export the data as CSV or .xlsx instead",
    ".zip": "an archive: unpack it first",
    ".gz": "an archive: unpack it first",
}


@dataclass(frozen=True)
class _Grid:
    """The cells of a file as they stand; `top` and `left` are the sheet row and column of the first."""

    path: Path
    form: str
    rows: Sequence[Sequence[Value]]
    top: int = 1
    left: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    remarks: tuple[str, ...] = ()


def _unreadable(path: Path, error: OSError) -> BookError:
    return BookError(
        t("{path} cannot be read: {reason}. Close it elsewhere, or copy it.", path=path, reason=error.strerror or error)
    )

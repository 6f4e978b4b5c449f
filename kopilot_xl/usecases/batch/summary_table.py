"""The portfolios of many workbooks as a file: a table of figures, or a page to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from kopilot_xl.errors import OutputError, SaveError
from kopilot_xl.texts import t
from kopilot_xl.usecases.batch.figures import FIGURES, Column, columns
from kopilot_xl.usecases.batch.lines import Line, Total, leftmost_first, shapes, totals, worst_first
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.file.saving import check_writable, write_atomically
from kopilot_xl.workbook.tables.csv_escape import neutral

__all__ = [
    "FIGURES", "PAGES", "SUFFIXES", "Column", "Line", "SummaryFile", "Total", "columns", "leftmost_first", "shapes",
    "totals", "worst_first",
]  # fmt: skip

PAGES = (".html", ".htm")
SUFFIXES = (".csv", ".parquet", ".xlsx", *PAGES)


def check_ending(path: Path) -> None:
    """Make sure that a summary has the ending of one.

    Raises:
        OutputError: it has none of the endings.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            t(
                "{path} ends in none of {suffixes}: give the summary one of these endings.",
                path=path,
                suffixes=", ".join(SUFFIXES),
            ),
            "summary",
        )


@dataclass(frozen=True)
class SummaryFile:
    """Where the summary goes: whether what is there is kept, and the permission bits that it may have at most."""

    path: Path
    backup: bool
    at_most: int

    @classmethod
    def of(cls, path: Path, books: Sequence[Path], *, force: bool = False) -> SummaryFile:
        """Make sure the table could be written, before work is spent.

        Args:
            path: where to.
            books: the workbooks that are read.
            force: replace whatever is there, and keep it as a backup.

        Raises:
            OutputError: it has none of the endings, or is one of the workbooks.
            SaveError: it cannot be written, or replaces what is not such a table without `force`; or it is to be
                Parquet and no library that writes it is installed.
        """
        suffix = path.suffix.lower()
        check_ending(path)
        if suffix == ".parquet" and _parquet_library() is None:
            raise SaveError(_no_parquet(path))
        headings = [column.name for column in columns([])]
        is_ours: outputs.IsOurs = {
            ".csv": outputs.is_csv_of(headings),
            ".parquet": outputs.is_parquet_of(headings),
            ".xlsx": outputs.is_sheet_of(headings, FIGURES),
        }.get(suffix, outputs.is_report)
        backup = outputs.check_output(path, books, is_ours, force=force)
        check_writable(path, backup=backup)
        return cls(path, backup, outputs.permissions(books))

    def write(self, lines: Sequence[Line]) -> None:
        """Write the table, a row for each workbook, all at once.

        Raises:
            SaveError: it cannot be written.
        """
        table, suffix = columns(lines), self.path.suffix.lower()
        if suffix == ".csv":
            data = _csv(table)
        elif suffix == ".parquet":
            data = _parquet(table, self.path)
        elif suffix == ".xlsx":
            from kopilot_xl.usecases.batch.summary_workbook import workbook

            data = workbook(lines, table, self.path)
        else:
            from kopilot_xl.usecases.batch.summary_page import page

            data = page(lines, self.path).encode()
        write_atomically(self.path, data, backup=self.backup, at_most=self.at_most)


def _csv(table: Sequence[Column]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in table])
    for row in zip(*(column.values for column in table), strict=True):
        writer.writerow([neutral(value) if isinstance(value, str) else value for value in row])
    return text.getvalue().encode()


_WRITE_PARQUET: tuple[Literal["polars"], Literal["pyarrow"]] = ("polars", "pyarrow")
"""The libraries that write Parquet, the preferred one first."""


def _parquet_library() -> Literal["polars", "pyarrow"] | None:
    """The library to write Parquet with, None if none is installed."""
    return next((library for library in _WRITE_PARQUET if find_spec(library)), None)


def _parquet(table: Sequence[Column], target: Path) -> bytes:
    import narwhals as nw  # not needed but here

    library = _parquet_library()
    if library is None:
        raise SaveError(_no_parquet(target))
    types = {str: nw.String(), float: nw.Float64(), int: nw.Int64(), date: nw.Date()}
    frame = nw.from_dict(
        {column.name: list(column.values) for column in table},
        {column.name: types[column.type] for column in table},
        backend=library,
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _no_parquet(target: Path) -> str:
    return t(
        'Parquet is not written without the library Polars, so {target} cannot be: install it with pip install "'
        'kopilot-xl[polars]", or give the summary the ending .csv.',
        target=target,
    )

"""The portfolios of many workbooks in one table: a line each, totals by currency, and the table as a file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kopilot_xl.domain.portfolio import Shape, Summary
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.file.saving import check_writable, write_atomically
from kopilot_xl.workbook.tables.csv_escape import neutral
from kopilot_xl.workbook.tables.problems import Kind
from kopilot_xl.workbook.tables.text_width import line_count

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.tasks import Done

SUFFIXES = (".csv", ".parquet", ".xlsx")

_DECIMALS = 4
_WIDTHS = {"Workbook": 40, "Company": 28, "Error": 60}
_WIDTH = 13
"""The widths of columns, in characters: of these, and of the others."""
_SIZE, _LINE = 10, 13.5
"""The size of letters, and how high a line is, in points."""


@dataclass(frozen=True)
class Line:
    """One workbook: its portfolio in figures, or the error for which there is none (then `summary` is None)."""

    book: str
    company: str = ""
    as_of: date | None = None
    summary: Summary | None = None
    currency: str = ""
    problems: int = 0
    notices: int = 0
    error: str = ""

    @classmethod
    def of(cls, done: Done) -> Line:
        """Return the line of a workbook that was worked on."""
        found = done.report
        if found is None:
            return cls(str(done.path), error=done.why)
        return cls(
            str(done.path),
            found.company,
            found.as_of,
            found.summary,
            found.currency,
            found.count(Kind.PROBLEM),
            found.count(Kind.NOTICE),
        )


@dataclass(frozen=True)
class Total:
    """The portfolios of one currency together. Amounts without a currency are not added up: `value` is None."""

    currency: str
    portfolios: int
    clients: int
    leaving: int
    leaving_value: float | None
    problems: int


def totals(lines: Iterable[Line]) -> list[Total]:
    """Return the totals of each currency, the one of most portfolios first; no two currencies are ever added up."""
    groups: dict[str, list[tuple[Line, Summary]]] = {}
    for line in lines:
        if line.summary is not None:
            groups.setdefault(line.currency.casefold(), []).append((line, line.summary))
    return [
        Total(
            currency=group[0][0].currency,
            portfolios=len(group),
            clients=sum(summary.size for _, summary in group),
            leaving=sum(summary.counts[Segment.LEAVING] for _, summary in group),
            leaving_value=sum(summary.values[Segment.LEAVING] for _, summary in group) if key else None,
            problems=sum(line.problems for line, _ in group),
        )
        for key, group in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]


def shapes(lines: Iterable[Line]) -> dict[Shape, int]:
    """Return how many portfolios have each shape, those shapes that occur."""
    found = Counter(line.summary.shape for line in lines if line.summary is not None)
    return {shape: found[shape] for shape in Shape if found[shape]}


def leftmost_first(lines: Sequence[Line]) -> list[Line]:
    """Return lines by tilt, what leans most to the left first; without a tilt, and failed ones, at the end."""

    def by_tilt(line: Line) -> tuple[bool, float]:
        tilt = line.summary.tilt if line.summary else None
        return tilt is None, tilt or 0.0

    return sorted(lines, key=by_tilt)


# as a file


@dataclass(frozen=True)
class SummaryFile:
    """Where the table goes: whether what is there is kept, and the permission bits that it may have at most."""

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
            SaveError: it has none of the endings, cannot be written, is one of the workbooks, or replaces what is not
                such a table without `force`; or it is to be Parquet and no library that writes it is installed.
        """
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise SaveError(
                t(
                    "{path} ends in none of {suffixes}: give the summary one of these endings.",
                    path=path,
                    suffixes=", ".join(SUFFIXES),
                )
            )
        if suffix == ".parquet" and _parquet_library() is None:
            raise SaveError(_no_parquet(path))
        headings = [column.name for column in columns([])]
        table_of = {".csv": outputs.is_csv_of, ".parquet": outputs.is_parquet_of, ".xlsx": outputs.is_sheet_of}
        backup = outputs.check_output(path, books, table_of[suffix](headings), force=force)
        check_writable(path, backup=backup)
        return cls(path, backup, outputs.permissions(books))

    def write(self, lines: Sequence[Line]) -> None:
        """Write the table, a row for each workbook, all at once.

        Raises:
            SaveError: it cannot be written.
        """
        table, suffix = columns(lines), self.path.suffix.lower()
        data = _csv(table) if suffix == ".csv" else _parquet(table, self.path) if suffix == ".parquet" else _xlsx(table)
        write_atomically(self.path, data, backup=self.backup, at_most=self.at_most)


Cell = str | float | int | date | None


@dataclass(frozen=True)
class Column:
    """A column of the table: its heading, the type of its values, and a value for each workbook, None if blank."""

    name: str
    type: type[str] | type[float] | type[int] | type[date]
    values: Sequence[Cell]


_TYPES: dict[str, type[str] | type[float] | type[int] | type[date]] = {
    "Workbook": str,
    "Company": str,
    "As of": date,
    "Shape": str,
    "Tilt": float,
    "Tilt by value": float,
    "Clients": int,
    **{segment.value: int for segment in Segment},
    "Currency": str,
    "Value": float,
    "Leaving value": float,
    "Problems": int,
    "Notices": int,
    "Error": str,
}
"""The headings, and the type of what is below them."""


def columns(lines: Sequence[Line]) -> list[Column]:
    """Return the table: amounts and tilts rounded to 4 decimals, blank for a workbook that failed."""
    rows = [_row(line) for line in lines]
    return [Column(name, kind, [row.get(name) for row in rows]) for name, kind in _TYPES.items()]


def _row(line: Line) -> dict[str, Cell]:
    """The cells of a workbook by their heading; blank ones may be left out."""
    row: dict[str, Cell] = {
        "Workbook": _plain(line.book),
        "Company": _plain(line.company),
        "As of": line.as_of,
        "Currency": _plain(line.currency),
        "Error": _plain(line.error),
    }
    if line.summary is None:
        return row
    return row | {
        "Shape": line.summary.shape.value,
        "Tilt": _rounded(line.summary.tilt),
        "Tilt by value": _rounded(line.summary.tilt_by_value),
        "Clients": line.summary.size,
        **{segment.value: line.summary.counts[segment] for segment in Segment},
        "Value": _rounded(line.summary.value(PORTFOLIO)),
        "Leaving value": _rounded(line.summary.values[Segment.LEAVING]),
        "Problems": line.problems,
        "Notices": line.notices,
    }


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


def _xlsx(table: Sequence[Column]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Portfolios"
    plain, bold = Font(name=styles.FONT, size=_SIZE), Font(name=styles.FONT, size=_SIZE, bold=True)
    for number, column in enumerate(table, 1):
        name, is_text = column.name, column.type is str
        alignment = Alignment(horizontal="left" if is_text else "right", vertical="top", indent=int(is_text))
        heading = sheet.cell(1, number, name)
        heading.font, heading.alignment = bold, alignment
        width = _WIDTHS.get(name, _WIDTH)
        sheet.column_dimensions[get_column_letter(number)].width = width
        if name == "Error":  # a long one would make the printed page as wide as itself, and all too small to read
            alignment = Alignment(horizontal="left", vertical="top", indent=1, wrap_text=True)
        for row, value in enumerate(column.values, 2):
            cell = sheet.cell(row, number, value)
            cell.font, cell.alignment = plain, alignment
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula
                if alignment.wrap_text:
                    sheet.row_dimensions[row].height = _LINE * line_count(value, width)
            elif isinstance(value, float):
                cell.number_format = "0.00" if name.startswith("Tilt") else "#,##0"
    styles.page(sheet, across=True)
    sheet.freeze_panes, sheet.print_title_rows = "B2", "1:1"
    sheet.auto_filter.ref = sheet.dimensions
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _plain(text: str) -> str | None:
    """A text that every file can hold, None for a blank one: a file name may have characters that none can."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text) or None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)

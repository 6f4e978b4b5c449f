"""The portfolios of many workbooks in one table: a line each, totals by currency, and the table as a file."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.domain.portfolio import Shape, Summary
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.file.saving import check_writable, write_atomically
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    import polars

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
    return {each: found[each] for each in Shape if found[each]}


def leftmost_first(lines: Sequence[Line]) -> list[Line]:
    """Return lines by tilt, what leans most to the left first; without a tilt, and failed ones, at the end."""

    def place(line: Line) -> tuple[bool, float]:
        tilt = line.summary.tilt if line.summary else None
        return tilt is None, tilt or 0.0

    return sorted(lines, key=place)


# as a file


def check_target(target: Path, books: Iterable[Path]) -> None:
    """Make sure the table could be written, before work is spent.

    Raises:
        SaveError: it has none of the endings, cannot be written, or is one of the workbooks.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise SaveError(f"{target} ends in none of {', '.join(SUFFIXES)}: give the summary one of these endings.")
    if target.resolve() in {each.resolve() for each in books}:
        raise SaveError(f"{target} is one of the workbooks: name another file for the summary.")
    check_writable(target)


def write(lines: Sequence[Line], target: Path) -> None:
    """Write the table, a row for each workbook, to a .csv, .parquet or .xlsx file, all at once.

    Raises:
        SaveError: it cannot be written.
    """
    table = frame(lines)
    kind = target.suffix.lower()
    data = _csv(table) if kind == ".csv" else _parquet(table) if kind == ".parquet" else _xlsx(table)
    write_atomically(target, data)


def frame(lines: Sequence[Line]) -> polars.DataFrame:
    """Return the table: amounts and tilts rounded to 4 decimals, blank for a workbook that failed."""
    import polars

    text, number, whole = polars.String, polars.Float64, polars.Int64
    known = [each.summary for each in lines]
    columns: dict[str, tuple[object, Sequence[object]]] = {
        "Workbook": (text, [_plain(each.book) for each in lines]),
        "Company": (text, [_plain(each.company) for each in lines]),
        "As of": (polars.Date, [each.as_of for each in lines]),
        "Shape": (text, [each and each.shape.value for each in known]),
        "Tilt": (number, [each and _rounded(each.tilt) for each in known]),
        "Tilt by value": (number, [each and _rounded(each.tilt_by_value) for each in known]),
        "Clients": (whole, [each and each.size for each in known]),
        **{segment.value: (whole, [each and each.counts[segment] for each in known]) for segment in Segment},
        "Currency": (text, [_plain(each.currency) for each in lines]),
        "Value": (number, [each and _rounded(each.value(PORTFOLIO)) for each in known]),
        "Leaving value": (number, [each and _rounded(each.values[Segment.LEAVING]) for each in known]),
        "Problems": (whole, [each.problems if each.summary else None for each in lines]),
        "Notices": (whole, [each.notices if each.summary else None for each in lines]),
        "Error": (text, [_plain(each.error) for each in lines]),
    }
    return polars.DataFrame(
        {name: values for name, (_, values) in columns.items()},
        schema={name: kind for name, (kind, _) in columns.items()},  # type: ignore[misc]  # the classes of Polars
    )


def _csv(table: polars.DataFrame) -> bytes:
    import polars

    from kopilot_xl.workbook.tables.csv_escape import neutral

    texts = [name for name, kind in table.schema.items() if kind == polars.String]
    shown = [
        polars.Series(name, [None if each is None else neutral(each) for each in table[name]], polars.String)
        for name in texts
    ]
    return table.with_columns(shown).write_csv().encode()


def _parquet(table: polars.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def _xlsx(table: polars.DataFrame) -> bytes:
    import polars
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.tables.text_width import line_count
    from kopilot_xl.workbook.template import styles

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Portfolios"
    plain, bold = Font(name=styles.FONT, size=_SIZE), Font(name=styles.FONT, size=_SIZE, bold=True)
    for column, name in enumerate(table.columns, 1):
        is_text = table.schema[name] == polars.String
        stand = Alignment(horizontal="left" if is_text else "right", vertical="top", indent=int(is_text))
        heading = sheet.cell(1, column, name)
        heading.font, heading.alignment = bold, stand
        width = _WIDTHS.get(name, _WIDTH)
        sheet.column_dimensions[get_column_letter(column)].width = width
        if name == "Error":  # a long one would make the printed page as wide as itself, and all too small to read
            stand = Alignment(horizontal="left", vertical="top", indent=1, wrap_text=True)
        for row, value in enumerate(table[name], 2):
            cell = sheet.cell(row, column, value)
            cell.font, cell.alignment = plain, stand
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula
                if stand.wrap_text:
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
    """A text that every file can hold, None for a blank one: file names may have signs that none can."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text) or None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)

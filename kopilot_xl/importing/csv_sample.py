"""The beginning of a text file of any size: its encoding, its delimiter, and which of its columns are ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.importing.amounts import read_amounts
from kopilot_xl.importing.csv_dialect import cell, delimited
from kopilot_xl.importing.encodings import decoded
from kopilot_xl.importing.files import says, unreadable
from kopilot_xl.importing.headings import Wanted, heading_text, no_header
from kopilot_xl.importing.roles import known_headings
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import transactions
from kopilot_xl.workbook.tables.table import Column

_BYTES = 1 << 20
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", marked("an Excel workbook or a zip archive: give it the ending .xlsx, or unpack it first")),
    (b"PAR1", marked("a Parquet file: give it the ending .parquet")),
    (b"\xd0\xcf\x11\xe0", marked("an old or protected Office file: save it as .xlsx, without a password, or as CSV")),
    (b"%PDF", marked("a PDF document: export the data as CSV or .xlsx instead")),
    (b"\x1f\x8b", marked("a gzip archive: unpack it first")),
)


@dataclass(frozen=True)
class Sample:
    """What the beginning of a text file tells.

    Attributes:
        encoding: as Python names it; `utf-8` also where the rest may be in another.
        delimiter: between the columns.
        above: how many lines stand above the first row of data.
        headings: of the columns, left to right.
        taken: where each column that is known stands, from 0.
        decimal: the decimal sign of its amounts, None where they do not tell.
        remarks: what was assumed, a sentence each.
    """

    encoding: str
    delimiter: str
    above: int
    headings: Sequence[str]
    taken: Mapping[Column, int]
    decimal: str | None
    remarks: Sequence[str]


def sample(path: Path, wanted: Wanted) -> Sample:
    """Look at the beginning of a text file of any size.

    Raises:
        BookError: it cannot be read, is empty or is not text.
        MissingError: no heading that is needed is there.
    """
    data = _beginning(path)
    text, encoding, _ = decoded(data, path)
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html", "<?xml", "<table")):
        raise BookError(t("{path} is not CSV but a web page or XML: open it in Excel and save it as CSV.", path=path))
    text, delimiter = delimited(text.removeprefix("\ufeff"), path.suffix.lower(), known_headings)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[Value]] = []
    lines = []
    with suppress(csv.Error):  # the rows so far still tell
        for row in reader:
            rows.append(list(map(cell, row)))
            lines.append(reader.line_num)
    if not any(map(says, (value for row in rows for value in row))):
        raise BookError(t("{path} is empty. Export it again, with a row of headings.", path=path))
    found = wanted.find(rows)
    if found is None:
        raise no_header(str(path), rows, wanted)
    header, taken = found
    at = taken.get(transactions.AMOUNT)
    amounts = read_amounts([row[at] for row in rows[header + 1 :] if at < len(row)] if at is not None else [])
    remarks = [*amounts.notes]
    if amounts.doubt:
        remarks.append(t("Amounts: {doubt}; a point was taken as decimal sign.", doubt=amounts.doubt))
    headings = [heading_text(value) for value in rows[header]]
    return Sample(encoding, delimiter, lines[header], headings, taken, amounts.decimal, remarks)


def _beginning(path: Path) -> bytes:
    """The first whole lines of a file."""
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise BookError(t("{path} is not CSV but {what}.", path=path, what=t(what)))
    if len(data) == _BYTES:
        data = data[: data.rfind(b"\n") + 1 + (data[:2] == b"\xff\xfe")] or data
    return data

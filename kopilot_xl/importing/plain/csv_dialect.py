"""Encoding, delimiter and quoting of text files."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.importing.csv_dialect import AS_TEXT, DELIMITERS, SEPARATOR_LINE
from kopilot_xl.importing.plain.conversion import _decimal
from kopilot_xl.importing.plain.grid import _MAGIC, _Grid, _unreadable
from kopilot_xl.importing.plain.headings import Wanted, _Found, _no_header, _text, _word
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import transactions
from kopilot_xl.workbook.tables.table import Column

_SAMPLE_ROWS = 200
_SAMPLE_BYTES = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def _text_of(path: Path, data: bytes, wanted: Wanted) -> tuple[str, str, str]:
    """The text of a file, its encoding and its delimiter."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise BookError(t("{path} is not CSV but {what}.", path=path, what=what))
    text, encoding = _decoded(path, data)
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html", "<?xml", "<table")):
        raise BookError(t("{path} is not CSV but a web page or XML: open it in Excel and save it as CSV.", path=path))
    first, _, rest = text.partition("\n")
    told = SEPARATOR_LINE.fullmatch(first)
    if told:
        text = "\n" + rest  # the line still counts, as it does in an editor
    return text, encoding, told[1] if told else _delimiter(text, path, wanted)


@dataclass(frozen=True)
class Sample:
    """What the beginning of a text file tells.

    Attributes:
        encoding: as in `UTF-8`.
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
        BookError: it cannot be read, is empty or is no text.
        MissingError: no heading that is needed is there.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) == _SAMPLE_BYTES:
        data = data[: data.rfind(b"\n") + 1 + (data[:2] == b"\xff\xfe")] or data
    text, encoding, delimiter = _text_of(path, data, wanted)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[Value]] = []
    lines = []
    try:
        for row in reader:
            rows.append(list(map(cell, row)))
            lines.append(reader.line_num)
    except csv.Error:
        pass  # the rows so far still tell
    grid = _Grid(path, "CSV", rows)
    if not any(_word(each) for row in rows for each in row):
        raise BookError(t("{path} is empty. Export it again, with a row of headings.", path=path))
    found = wanted.find(rows)
    if found is None:
        raise _no_header(grid, wanted)
    header, taken = found
    values = _Found(grid, wanted, header, taken).column(transactions.AMOUNT)
    decimal, remarks = _decimal(values, delimiter)
    headings = [_text(each) for each in rows[header]]
    return Sample(encoding, delimiter, lines[header], headings, taken, decimal, remarks)


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    for mark, codec, name in (
        (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
        (b"\xff\xfe", "utf-16-le", "UTF-16"),
        (b"\xfe\xff", "utf-16-be", "UTF-16"),
    ):
        if data.startswith(mark):
            candidates = [(data[len(mark) :], codec, name)]
            break
    else:
        candidates = [(data, "utf-8", "UTF-8"), (data, "cp1252", "Windows-1252")]
    for raw, codec, name in candidates:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text, name
        break
    raise BookError(t("{path} is not a text that can be read. Export it as CSV in UTF-8, or as .xlsx.", path=path))


def _delimiter(text: str, path: Path, wanted: Wanted) -> str:
    """The delimiter that shows the headings looked for; among several, or none, the most even columns."""
    default = "\t" if path.suffix.lower() == ".tsv" else ","

    def score(delimiter: str) -> tuple[bool, bool, float, int, bool]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        sample = []
        try:
            for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False):
                sample.append(row)
        except csv.Error:
            pass  # the sample so far still tells
        widths = Counter(len(row) for row in sample if any(each.strip() for each in row))
        width, times = widths.most_common(1)[0] if widths else (0, 0)
        return (
            wanted.find(sample) is not None,
            width > 1,
            times / max(widths.total(), 1),
            width,
            delimiter == default,
        )

    return max(DELIMITERS, key=score)


def cell(text: str) -> Value:
    """Return a text of a file as a cell: without blanks around it, None where it is empty."""
    plain = text.strip()
    if plain.startswith('="') and (match := AS_TEXT.fullmatch(plain)):
        plain = match[1].replace('""', '"')
    return plain or None

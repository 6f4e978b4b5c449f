"""From the text of a file to its rows: what parts the columns, and what quotation marks are for."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}
_SAMPLE_ROWS = 200
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?;?,?\s*', re.IGNORECASE)
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How some programs keep Excel from reading an id as a number: ="007"."""
_BLANK = frozenset({"", "null", "na", "n/a", "none", "#n/a", "nil", "\\n", "(blank)", "nan", "<null>", "(null)"})


class _Cells(dict[str, Value]):
    """What each text of a file is as a cell, worked out once."""

    def __missing__(self, text: str) -> Value:
        plain = text.strip()
        if plain.startswith('="') and (match := _AS_TEXT.fullmatch(plain)):
            plain = match[1].replace('""', '"')
        value = self[text] = None if plain.casefold() in _BLANK else plain
        return value


def cell(text: str) -> Value:
    """Return a text as a cell: without blanks around it, None where it says that there is nothing."""
    return _Cells()[text]


def rows_of(
    text: str, path: object, known: Callable[[Sequence[Value]], int], suffix: str = ""
) -> tuple[list[list[Value]], str | None, tuple[str, ...]]:
    """Return the rows of a text, its delimiter (None where there is one column), and what was assumed.

    Args:
        text: of the whole file.
        path: what errors call it.
        known: tells how many headings of a row are known.
        suffix: of the file, which says what is likely.

    Raises:
        BookError: it cannot be parsed.
    """
    text, delimiter = delimited(text, suffix, known)
    rows, notes = records(path, text, delimiter, _Cells().__getitem__)
    if inner := unwrapped(rows, known):
        lines = "\n".join(inner)
        delimiter = _delimiter(lines, suffix, known)
        rows, more = records(path, lines, delimiter, _Cells().__getitem__)
        notes = (*notes, *more, t("Each line is quoted as a whole: what is inside the quotes was read."))
    return rows, delimiter if max(map(len, rows), default=0) > 1 else None, notes


def delimited(text: str, suffix: str, known: Callable[[Sequence[Value]], int]) -> tuple[str, str]:
    """Return a text, without the line of Excel that names the delimiter, and what parts its columns."""
    first, _, rest = text.partition("\n")
    marked = _SEPARATOR_LINE.fullmatch(first)
    if marked:
        return "\n" + rest, marked[1]  # the line still counts, as it does in an editor
    return text, _delimiter(text, suffix, known)


def unwrapped(rows: Sequence[Sequence[Value]], known: Callable[[Sequence[Value]], int]) -> list[str] | None:
    """Return the lines that rows hold in their first cell alone, where each is a whole line of another table."""
    lines: list[str] = []
    alone = 0
    for row in rows:
        filled = [each for each in row if each is not None]
        if filled and (len(filled) > 1 or row[0] is None or not isinstance(filled[0], str)):
            if len(filled) > 1 and alone * 10 < len(lines):
                return None
            lines.append("")
            continue
        lines.append(str(filled[0]) if filled else "")
        alone += bool(filled)
    full = [each for each in lines if each]
    if len(full) < 2 or alone < 0.9 * sum(1 for row in rows if any(each is not None for each in row)):
        return None
    for delimiter in DELIMITERS:
        widths = Counter(len(next(csv.reader([each], delimiter=delimiter), [])) for each in full[:_SAMPLE_ROWS])
        width, times = widths.most_common(1)[0]
        if width >= 3 and times >= 0.8 * min(len(full), _SAMPLE_ROWS):
            return lines
        first: list[Value] = list(next(csv.reader([full[0]], delimiter=delimiter), []))
        if width == len(first) == 2 and times >= 0.95 * min(len(full), _SAMPLE_ROWS) and known(first):
            return lines
    return None


def _delimiter(text: str, suffix: str, known: Callable[[Sequence[Value]], int]) -> str:
    """The delimiter that shows most known headings; among several, or none, the most even columns."""
    default = "\t" if suffix == ".tsv" else ","
    cells = _Cells()

    def score(delimiter: str) -> tuple[int, bool, float, int, bool]:
        sample: list[list[str]] = []
        with suppress(csv.Error):  # the sample so far still tells
            sample.extend(islice(_parsed(text, delimiter, strict=False), _SAMPLE_ROWS))
        widths = Counter(len(row) for row in sample if any(each.strip() for each in row))
        width, times = widths.most_common(1)[0] if widths else (0, 0)
        best = max((known([cells[each] for each in row]) for row in sample[:60] if len(row) > 1), default=0)
        return best, width > 1, times / max(widths.total(), 1), width, delimiter == default

    return max(DELIMITERS, key=score)


def records(
    path: object, text: str, delimiter: str, to_cell: Callable[[str], Value]
) -> tuple[list[list[Value]], tuple[str, ...]]:
    """Return the rows of a text file, blank ones too, so that a row's number is what Excel would show.

    Args:
        path: what errors call it.
        text: of the whole file.
        delimiter: between the columns.
        to_cell: what a text of the file is as a cell.

    Raises:
        BookError: it cannot be parsed.
    """
    try:
        return [list(map(to_cell, row)) for row in _parsed(text, delimiter, strict=True)], ()
    except csv.Error as error:
        if "unexpected end" in str(error):
            line = _open_quote(text, delimiter)
            raise BookError(
                t(
                    '{path} has a quotation mark (") that is never closed{line}. Close or remove it, or export again.',
                    path=path,
                    line=line,
                )
            ) from error
    try:
        rows = [list(map(to_cell, row)) for row in _parsed(text, delimiter, strict=False)]
    except csv.Error as error:
        raise BookError(
            t(
                "{path} is not a CSV file that can be read ({error}). Export it again, or as .xlsx.",
                path=path,
                error=error,
            )
        ) from error
    return rows, (t("Some quotation marks inside a text are not doubled: they were taken as they are."),)


def _parsed(text: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _open_quote(text: str, delimiter: str) -> str:
    """Where the last record begins, which swallowed the rest of the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    try:
        before = 0
        for _ in reader:
            begins, before = before + 1, reader.line_num
    except csv.Error:
        return ""
    return t(", in the record that begins in line {line}", line=begins)

"""The shape of a table: where its headings are, which rows are data, totals, remarks, and group headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from kopilot_xl.errors import MissingError
from kopilot_xl.importing.amounts import parts, share_of_amounts
from kopilot_xl.importing.date_texts import reading
from kopilot_xl.importing.dates import share_of_dates
from kopilot_xl.importing.grid import RawTable
from kopilot_xl.importing.roles import known_headings, roles_of
from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Value

HEADER_WITHIN = 60
_SAMPLE = 400


def text_of(value: Value) -> str:
    """Return a cell as a text without repeated blanks, blank for None."""
    if isinstance(value, str):
        return " ".join(value.split()) if "  " in value or not value.isprintable() else value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


@dataclass(eq=False)
class Column:
    """A column: its heading, what that can be, and its values."""

    at: int
    heading: str
    letter: str
    values: Sequence[Value]
    above: str = ""
    """the heading that spans several columns"""
    prefix: int = 0
    """how many characters all headings of the table begin with: they say nothing of this one"""

    @cached_property
    def roles(self) -> dict[str, float]:
        """What the heading can be, each with how surely."""
        return dict(roles_of(self.heading)) or dict(roles_of(self.heading[self.prefix :]))

    def role(self, *names: str) -> float:
        """How surely the column is one of some roles, 0 where it is none."""
        return max((self.roles.get(each, 0.0) for each in names), default=0.0)

    @cached_property
    def filled(self) -> list[Value]:
        """The values that are not blank."""
        return [each for each in self.values if each is not None]

    @cached_property
    def fill(self) -> float:
        """The share of rows that are not blank."""
        return len(self.filled) / len(self.values) if self.values else 0.0

    @cached_property
    def distinct(self) -> set[Value]:
        """The different values."""
        return set(self.filled)

    @cached_property
    def sample(self) -> list[Value]:
        """Some of the values, from all over the column."""
        step = max(len(self.filled) // _SAMPLE, 1)
        return self.filled[::step][:_SAMPLE]

    @cached_property
    def dates(self) -> float:
        """The share that could be dates."""
        return share_of_dates(self.sample)

    @cached_property
    def amounts(self) -> float:
        """The share that are amounts."""
        return share_of_amounts(self.sample)

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.heading or f"column {self.letter}"


@dataclass(eq=False)
class Table:
    """A table whose headings are known.

    Attributes:
        raw: the cells.
        header: the row of the headings, counted from 0.
        headings: of the columns.
        body: the rows below, as long as the headings.
        at: the row of each row of the body, counted from 0 in `raw`.
        wide: rows with cells beyond the last heading.
        source: which of several files each row is from.
    """

    raw: RawTable
    header: int
    headings: list[str]
    body: list[list[Value]]
    at: Sequence[int]
    above: Sequence[str] = ()
    wide: Sequence[int] = ()
    sources: list[tuple[int, RawTable]] = field(default_factory=list)
    """where the rows of each further file begin"""
    first: int = 0
    """the row below the headings, counted from 0 in `raw`"""

    @cached_property
    def columns(self) -> list[Column]:
        """The columns, left to right."""
        values = list(zip(*self.body, strict=True)) if self.body else [()] * len(self.headings)
        prefix = len(common_prefix(self.headings))
        return [
            Column(at, heading, self.raw.letters(at), values[at], self.above[at] if self.above else "", prefix)
            for at, heading in enumerate(self.headings)
        ]

    def by_heading(self, heading: str) -> Column | None:
        """Return the column of a heading, compared as headings are; by its letter, too."""
        wanted = fold(heading)
        for exact in (True, False):
            for each in self.columns:
                if each.heading and (each.heading == heading if exact else fold(each.heading) == wanted):
                    return each
        return next((each for each in self.columns if each.letter == heading.strip().upper()), None)

    def place(self, row: int) -> str:
        """Return the file and the row, as a spreadsheet shows it, of a row of the body."""
        raw = self.source(row)
        return f"{raw.path.name} row {raw.row_number(self.at[row])}"

    def source(self, row: int) -> RawTable:
        """Return the file a row of the body is from."""
        found = self.raw
        for begins, raw in self.sources:
            if row >= begins:
                found = raw
        return found


_PREFIX = re.compile(r"[^\W\d_]{1,20}(?:_| - |: |\.)")


def common_prefix(headings: Sequence[str]) -> str:
    """Return what all headings begin with, as in c_name or Deal - Title; blank where they do not."""
    given = [each for each in headings if each]
    match = _PREFIX.match(given[0]) if len(given) > 2 else None
    return match[0] if match is not None and all(each.startswith(match[0]) for each in given) else ""


def laid_out(raw: RawTable, wanted: Iterable[str] = ()) -> Table:
    """Find the headings of a table, and the rows below.

    Args:
        raw: the cells.
        wanted: headings that the user named, which count as known.

    Raises:
        MissingError: there is no row of headings.
    """
    names = {fold(each) for each in wanted}
    header = _header(raw, names)
    rows = raw.rows
    top = [text_of(each) for each in rows[header]]
    width = _width(rows, header, top)
    top = (top + [""] * width)[:width]
    first = header + 1
    above = _spanning(rows, header, width)
    if _is_second_heading(rows, header, width):
        second = [text_of(each) for each in rows[header + 1]]
        second = (second + [""] * width)[:width]
        top, above = _merged(top, second)
        first += 1
    folded = [fold(each) for each in top]
    body: list[list[Value]] = []
    at: list[int] = []
    wide: list[int] = []
    for index in range(first, len(rows)):
        row = rows[index]
        if len(row) == width:
            fit = row if isinstance(row, list) else list(row)
        elif len(row) > width:
            if any(each is not None for each in row[width:]):
                wide.append(len(body))
            fit = list(row[:width])
        else:
            fit = [*row, *[None] * (width - len(row))]
        first_cell = fit[0]
        if first_cell is None and not any(each is not None for each in fit):
            continue
        alike = isinstance(first_cell, str) and len(first_cell) == len(top[0]) and fold(first_cell) == folded[0]
        if alike and [fold(text_of(each)) for each in fit] == folded:
            continue  # the headings again, at the top of a printed page
        body.append(fit)
        at.append(index)
    return Table(raw, header, top, body, at, above, wide, first=first)


def _width(rows: Sequence[Sequence[Value]], header: int, top: Sequence[str]) -> int:
    """How many columns there are: those with headings, and those without that most rows fill."""
    width = max((at for at, each in enumerate(top) if each), default=-1) + 1
    below = rows[header + 1 : header + 400]
    widest = max(map(len, below), default=0)
    for at in range(width, widest):
        if sum(1 for row in below if at < len(row) and row[at] is not None) * 2 > len(below):
            width = at + 1
    return width


def _header(raw: RawTable, wanted: set[str]) -> int:
    best: tuple[float, int] | None = None
    head = raw.rows[:HEADER_WITHIN]
    for at, row in enumerate(head):
        filled = [each for each in row if each is not None]
        if not filled:
            continue
        known = known_headings(row) + 2 * sum(1 for each in filled if isinstance(each, str) and fold(each) in wanted)
        data = sum(1 for each in filled if _is_data(each))
        if known and known > data and (best is None or known > best[0]):
            best = (known, at)
    if best is not None:
        return best[1]
    for at, row in enumerate(head):
        filled = [each for each in row if each is not None]
        texts = [each for each in filled if isinstance(each, str) and not _is_data(each)]
        if len(filled) >= 2 and len(texts) == len(filled) == len(set(texts)):
            below = [one for later in raw.rows[at + 1 : at + 20] for one in later if one is not None]
            if any(_is_data(each) for each in below):
                return at
    raise MissingError(
        t(
            "{label} has no row of headings: its first row is {listed}. Put a row of headings "
            "above the data, such as Client, Issue date, Amount, Status.",
            label=raw.label,
            listed=listed([text_of(each) for each in _first(head)], 12),
        )
    )


def _first(rows: Sequence[Sequence[Value]]) -> list[Value]:
    return next(
        ([each for each in row if each is not None] for row in rows if any(each is not None for each in row)), []
    )


def _is_data(value: Value) -> bool:
    """Whether a cell is a date or a number, as headings are not; a year may be one."""
    if isinstance(value, str):
        told = reading(value)
        if told is not None and told.partial is None:
            return True
        return any(map(str.isdigit, value)) and parts(value) is not None and not _is_year(value)
    if isinstance(value, float) and _is_year(text_of(value)):
        return False
    return value is not None


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and text[:2] in ("19", "20")


def _spanning(rows: Sequence[Sequence[Value]], header: int, width: int) -> list[str]:
    """The headings above the headings, each spread over the columns it spans; none where there are none."""
    if header == 0:
        return []
    row = rows[header - 1]
    texts = [text_of(each) for each in row[:width]]
    if sum(1 for each in texts if each) < 2 or any(_is_data(each) for each in row if each is not None):
        return []
    spread, last = [], ""
    for at in range(width):
        last = (texts[at] if at < len(texts) else "") or last
        spread.append(last)
    return spread


def _is_second_heading(rows: Sequence[Sequence[Value]], header: int, width: int) -> bool:
    """Whether the row below the headings is one more row of headings: texts where the rows below have numbers."""
    if header + 2 >= len(rows):
        return False
    row = rows[header + 1]
    filled = [(at, each) for at, each in enumerate(row[:width]) if each is not None]
    if len(filled) < 2 or any(not isinstance(each, str) or _is_data(each) for _, each in filled):
        return False
    named = sum(1 for _, each in filled if roles_of(str(each)) or _is_technical(str(each)))
    if named * 2 < len(filled):
        return False
    below = rows[header + 2 : header + 60]
    for at, _ in filled:
        values = [later[at] for later in below if at < len(later) and later[at] is not None]
        if values and (share_of_dates(values) >= 0.6 or share_of_amounts(values) >= 0.6):
            return True
    return False


def _is_technical(text: str) -> bool:
    """Whether a text is a name of a program's own, as in SalesInvoice.netTotal or net_total."""
    return " " not in text and ("." in text or "_" in text) and not any(map(str.isdigit, text))


def _merged(top: list[str], second: list[str]) -> tuple[list[str], list[str]]:
    """The headings of two rows: the one of the two that lists name; the other stands above it."""
    headings, above = [], []
    last = ""
    for upper, lower in zip(top, second, strict=True):
        last = upper or last
        technical = _is_technical(lower)
        if lower and not technical and (not upper or (roles_of(lower) and not roles_of(upper)) or roles_of(lower)):
            headings.append(lower)
            above.append(last if not upper or upper != lower else "")
        else:
            headings.append(upper or lower)
            above.append(lower.partition(".")[0] if technical else "")
    return headings, above


def listed(texts: Iterable[str], most: int = 3) -> str:
    """Return the first of some texts, so that a message stays a line."""
    found = list(texts)
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def is_total_word(text: str) -> bool:
    """Whether a text begins as a line of totals does; `@SUM(1)` does not, it is a formula or an id."""
    if _is_code(text):
        return False
    folded = fold(text)
    first = text.split()[0].rstrip(":.") if text.split() else ""
    return any(
        folded == each or (folded.startswith(each) and _whole(text, first, each)) for each in vocabulary().totals
    )


def _whole(text: str, first: str, total: str) -> bool:
    """Whether a total word is a word of its own at the beginning of a text."""
    taken = ""
    for word in text.replace(":", " ").split():
        taken += fold(word)
        if taken == total:
            return True
        if not total.startswith(taken):
            return False
    return False


def is_bare_total(text: str) -> bool:
    """Whether a text is nothing but a total word, with a number or a colon at most."""
    plain = fold("".join(each for each in text if not each.isdigit()))
    return plain in vocabulary().totals and not _is_code(text)


def _is_code(text: str) -> bool:
    return text.lstrip().startswith("@")


def together(tables: Sequence[Table], kind: Callable[[RawTable], object] = lambda raw: None) -> list[Table]:
    """Join the tables that have the same headings, period and kind, in order."""
    groups: dict[object, list[Table]] = {}
    for each in tables:
        groups.setdefault((tuple(map(fold, each.headings)), each.raw.period, kind(each.raw)), []).append(each)
    return [group[0] if len(group) == 1 else _joined(group) for group in groups.values()]


def _joined(group: Sequence[Table]) -> Table:
    body: list[list[Value]] = []
    at: list[int] = []
    wide: list[int] = []
    sources: list[tuple[int, RawTable]] = []
    for each in group:
        sources.append((len(body), each.raw))
        wide += [len(body) + row for row in each.wide]
        body += each.body
        at += each.at
    first = group[0]
    return Table(first.raw, first.header, first.headings, body, at, first.above, wide, sources)


def parts_of_rows(table: Table, keep: Callable[[int], bool]) -> Table:
    """Return the table with only the rows that `keep` tells."""
    kept = [row for row in range(len(table.body)) if keep(row)]
    sources = []
    for begins, raw in table.sources:
        sources.append((sum(1 for row in kept if row < begins), raw))
    body = [table.body[row] for row in kept]
    return Table(
        table.raw, table.header, table.headings, body, [table.at[row] for row in kept], table.above, (), sources
    )


def most_common(values: Iterable[Value]) -> Value:
    """Return the value that is there most often, None where there is none."""
    found = Counter(each for each in values if each is not None).most_common(1)
    return found[0][0] if found else None


def is_day(value: Value) -> bool:
    """Whether a cell is or may be a day."""
    if isinstance(value, date):
        return True
    if isinstance(value, str):
        return reading(value) is not None or share_of_dates([value]) == 1.0
    return isinstance(value, float | int) and not isinstance(value, bool) and share_of_dates([value]) == 1.0

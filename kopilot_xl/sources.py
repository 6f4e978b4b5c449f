"""Tables of any size outside a workbook: files, folders of files and databases, brought into one typed shape."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl

from kopilot_xl import databases, exports
from kopilot_xl.databases import Address
from kopilot_xl.domain import words
from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.exports import PARQUET_FILES, TEXT_FILES, Choices, Sample, Wanted
from kopilot_xl.sheets.findings import Kind, Problem
from kopilot_xl.sheets.table import Column, Format
from kopilot_xl.sheets.values import DateOrder, UnreadableError, read_amount, read_date

if TYPE_CHECKING:
    from os import PathLike

LARGE = 16 << 20
"""A text file of more bytes is read in streams, as folders and databases are: its problems are counted, not listed."""
_DENSE = 4
"""How much more a Parquet file holds than a text file of its size."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How a folder of a partition says that there is no value."""

FOLDERS = "folders"
"""The column that tells the folders of a row's partition."""

_SHOWN = 3
_KEPT = 500_000
"""How many different texts of a column are remembered as read."""
_PLAIN_NUMBER = r"^-?\d+(?:[.,](?:\d{1,2}|\d{4,}))?$"
"""A number whose decimal sign leaves no doubt."""
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$"
_ENCODINGS = {"UTF-16": "utf-16", "Windows-1252": "cp1252"}


@dataclass(frozen=True)
class Piece:
    """A file of a table, the folders of its partition, and the values that their names give."""

    path: Path
    folders: str = ""
    partition: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Where a table is to be read from; as a text it shows no credentials.

    Attributes:
        name: how it is called in texts.
        pieces: its files, none for a database, in the order that decides which of two rows is the first.
        address: the table or query of a database.
    """

    name: str
    pieces: Sequence[Piece] = ()
    address: Address | None = None

    @classmethod
    def of(cls, given: str | PathLike[str]) -> Source:
        """Find what is meant: a file, a pattern, a folder, or the address of a database.

        Raises:
            BookError: there is no such file, or no file that can be read in the folder.
        """
        text = os.fspath(given)
        if databases.is_address(text):
            address = Address.of(text)
            return cls(str(address), address=address)
        path = Path(text)
        if path.is_dir():
            return cls(text, _pieces(path, path.rglob("*")))
        if not path.exists() and glob.has_magic(text):
            base = Path(*_before_pattern(path.parts))
            return cls(text, _pieces(base, map(Path, glob.iglob(text, recursive=True)), f"No file is like {text}."))
        return cls(text, (Piece(path),))

    @property
    def is_large(self) -> bool:
        """Whether it is read in streams, not row by row."""
        if self.address or len(self.pieces) != 1 or self.pieces[0].partition:
            return True
        suffix = self.file.suffix.lower()
        weight = 1 if suffix in TEXT_FILES else _DENSE if suffix in PARQUET_FILES else 0
        return bool(weight) and self.file.is_file() and self.file.stat().st_size * weight > LARGE

    @property
    def file(self) -> Path:
        """The one file of a table that is read row by row."""
        return self.pieces[0].path

    @property
    def partitions(self) -> list[str]:
        """The names of the columns that its folders give."""
        return list(self.pieces[0].partition) if self.pieces else []


def _before_pattern(parts: Sequence[str]) -> Iterator[str]:
    for part in parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _pieces(base: Path, found: Iterator[Path], none: str = "") -> list[Piece]:
    """The files of a table, in the order of their names; hidden ones and those of other programs' books are none."""
    paths = []
    for path in found:
        parts = path.relative_to(base).parts
        if path.suffix.lower() in (*TEXT_FILES, *PARQUET_FILES) and not any(each[0] in "._" for each in parts):
            paths.append((parts, path))
    pieces = [_piece(path, parts[:-1]) for parts, path in sorted(paths) if path.is_file()]
    if not pieces:
        raise BookError(
            f"{none or f'There is nothing to read in the folder {base}.'} What can be read there is "
            f"{', '.join((*TEXT_FILES, *PARQUET_FILES))}."
        )
    first = pieces[0]
    for each in pieces:
        if list(each.partition) != list(first.partition):
            raise BookError(
                f"{each.path} and {first.path} are partitioned differently: have each file in as many folders "
                "named column=value as the others."
            )
        if (each.path.suffix.lower() in PARQUET_FILES) != (first.path.suffix.lower() in PARQUET_FILES):
            raise BookError(f"{each.path} and {first.path} are of different kinds: have one kind in a folder.")
    return pieces


def _piece(path: Path, folders: Sequence[str]) -> Piece:
    parts = [each for each in folders if "=" in each]
    pairs = [each.partition("=") for each in parts]
    values = {unquote(name): None if value == NO_VALUE else unquote(value) for name, _, value in pairs}
    return Piece(path, "/".join(parts), values)


@dataclass
class Tally:
    """What was wrong in a column of a table too long to list: how often, and for instance."""

    source: str
    column: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, count: int, *examples: object) -> None:
        """Count some more."""
        self.count += count
        for each in examples:
            if len(self.examples) < _SHOWN and str(each) not in self.examples:
                self.examples.append(str(each))

    def problem(self, what: str, done: str, kind: Kind = Kind.PROBLEM) -> Problem | None:
        """Return the line to tell, if there is anything to tell; `what` is said of the rows, as in `without an id`."""
        if not self.count:
            return None
        some = ", ".join(f'"{each}"' for each in self.examples)
        such = f", such as {some}" if some else ""
        wrong = f"{words.count(self.count, 'row')} {what}{such}."
        return Problem(kind, self.source, None, self.column, None, ", ".join(self.examples), wrong, done)


class _Reading:
    """Reads a column's values as those of a sheet, each different one once, whatever thread it comes in."""

    def __init__(self, read: Callable[[Any], Any], kind: Any, tally: Tally) -> None:
        self._read, self._kind, self._tally = read, kind, tally
        self._known: dict[Any, Any] = {}
        self._bad: set[Any] = set()
        self._lock = Lock()

    def __call__(self, values: pl.Series) -> pl.Series:
        different = values.unique().to_list()
        with self._lock:
            if len(self._known) > _KEPT:
                self._known.clear()
                self._bad.clear()
            read = [self._one(each) for each in different]
            bad = [each for each in different if each in self._bad]
            if bad:
                self._tally.add(int(values.is_in(bad).sum()), *sorted(map(str, bad)))
        new = pl.Series(read, dtype=self._kind)
        return values.replace_strict(pl.Series(different, dtype=values.dtype), new, return_dtype=self._kind)

    def _one(self, value: Any) -> Any:
        if value is None:
            return None
        if value not in self._known:
            try:
                self._known[value] = self._read(value)
            except UnreadableError:
                self._known[value] = None
                self._bad.add(value)
        return self._known[value]


@dataclass(frozen=True)
class _Typed:
    """How a table's columns become typed ones, and what was wrong with them."""

    source: str
    order: DateOrder | None
    tallies: dict[Column, Tally] = field(default_factory=dict)
    readings: dict[tuple[Column, str | None], _Reading] = field(default_factory=dict)
    doubtful: set[Column] = field(default_factory=set)
    """The columns with a text that could be two different days."""

    def tally(self, column: Column) -> Tally:
        """What was wrong in a column; complete when the frames were computed."""
        return self.tallies.setdefault(column, Tally(self.source, column.header))

    def days_problem(self, column: Column, what: str, done: str) -> Problem | None:
        """Return the line to tell of days that cannot be read; it names the way out for those that could be two."""
        if column in self.doubtful:
            done += f" --date-order {' or '.join(DateOrder)} settles what could be two different days."
        return self.tally(column).problem(f"with {what} that cannot be read", done)

    def _read(
        self, column: Column, value: pl.Expr, kind: Any, read: Callable[[Any], Any], how: str | None = None
    ) -> pl.Expr:
        reading = self.readings.setdefault((column, how), _Reading(read, kind, self.tally(column)))
        return value.map_batches(reading, return_dtype=kind, is_elementwise=True)

    def of_bytes(self, value: pl.Expr, column: Column) -> pl.Expr:
        """Bytes as texts."""
        return self._read(column, value, pl.String(), exports.text_of, "bytes")

    def text(self, value: pl.Expr, kind: Any, column: Column) -> pl.Expr:
        """An id or another text: a whole number without decimals."""
        if kind.is_float():
            whole = value.is_finite() & (value == value.round(0)) & (value.abs() < 2.0**63)
            number = pl.when(whole).then(value).cast(pl.Int64)
            return pl.coalesce(number.cast(pl.String), pl.when(value.is_not_nan()).then(value.cast(pl.String)))
        if kind.is_nested() or kind == pl.Object:
            raise BookError(
                f"{self.source}: the column of {column.header} holds {kind}, neither texts nor numbers. "
                "Write it as text."
            )
        return value.cast(pl.String)

    def day(self, value: pl.Expr, kind: Any, column: Column) -> pl.Expr:
        """A day; the time of day is dropped, in the time zone of the column."""
        if kind == pl.Date:
            return value
        if isinstance(kind, pl.Datetime):
            return value.dt.replace_time_zone(None).dt.date()
        if kind == pl.String:
            value = pl.when(value.str.contains(_MOMENT)).then(value.str.slice(0, 10)).otherwise(value)
        else:
            self.text(value, kind, column)  # refuses what is neither

        def read(cell: Any) -> date | None:
            try:
                return read_date(cell, self.order)
            except UnreadableError:
                if self.order is None and _is_day(cell, DateOrder.DMY):
                    self.doubtful.add(column)
                raise

        return self._read(column, value, pl.Date(), read)

    def amount(self, value: pl.Expr, kind: Any, column: Column, decimal: str | None) -> pl.Expr:
        """A number; one that is not finite is none."""
        if kind.is_numeric():
            number = value.cast(pl.Float64)
            return pl.when(number.is_finite()).then(number)
        if kind == pl.String:
            value = value.str.strip_chars()
            plain = value.str.contains(_PLAIN_NUMBER)
            number = pl.when(plain).then(value).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
            value = pl.when(~plain).then(value)
        else:
            self.text(value, kind, column)
            number = pl.lit(None, dtype=pl.Float64)

        def read(cell: Any) -> float | None:
            return read_amount(cell, decimal)

        return pl.coalesce(number, self._read(column, value, pl.Float64(), read, decimal))


def _is_day(cell: Any, order: DateOrder) -> bool:
    try:
        return read_date(cell, order) is not None
    except UnreadableError:
        return False


@dataclass(frozen=True)
class _Opened:
    """A file of a table as it stands: all texts for CSV, typed for Parquet.

    `kinds` are the types of the frame's columns, `taken` tells which column of the frame is taken for which of ours,
    `headings` how it is headed; `sample` is there for a text file only.
    """

    frame: pl.LazyFrame
    kinds: Mapping[str, Any]
    taken: Mapping[Column, str]
    headings: Mapping[Column, str]
    ignored: Sequence[str]
    sample: Sample | None = None

    def kind(self, column: Column) -> Any:
        """The type of a column, None where it is missing."""
        return self.kinds[self.taken[column]] if column in self.taken else None


@dataclass(frozen=True)
class Table:
    """An opened table: its files, what they hold, and how to have it typed."""

    source: Source
    wanted: Wanted
    pieces: Sequence[Piece]
    opened: Sequence[_Opened]
    typed: _Typed

    def has(self, column: Column) -> bool:
        """Whether the table has a column."""
        return column in self.opened[0].taken

    def frames(self, columns: Mapping[str, Column]) -> Iterator[pl.LazyFrame]:
        """Each file with these columns, typed and under these names, and the folders of its partition."""
        for piece, each in zip(self.pieces, self.opened, strict=True):
            decimal = each.sample.decimal if each.sample else None
            folders = pl.lit(piece.folders or None, dtype=pl.String).alias(FOLDERS)
            own = [self._column(each, name, column, decimal) for name, column in columns.items()]
            blank = pl.all_horizontal(pl.col(name).is_null() for name in columns)
            yield each.frame.select(*own, folders).filter(~blank)

    def _column(self, opened: _Opened, name: str, column: Column, decimal: str | None) -> pl.Expr:
        kind = opened.kind(column)
        if kind is None or kind == pl.Null:
            return pl.lit(None, dtype=_KINDS[column.format]).alias(name)
        value = pl.col(opened.taken[column])
        if kind == pl.Binary:  # as some programs write texts
            value, kind = self.typed.of_bytes(value, column), pl.String()
        if opened.sample:
            value = value.str.strip_chars()
            quoted = value.str.extract(r'(?s)^="(.*)"$')
            value = pl.coalesce(quoted, pl.when(value != "").then(value))
        if column.format is Format.DATE:
            return self.typed.day(value, kind, column).alias(name)
        if column.format is Format.AMOUNT:
            return self.typed.amount(value, kind, column, decimal).alias(name)
        return self.typed.text(value, kind, column).alias(name)

    def in_place(self, columns: Mapping[str, Column], reads: Callable[[Any], bool]) -> bool:
        """Whether an engine that reads these types can read the files as they are: Parquet, typed, all alike."""
        if any(each.sample for each in self.opened):
            return False
        first = self.opened[0]
        for column in columns.values():
            kind, heading = first.kind(column), first.taken.get(column)
            if any(each.taken.get(column) != heading or each.kind(column) != kind for each in self.opened):
                return False
            if heading in self.source.partitions:
                return False
            if kind is not None and not (_IN_PLACE[column.format](kind) and reads(kind)):
                return False
        return True

    def choices(self, rows: int) -> Choices:
        """Return how the table was read."""
        first = self.opened[0]
        form = self.source.address.form if self.source.address else "CSV" if first.sample else "Parquet"
        if len(self.pieces) > 1:
            form += f", {words.count(len(self.pieces), 'file')}"
        remarks = list(first.sample.remarks) if first.sample else []
        return Choices(
            file=self.source.name,
            form=form,
            rows=rows,
            encoding=first.sample.encoding if first.sample else None,
            delimiter=first.sample.delimiter if first.sample else None,
            decimal=first.sample.decimal if first.sample else None,
            columns={column.header: heading for column, heading in first.headings.items()},
            ignored=first.ignored,
            remarks=remarks,
        )


def _is_text(kind: Any) -> bool:
    return kind.is_integer() or isinstance(kind, (pl.String, pl.Categorical, pl.Enum))


_KINDS: dict[Format, Any] = {Format.TEXT: pl.String(), Format.DATE: pl.Date(), Format.AMOUNT: pl.Float64()}
_IN_PLACE: dict[Format, Callable[[Any], bool]] = {
    Format.TEXT: _is_text,
    Format.DATE: lambda kind: kind == pl.Date or (isinstance(kind, pl.Datetime) and kind.time_zone is None),
    Format.AMOUNT: lambda kind: kind.is_numeric(),
}


def open_table(source: Source, wanted: Wanted, scratch: Path, order: DateOrder | None) -> Table:
    """Open a table: what its columns are is known then. A database's rows are fetched into `scratch`.

    Raises:
        BookError: it cannot be read.
        MissingError: a column that is needed is not there; or its files differ in their columns.
    """
    pieces = source.pieces
    if source.address:
        path = scratch / f"{wanted.table.name}.database.parquet"
        databases.read(source.address, path)
        pieces = [Piece(path)]
    opened = []
    for number, piece in enumerate(pieces):
        copy = scratch / f"{wanted.table.name}-{number}.csv"
        opened.append(
            _csv(piece, wanted, copy)
            if piece.path.suffix.lower() in TEXT_FILES
            else _parquet(piece, wanted, source.name if source.address else str(piece.path))
        )
        if opened[-1].taken.keys() != opened[0].taken.keys():
            here, there = (", ".join(each.header for each in one.taken) for one in (opened[-1], opened[0]))
            raise MissingError(
                f"{piece.path} has the columns {here}, but {pieces[0].path} has {there}: have the same in each file."
            )
    return Table(source, wanted, pieces, opened, _Typed(source.name, order))


def _parquet(piece: Piece, wanted: Wanted, name: str) -> _Opened:
    path = piece.path
    try:
        with path.open("rb") as file:
            kinds: dict[str, Any] = dict(pl.read_parquet_schema(file))
    except FileNotFoundError as error:
        raise BookError(f"There is no file {path}. Check its name and folder.") from error
    except OSError as error:
        raise BookError(f"{path} cannot be read: {error.strerror or error}. Close it elsewhere, or copy it.") from error
    except pl.exceptions.PolarsError as error:
        raise BookError(f"{path} is no Parquet file that can be read: write it again.") from error
    frame = pl.scan_parquet([path], hive_partitioning=False, glob=False)
    frame = frame.with_columns(pl.lit(value, dtype=pl.String).alias(key) for key, value in piece.partition.items())
    kinds |= dict.fromkeys(piece.partition, pl.String())
    taken = exports.known_headings(list(kinds), wanted, name)
    ignored = [each for each in kinds if each not in taken.values()]
    return _Opened(frame, kinds, taken, taken, ignored)


def _csv(piece: Piece, wanted: Wanted, copy: Path) -> _Opened:
    path = piece.path
    sample = exports.sample(path, wanted)
    kinds: dict[str, Any] = {f"c{at}": pl.String() for at in range(len(sample.headings))}
    encoding = _ENCODINGS.get(sample.encoding) or (None if _is_utf8(path) else "cp1252")
    if encoding:
        path = _in_utf8(path, encoding, copy)
    frame = pl.scan_csv(
        [path], has_header=False, separator=sample.delimiter, skip_lines=sample.above, schema=kinds, glob=False
    )
    used = set(sample.taken.values())
    ignored = [heading for at, heading in enumerate(sample.headings) if heading and at not in used]
    taken = {column: f"c{at}" for column, at in sample.taken.items()}
    headings = {column: sample.headings[at] for column, at in sample.taken.items()}
    return _Opened(frame, kinds, taken, headings, ignored, sample)


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            while file.read(1 << 22):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _in_utf8(path: Path, encoding: str, target: Path) -> Path:
    try:
        with path.open(encoding=encoding, newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
            while text := old.read(1 << 22):
                new.write(text)
    except UnicodeDecodeError:
        raise BookError(f"{path} is no text that can be read. Export it as CSV in UTF-8, or as Parquet.") from None
    return target

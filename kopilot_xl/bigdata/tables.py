"""Tables of any size outside a workbook: files, folders of files and databases, brought into one typed shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kopilot_xl.bigdata import databases
from kopilot_xl.bigdata.sources import Piece, Source
from kopilot_xl.bigdata.typing import _Typed
from kopilot_xl.domain import formatting
from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.importing import csv_dialect
from kopilot_xl.importing import headings as headings_module
from kopilot_xl.importing.csv_dialect import Sample
from kopilot_xl.importing.export import Choices
from kopilot_xl.importing.grid import TEXT_FILES
from kopilot_xl.importing.headings import Wanted
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Column, Format

FOLDERS = "folders"
"""The column that tells the folders of a row's partition."""
_ENCODINGS = {"UTF-16": "utf-16", "Windows-1252": "cp1252"}


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
            form += f", {formatting.count(len(self.pieces), 'file')}"
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
    taken = headings_module.known_headings(list(kinds), wanted, name)
    ignored = [each for each in kinds if each not in taken.values()]
    return _Opened(frame, kinds, taken, taken, ignored)


def _csv(piece: Piece, wanted: Wanted, copy: Path) -> _Opened:
    path = piece.path
    sample = csv_dialect.sample(path, wanted)
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

"""Files of any size as lazy frames of Polars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kopilot_xl.bigdata.reading.column_issues import TableIssues
from kopilot_xl.bigdata.reading.opened_file import FOLDERS, OpenedFile, encoding_of, unreadable
from kopilot_xl.bigdata.reading.polars_columns import TYPES, PolarsColumns
from kopilot_xl.bigdata.sources.data_files import DataFile
from kopilot_xl.errors import BookError
from kopilot_xl.importing import csv_sample, headings
from kopilot_xl.importing.headings import Wanted
from kopilot_xl.texts import t
from kopilot_xl.workbook.tables.table import Column, Format


@dataclass(frozen=True)
class PolarsFile(OpenedFile):
    """A file as a lazy frame."""

    frame: pl.LazyFrame

    def frames(self, columns: Mapping[str, Column], issues: TableIssues) -> Iterator[pl.LazyFrame]:
        """Return one lazy frame."""
        folders = pl.lit(self.folders or None, dtype=pl.String).alias(FOLDERS)
        own = [self._typed(column, PolarsColumns(issues)).alias(name) for name, column in columns.items()]
        blank = pl.all_horizontal(pl.col(name).is_null() for name in columns)
        yield self.frame.select(*own, folders).filter(~blank)

    def _typed(self, column: Column, columns: PolarsColumns) -> pl.Expr:
        kind = self.kind(column)
        if kind is None or kind == pl.Null:
            return pl.lit(None, dtype=TYPES[column.format])
        value = pl.col(self.mapping[column])
        return columns.typed(value, kind, column, self.decimal, is_csv=self.sample is not None)

    def fits_in_place(self, column: Column) -> bool:
        """Return whether a column's type is ours, or one that every engine makes ours."""
        return _IN_PLACE[column.format](self.kind(column))


def _is_text(kind: Any) -> bool:
    return kind.is_integer() or isinstance(kind, (pl.String, pl.Categorical, pl.Enum))


_IN_PLACE: dict[Format, Callable[[Any], bool]] = {
    Format.TEXT: _is_text,
    Format.DATE: lambda kind: kind == pl.Date or (isinstance(kind, pl.Datetime) and kind.time_zone is None),
    Format.AMOUNT: lambda kind: kind.is_numeric(),
}


def open_parquet(file: DataFile, wanted: Wanted, name: str) -> PolarsFile:
    """Open a Parquet file; `name` is what messages call it.

    Raises:
        BookError: it cannot be read.
        MissingError: a column that is needed is not there.
    """
    path = file.path
    try:
        with path.open("rb") as opened:
            kinds: dict[str, Any] = dict(pl.read_parquet_schema(opened))
    except OSError as error:
        raise unreadable(path, error) from error
    except pl.exceptions.PolarsError as error:
        raise BookError(t("{path} is not a Parquet file that can be read: write it again.", path=path)) from error
    frame = pl.scan_parquet([path], hive_partitioning=False, glob=False)
    frame = frame.with_columns(pl.lit(value, dtype=pl.String).alias(key) for key, value in file.partition.items())
    kinds |= dict.fromkeys(file.partition, pl.String())
    mapping = headings.known_headings(list(kinds), wanted, name)
    ignored = [heading for heading in kinds if heading not in mapping.values()]
    return PolarsFile(kinds, mapping, mapping, ignored, None, file.folders, frame)


def open_csv(file: DataFile, wanted: Wanted, copy: Path) -> PolarsFile:
    """Open a text file; one that is not in UTF-8 is written to `copy` in UTF-8.

    Raises:
        BookError: it cannot be read.
        MissingError: a column that is needed is not there.
    """
    path = file.path
    sample = csv_sample.sample(path, wanted)
    kinds: dict[str, Any] = {f"c{index}": pl.String() for index in range(len(sample.headings))}
    encoding = encoding_of(path, sample)
    if encoding != "utf-8-sig":
        path = _in_utf8(path, encoding, copy)
    frame = pl.scan_csv(
        [path], has_header=False, separator=sample.delimiter, skip_lines=sample.above, schema=kinds, glob=False
    )
    used = set(sample.taken.values())
    return PolarsFile(
        kinds=kinds,
        mapping={column: f"c{index}" for column, index in sample.taken.items()},
        headings={column: sample.headings[index] for column, index in sample.taken.items()},
        ignored=[heading for index, heading in enumerate(sample.headings) if heading and index not in used],
        sample=sample,
        folders=file.folders,
        frame=frame,
    )


def _in_utf8(path: Path, encoding: str, target: Path) -> Path:
    try:
        with path.open(encoding=encoding, newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
            while text := old.read(1 << 22):
                new.write(text)
    except UnicodeDecodeError:
        raise BookError(
            t("{path} cannot be read as text. Export it as CSV in UTF-8, or as Parquet.", path=path)
        ) from None
    return target

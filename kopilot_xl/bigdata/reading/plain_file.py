"""Files of any size without Polars: CSV by Python itself, Parquet by PyArrow, a part at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import compress, islice
from pathlib import Path
from typing import Any

import narwhals as nw

from kopilot_xl import interrupts
from kopilot_xl.bigdata.local import LocalFrame, check_parquet, local_frame
from kopilot_xl.bigdata.reading.column_issues import MOMENT, TableIssues, not_a_value
from kopilot_xl.bigdata.reading.opened_file import FOLDERS, OpenedFile, broken, encoding_of, unreadable
from kopilot_xl.bigdata.sources.data_files import DataFile
from kopilot_xl.errors import BookError
from kopilot_xl.importing import csv_sample, headings
from kopilot_xl.importing.csv_sample import Sample
from kopilot_xl.importing.headings import Wanted
from kopilot_xl.texts import t
from kopilot_xl.workbook.tables.table import Column, Format

_ROWS = 100_000
"""How many rows are read at a time."""
_TYPES: dict[Format, nw.dtypes.DType] = {Format.TEXT: nw.String(), Format.DATE: nw.Date(), Format.AMOUNT: nw.Float64()}

Part = tuple[int, Mapping[str, Sequence[Any]]]
"""Some rows of a file: how many, and the values of each of its columns that was asked for."""


@dataclass(frozen=True)
class PlainFile(OpenedFile):
    """A file that is read a part at a time, as columns of plain values."""

    parts: Callable[[Sequence[str]], Iterator[Part]]
    partition: Mapping[str, str | None] = field(default_factory=dict)

    def frames(self, columns: Mapping[str, Column], issues: TableIssues) -> Iterator[LocalFrame]:
        """Return a frame for each part, and one for a file without rows."""
        kinds = {name: _TYPES[column.format] for name, column in columns.items()} | {FOLDERS: nw.String()}
        taken = dict.fromkeys(self.mapping[column] for column in columns.values() if column in self.mapping)
        stored = [name for name in taken if name not in self.partition]
        yield local_frame({name: [] for name in kinds}, kinds)
        for height, part in self.parts(stored):
            interrupts.checkpoint()
            found = {name: self._typed(part, height, column, issues) for name, column in columns.items()}
            filled = [any(value is not None for value in row) for row in zip(*found.values(), strict=True)]
            found[FOLDERS] = [self.folders or None] * height
            kept = {name: list(compress(values, filled)) for name, values in found.items()}
            yield local_frame(kept, kinds)

    def _typed(
        self, part: Mapping[str, Sequence[Any]], height: int, column: Column, issues: TableIssues
    ) -> Sequence[Any]:
        name = self.mapping.get(column)
        if name is None:
            return [None] * height
        values = [self.partition[name]] * height if name in self.partition else part[name]
        return _typed(values, column, issues, self.decimal)

    def fits_in_place(self, column: Column) -> bool:
        """Return False: no engine reads the file itself."""
        return False


def _typed(values: Sequence[Any], column: Column, issues: TableIssues, decimal: str | None) -> list[Any]:
    """Return a column's values in the type of its format, None for a blank or what cannot be read."""
    if any(isinstance(value, bytes) for value in values):
        values = issues.bytes_reader(column).every(values)
    if column.format is Format.DATE:
        return issues.day_reader(column).every([_day(value) for value in values])
    if column.format is Format.AMOUNT:
        return issues.amount_reader(column, decimal).every([_number(value) for value in values])
    return [_text(value) for value in values]


def _text(value: Any) -> str | None:
    """An id or another text: a whole number without decimals."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        if value != value:  # as pandas writes a blank
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 2.0**63 else str(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _day(value: Any) -> Any:
    """A day without its time, in the time zone that its column has."""
    if isinstance(value, datetime):
        return value.date()
    return value[:10] if isinstance(value, str) and MOMENT.match(value) else value


def _number(value: Any) -> Any:
    number = float(value) if isinstance(value, Decimal) else value
    return None if isinstance(number, float) and number != number else number  # as pandas writes a blank


# text files


def open_csv(file: DataFile, wanted: Wanted) -> PlainFile:
    """Open a text file.

    Raises:
        BookError: it cannot be read.
        MissingError: a column that is needed is not there.
    """
    sample = csv_sample.sample(file.path, wanted)
    used = set(sample.taken.values())
    return PlainFile(
        kinds=dict.fromkeys((f"c{index}" for index in range(len(sample.headings))), "text"),
        mapping={column: f"c{index}" for column, index in sample.taken.items()},
        headings={column: sample.headings[index] for column, index in sample.taken.items()},
        ignored=[heading for index, heading in enumerate(sample.headings) if heading and index not in used],
        sample=sample,
        folders=file.folders,
        parts=partial(_csv_parts, file.path, sample),
    )


def _csv_parts(path: Path, sample: Sample, names: Sequence[str]) -> Iterator[Part]:
    width, indexes = len(sample.headings), [int(name[1:]) for name in names]
    try:
        with path.open(encoding=encoding_of(path, sample), newline="") as file:
            for _ in range(sample.above):
                next(file, None)
            reader = csv.reader(file, delimiter=sample.delimiter)
            while rows := list(islice(reader, _ROWS)):
                if any(len(row) > width and any(row[width:]) for row in rows):
                    raise broken(
                        str(path), t("a row above line {line} is too long", line=sample.above + reader.line_num + 1)
                    )
                yield (
                    len(rows),
                    {
                        name: [_cell(row[index]) if index < len(row) else None for row in rows]
                        for name, index in zip(names, indexes, strict=True)
                    },
                )
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError:
        raise BookError(
            t("{path} cannot be read as text. Export it as CSV in UTF-8, or as Parquet.", path=path)
        ) from None
    except csv.Error as error:
        raise broken(str(path), str(error)) from error


def _cell(text: str) -> str | None:
    plain = text.strip()
    if plain.startswith('="') and plain.endswith('"') and len(plain) > 2:  # what keeps an id from becoming a number
        return plain[2:-1].replace('""', '"') or None
    return plain or None


# Parquet


def open_parquet(file: DataFile, wanted: Wanted, name: str) -> PlainFile:
    """Open a Parquet file; `name` is what messages call it.

    Raises:
        BookError: it cannot be read.
        MissingError: a column that is needed is not there.
        KopilotError: PyArrow is not installed.
    """
    schema = _parquet_file(file.path).schema_arrow
    kinds: dict[str, Any] = dict(zip(schema.names, schema.types, strict=True))
    kinds |= dict.fromkeys(file.partition, "text")
    mapping = headings.known_headings(list(kinds), wanted, name)
    for column, heading in mapping.items():
        if _is_nested(kinds[heading]):
            raise not_a_value(name, column, kinds[heading])
    return PlainFile(
        kinds=kinds,
        mapping=mapping,
        headings=mapping,
        ignored=[heading for heading in kinds if heading not in mapping.values()],
        sample=None,
        folders=file.folders,
        parts=partial(_parquet_parts, file.path),
        partition=file.partition,
    )


def _parquet_file(path: Path) -> Any:
    check_parquet(path, "read")
    import pyarrow
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except OSError as error:
        raise unreadable(path, error) from error
    except pyarrow.ArrowException as error:
        raise BookError(t("{path} is not a Parquet file that can be read: write it again.", path=path)) from error


def _is_nested(kind: Any) -> bool:
    if isinstance(kind, str):
        return False
    from pyarrow import types

    return bool(types.is_nested(kind))


def _parquet_parts(path: Path, names: Sequence[str]) -> Iterator[Part]:
    for batch in _parquet_file(path).iter_batches(batch_size=_ROWS, columns=list(names)):
        yield batch.num_rows, {name: _plain(batch.column(index)) for index, name in enumerate(batch.schema.names)}


def _plain(column: Any) -> list[Any]:
    """A column of Arrow as plain values; of moments in nanoseconds, which Python has none of, the microseconds."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values

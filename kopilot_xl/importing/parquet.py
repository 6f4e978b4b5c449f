"""Parquet files as columns of plain values, read by Polars, or by PyArrow where only that is installed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from kopilot_xl.errors import BookError, KopilotError
from kopilot_xl.texts import t


def parquet_columns(path: Path, data: bytes) -> tuple[list[str], list[list[Any]]]:
    """Return the names and the values of a Parquet file's columns: None for blanks, for so pandas writes NaN.

    Args:
        path: what messages call the file.
        data: its contents.

    Raises:
        BookError: it is not a Parquet file that can be read.
        KopilotError: nothing that reads Parquet is installed.
    """
    try:
        names, columns = _with_polars(data)
    except ImportError:
        names, columns = _with_pyarrow(path, data)
    except ValueError:
        raise BookError(t("{path} is not a Parquet file that can be read: write it again.", path=path)) from None
    return names, [[_plain(value) for value in column] for column in columns]


def _with_polars(data: bytes) -> tuple[list[str], list[Sequence[Any]]]:
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(data))
    except polars.exceptions.PolarsError as error:
        raise ValueError from error
    return list(frame.columns), [column.to_list() for column in frame.get_columns()]


def _with_pyarrow(path: Path, data: bytes) -> tuple[list[str], list[Sequence[Any]]]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise KopilotError(
            t(
                "{path} cannot be read: Parquet needs Polars, which is not installed. Install it "
                'with: pip install "kopilot-xl[polars]"',
                path=path,
            )
        ) from None
    try:
        table = parquet.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        raise BookError(t("{path} is not a Parquet file that can be read: write it again.", path=path)) from error
    columns = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":  # Python's moments have microseconds
            column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        columns.append(column.to_pylist())
    return list(table.column_names), columns


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return None if isinstance(value, float) and value != value else value


def text_of(data: bytes) -> str:
    """Return bytes as the text they are; sixteen others as a UUID, which Parquet keeps so; any others as digits."""
    with suppress(UnicodeDecodeError):
        text = data.decode()
        if text.isprintable():
            return text
    return str(UUID(bytes=data)) if len(data) == 16 else data.hex()

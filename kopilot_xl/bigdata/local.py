"""The frames in which clients and results are held here: of Polars where it is installed, else of pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import narwhals as nw

from kopilot_xl.errors import KopilotError
from kopilot_xl.texts import t

LocalFrame = nw.DataFrame[Any]
"""A frame in this process's memory."""


def has_polars() -> bool:
    """Return whether Polars is installed."""
    try:
        import polars  # noqa: F401 - asked for, not used
    except ImportError:
        return False
    return True


def check_parquet(path: Path, done: str) -> None:
    """Make sure that Parquet can be read and written here; `done` is what was to be done with the file.

    Raises:
        KopilotError: neither Polars nor PyArrow is installed.
    """
    if not has_polars():
        try:
            import pyarrow  # noqa: F401 - asked for, not used
        except ImportError:
            raise KopilotError(
                t(
                    "{path} cannot be {done}: Parquet needs Polars, which is not installed. Install it "
                    'with: pip install "kopilot-xl[polars]"',
                    path=path,
                    done=done,
                )
            ) from None


def day_type() -> nw.dtypes.DType:
    """Return the type of a column of days: pandas knows whole days only as midnights."""
    return nw.Date() if has_polars() else nw.Datetime("us")


def local_frame(columns: Mapping[str, Sequence[Any]], kinds: Mapping[str, nw.dtypes.DType]) -> LocalFrame:
    """Return a frame of columns of plain values; None is a blank, and `nw.Date` stands for `day_type()`."""
    if has_polars():
        return nw.DataFrame.from_dict(columns, schema=dict(kinds), backend="polars")
    import pandas

    frame = pandas.DataFrame(
        {name: pandas.Series(list(columns[name]), dtype=_PANDAS_TYPES[type(kind)]) for name, kind in kinds.items()}
    )
    return nw.from_native(frame, eager_only=True)


_PANDAS_TYPES: dict[type[nw.dtypes.DType], str] = {
    nw.String: "str", nw.Date: "datetime64[us]", nw.Float64: "float64", nw.Int32: "int32", nw.Int64: "int64",
}  # fmt: skip


def plain_values(column: nw.Series[Any]) -> list[Any]:
    """Return a column's values: None for a blank, dates for days."""
    values = column.to_list()
    return values if column.implementation.is_polars() else [plain(value) for value in values]


def plain(value: Any) -> Any:
    """Return a value of pandas, or any other, as a plain one: None for a blank, a day for a moment."""
    if value is None or value != value:  # a NaN is not itself
        return None
    return value.date() if isinstance(value, datetime) else value


def plain_rows(frame: LocalFrame) -> list[tuple[Any, ...]]:
    """Return a frame's rows, with None for blanks and dates for days."""
    return list(zip(*(plain_values(frame[name]) for name in frame.columns), strict=True))

"""pandas at work: frames in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from kopilot_xl.bigdata.engines.engine import Running
from kopilot_xl.bigdata.local import LocalFrame, has_polars

if TYPE_CHECKING:
    from kopilot_xl.bigdata.engines.polars_engine import PolarsEngine


class PandasEngine(Running):
    """Frames in memory; where Polars is installed, it reads the files, and local frames are its own."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def frame(self, frame: LocalFrame) -> Any:
        """Return a frame of the engine with these rows."""
        if frame.implementation.is_pandas():
            return frame.to_native()
        columns = {}
        for column in frame.iter_columns():
            is_text = column.dtype == nw.String
            values = column.to_list() if is_text else column.to_numpy()
            kind = "str" if is_text else "datetime64[us]" if column.dtype == nw.Date else None
            columns[column.name] = pd.Series(values, dtype=kind)
        return pd.DataFrame(columns)

    def parquet(self, files: Sequence[Path]) -> Any:
        """Return the rows of Parquet files, read when needed."""
        return self.frame(self._reader.fetch(self._reader.parquet(files)))

    def scan(self, files: Sequence[Path], columns: Mapping[str, tuple[str | None, Any]]) -> Any:
        """Return columns of Parquet files, read at once."""
        return self.frame(self._reader.fetch(self._reader.scan(files, columns)))

    def fetch(self, frame: Any) -> LocalFrame:
        """Compute a frame and return its rows."""
        found: LocalFrame = nw.from_native(frame, eager_only=True)
        return _with_polars(found) if has_polars() else found

    @property
    def _reader(self) -> PolarsEngine:
        from kopilot_xl.bigdata.engines.polars_engine import PolarsEngine

        return PolarsEngine(self._scratch)


def _with_polars(frame: LocalFrame) -> LocalFrame:
    """The same frame as one of Polars: days for midnights, nulls for what is not there."""
    import polars as pl

    columns: dict[str, pl.Series] = {}
    for column in frame.iter_columns():
        if isinstance(column.dtype, nw.Datetime):
            columns[column.name] = pl.Series(column.to_numpy().astype("datetime64[us]")).cast(pl.Date)
        elif column.dtype == nw.String or column.dtype == nw.Object:
            texts = [value if isinstance(value, str) else None for value in column.to_native().tolist()]
            columns[column.name] = pl.Series(texts, dtype=pl.String)
        else:
            columns[column.name] = pl.Series(column.to_numpy(), nan_to_null=True)
    return nw.from_native(pl.DataFrame(columns), eager_only=True)

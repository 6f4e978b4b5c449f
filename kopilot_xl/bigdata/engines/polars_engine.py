"""Polars at work: lazy frames, computed in streams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from kopilot_xl.bigdata.engines.engine import Running
from kopilot_xl.bigdata.local import LocalFrame


class PolarsEngine(Running):
    """Lazy frames, computed in streams."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._kept = 0

    def frame(self, frame: LocalFrame) -> Any:
        """Return a frame of the engine with these rows."""
        return frame.to_native().lazy()

    def parquet(self, files: Sequence[Path]) -> Any:
        """Return the rows of Parquet files, read when needed."""
        return pl.scan_parquet(list(files), hive_partitioning=False, glob=False, extra_columns="ignore")

    def fetch(self, frame: Any) -> LocalFrame:
        """Compute a frame and return its rows."""
        return nw.from_native(frame.collect(engine="streaming"), eager_only=True)

    def keep(self, frame: Any) -> Any:
        """Compute a frame once."""
        self._kept += 1
        path = self._scratch / f"kept-{self._kept}.parquet"
        frame.sink_parquet(path, compression="lz4")
        return self.parquet([path])

"""What `segment` found."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from typing import Any

import narwhals as nw

from kopilot_xl.bigdata.frames import COLUMNS
from kopilot_xl.bigdata.local import LocalFrame, plain_rows, plain_values
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.workbook.tables.csv_escape import neutral
from kopilot_xl.workbook.tables.problems import Problem

Place = str | PathLike[str]
"""A file, a folder, a pattern of files, or the address of a database's table."""

DECIMALS, LARGE, DECIMALS_OF_LARGE = 4, 1e9, 2
"""To how many decimals a sum is rounded, and a large one: on these the engines agree, in whatever order they add up."""


@dataclass(frozen=True)
class Segmentation:
    """The segment of each client.

    Attributes:
        as_of: the day it was looked at.
        frame: the result as a frame of Polars where that is installed, else of pandas: days as days (in pandas as
            midnights), values rounded to `DECIMALS`, from `LARGE` on to fewer, in the order of the clients.
        choices: how each table was read.
        problems: what was found: with file and row, or, in tables that are read in streams, how often.
        seconds: how long it took.
        actions: how many rows of the action log had each outcome.
        folders: the folders of each row's partition, None if the clients are not partitioned.
        raw: whether the CSV has the ids as they are.
    """

    as_of: date
    frame: Any
    choices: Sequence[FileSummary]
    problems: Sequence[Problem]
    seconds: float
    actions: Mapping[ActionStatus, int] = field(default_factory=dict)
    folders: nw.Series[Any] | None = None
    raw: bool = False

    def __len__(self) -> int:
        """Return how many clients there are."""
        return len(self.frame)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The result as rows of plain values: None for blanks, dates for days."""
        return plain_rows(self._frame)

    @property
    def counts(self) -> dict[str, int]:
        """How many clients are in each segment, the largest first; those that are not yet clients are in none."""
        found = Counter(plain_values(self._frame[COLUMNS[1]]))
        del found[None]
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def csv(self) -> str:
        """The result as CSV: commas, ISO dates, decimal points, blanks for what is not known.

        An id that a spreadsheet would take for a formula has an apostrophe before it, unless `raw` is set.
        """
        frame = self._frame
        if not self.raw:
            shown = [neutral(value) for value in plain_values(frame[COLUMNS[0]])]
            column = nw.new_series(COLUMNS[0], shown, nw.String(), backend=frame.implementation)
            frame = frame.with_columns(column)
        if frame.implementation.is_polars():
            return str(frame.to_native().write_csv())
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([frame.columns, *plain_rows(frame)])
        return text.getvalue()

    @property
    def _frame(self) -> LocalFrame:
        return nw.from_native(self.frame, eager_only=True)

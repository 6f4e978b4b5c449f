"""What `segment` found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike

import polars as pl

from kopilot_xl.bigdata.classify import COLUMNS
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.importing.export import Choices
from kopilot_xl.workbook.tables.csv_escape import neutral
from kopilot_xl.workbook.tables.problems import Problem

Place = str | PathLike[str]

DECIMALS, LARGE, DECIMALS_OF_LARGE = 4, 1e9, 2
"""To how many decimals a sum is rounded, and a large one: on these the engines agree, in whatever order they add up."""


@dataclass(frozen=True)
class Segmentation:
    """Where each client stands.

    Attributes:
        as_of: the day it was looked at.
        frame: the result, with dates as dates and values rounded to `DECIMALS`, from `LARGE` on to fewer, in the order
            of the clients.
        choices: how each table was read.
        problems: what was found: with file and row, or, in tables that are read in streams, how often.
        seconds: how long it took.
        actions: how many rows of the action log had each outcome.
        folders: the folders of each row's partition, none if the clients are not partitioned.
        raw: whether the CSV has the ids as they are.
    """

    as_of: date
    frame: pl.DataFrame
    choices: Sequence[Choices]
    problems: Sequence[Problem]
    seconds: float
    actions: Mapping[ActionStatus, int] = field(default_factory=dict)
    folders: pl.Series | None = None
    raw: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many clients are in each segment; those that are not yet clients are in none."""
        found = self.frame[COLUMNS[1]].drop_nulls().value_counts()
        return dict(found.sort("count", COLUMNS[1], descending=[True, False]).iter_rows())

    @property
    def csv(self) -> str:
        """The result as CSV: commas, ISO dates, decimal points, blanks for what is not known.

        An id that a spreadsheet would take for a formula has an apostrophe before it, unless `raw` is set.
        """
        if self.raw:
            return self.frame.write_csv()
        shown = [neutral(each) for each in self.frame[COLUMNS[0]]]
        return self.frame.with_columns(pl.Series(COLUMNS[0], shown, pl.String)).write_csv()

"""The worked examples in tests/cases, as rows of a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kopilot_xl.domain.segments import BARS, Segment

FOLDER = Path(__file__).parent.parent / "cases"


@dataclass(frozen=True)
class SegmentCase:
    name: str
    as_of: date
    created_on: date | None
    last_invoice: date | None
    next_planned: date | None
    segment: Segment | None

    @property
    def id(self) -> str:
        return f"{self.as_of} {self.name}"


@dataclass(frozen=True)
class ShapeCase:
    name: str
    counts: dict[Segment, int]
    tilt: float | None
    shape: str


def _rows(file: str) -> list[dict[str, str]]:
    with (FOLDER / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


SEGMENT_CASES = [
    SegmentCase(
        name=row["case"],
        as_of=date.fromisoformat(row["as_of"]),
        created_on=_day(row["created_on"]),
        last_invoice=_day(row["last_invoice"]),
        next_planned=_day(row["next_planned"]),
        segment=Segment(row["segment"]) if row["segment"] else None,
    )
    for row in _rows("segments.csv")
]

SHAPE_CASES = [
    ShapeCase(
        name=row["case"],
        counts={Segment.CANCELED: 0} | {segment: int(row[segment]) for segment in BARS},
        tilt=float(row["tilt"]) if row["tilt"] else None,
        shape=row["shape"],
    )
    for row in _rows("shapes.csv")
]

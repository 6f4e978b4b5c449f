"""Who moved from which segment to which between two days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.segments import WORST_TO_BEST, Segment


@dataclass(frozen=True)
class Move:
    """A client that stands elsewhere than before. `before` is None for one that was not yet a client."""

    client: Client
    before: Segment | None

    @property
    def after(self) -> Segment | None:
        """Where it stands now; None for one that is no client any more on the day."""
        return self.client.segment

    @property
    def is_better(self) -> bool:
        """Whether it moved for the better: up in `WORST_TO_BEST`, or it joined."""
        return _rank(self.after) > _rank(self.before) if self.before is not None else True


def _rank(segment: Segment | None) -> int:
    return WORST_TO_BEST.index(segment) if segment is not None else -1


@dataclass(frozen=True)
class Baseline:
    """Where clients stood on an earlier day, by key. `reconstructed` from today's rows, or stored on that day."""

    since: date
    segments: Mapping[str, Segment | None]
    reconstructed: bool = False


@dataclass(frozen=True)
class Movements:
    """The moves from one day to another. Source: docs/rules.md, "Movements".

    Attributes:
        earlier: the earlier day, and where clients stood then.
        as_of: the later day.
        moves: every client whose segment differs, the most valuable first.
        matrix: the number of clients by segment before and after, those that stayed included.
    """

    earlier: Baseline
    as_of: date
    moves: Sequence[Move]
    matrix: Mapping[tuple[Segment | None, Segment | None], int]

    @cached_property
    def better(self) -> list[Move]:
        """The moves for the better, the most valuable client first."""
        return [each for each in self.moves if each.is_better]

    @cached_property
    def worse(self) -> list[Move]:
        """The moves for the worse, the most valuable client first."""
        return [each for each in self.moves if not each.is_better]

    @property
    def counts_before(self) -> dict[Segment, int]:
        """How many of today's clients were in each segment on the earlier day."""
        counts = dict.fromkeys(Segment, 0)
        for (was, _), count in self.matrix.items():
            if was is not None:
                counts[was] += count
        return counts

    @property
    def stayed(self) -> int:
        """How many clients are where they were."""
        return sum(count for (was, now), count in self.matrix.items() if was is now and now is not None)


def movements(earlier: Baseline, clients: Sequence[Client], as_of: date) -> Movements:
    """Return who moved, given the clients as they stand now."""
    matrix: dict[tuple[Segment | None, Segment | None], int] = {}
    moves = []
    for client in clients:
        was = earlier.segments.get(client.key)
        matrix[was, client.segment] = matrix.get((was, client.segment), 0) + 1
        if was is not client.segment:
            moves.append(Move(client, was))
    moves.sort(key=lambda each: (-each.client.weight, each.client.name, each.client.id))
    return Movements(earlier, as_of, moves, matrix)

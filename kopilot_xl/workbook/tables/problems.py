"""What was found in the data: problems and notices, one line each, with the place and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A problem is bad data; a notice is worth knowing and never fails a strict run."""

    PROBLEM = "Problem"
    NOTICE = "Notice"


@dataclass(frozen=True)
class Problem:
    """One finding. `row` and `letter` say where on the sheet, where it is about one cell."""

    kind: Kind
    sheet: str
    row: int | None
    column: str
    letter: str | None
    value: str
    wrong: str
    done: str

    @property
    def cell(self) -> str:
        """The cell to go to: its own, else the start of its row or of the sheet."""
        return f"{self.letter or 'A'}{self.row or 1}"

    @property
    def place(self) -> str:
        """Where it is, as in `Transactions!B17`, or as much of that as there is."""
        if self.row is None:
            return self.sheet
        return f"{self.sheet}!{self.letter}{self.row}" if self.letter else f"{self.sheet}, row {self.row}"

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong} {self.done}".strip()


def notice(sheet: str, wrong: str, done: str = "") -> Problem:
    """Return a notice about a sheet as a whole."""
    return Problem(Kind.NOTICE, sheet, None, "", None, "", wrong, done)


def count(problems: Sequence[Problem], kind: Kind) -> int:
    """Return how many findings are of a kind."""
    return sum(each.kind is kind for each in problems)

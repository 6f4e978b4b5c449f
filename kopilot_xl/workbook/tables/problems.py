"""What was found in the data: problems and notices, one line each, with where it is and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kopilot_xl.texts import t


class Kind(StrEnum):
    """A problem is bad data; a notice is worth knowing and never fails a strict run."""

    PROBLEM = "Problem"
    NOTICE = "Notice"


class Code(StrEnum):
    """What was found, in a word that stays the same whatever the sentence beside it says and in whatever language.

    docs/problems.md lists each with its meaning and the way out. A new one is added here, there, and, if it is a
    notice, to `NOTICES`.
    """

    ACCEPTED_DOUBT = "accepted-doubt"
    AMBIGUOUS_AMOUNT = "ambiguous-amount"
    AMBIGUOUS_DATE = "ambiguous-date"
    DUPLICATE_ID = "duplicate-id"
    MISSING_DATE = "missing-date"
    MISSING_ID = "missing-id"
    ROWS_OUTSIDE_TABLE = "rows-outside-table"
    UNKNOWN_CLIENT = "unknown-client"
    UNKNOWN_STATUS = "unknown-status"
    UNREADABLE_AMOUNT = "unreadable-amount"
    UNREADABLE_DATE = "unreadable-date"
    UNREADABLE_INVOICE = "unreadable-invoice"

    ACTION_REJECTED = "action-rejected"
    DECISION_INCOMPLETE = "decision-incomplete"
    DECISION_REJECTED = "decision-rejected"
    DECISION_WAITING = "decision-waiting"
    CREATED_IN_FUTURE = "created-in-future"
    FAR_PLAN = "far-plan"
    IMPORT_ASSUMPTION = "import-assumption"
    MISSING_SHEET = "missing-sheet"
    NEGATIVE_VALUE = "negative-value"
    NO_CLIENTS = "no-clients"
    NO_TRANSACTIONS = "no-transactions"
    OLDER_WORKBOOK = "older-workbook"
    ROWS_JOINED = "rows-joined"
    OVERDUE_PLAN = "overdue-plan"
    SIGNATURE_REMOVED = "signature-removed"
    STALE_FORMULAS = "stale-formulas"


NOTICES = frozenset({
    Code.CREATED_IN_FUTURE, Code.DECISION_WAITING, Code.FAR_PLAN, Code.IMPORT_ASSUMPTION, Code.MISSING_SHEET,
    Code.NEGATIVE_VALUE,
    Code.NO_CLIENTS, Code.NO_TRANSACTIONS, Code.OLDER_WORKBOOK, Code.OVERDUE_PLAN, Code.ROWS_JOINED,
    Code.SIGNATURE_REMOVED, Code.STALE_FORMULAS,
})  # fmt: skip
"""The codes of notices; every other code is a problem's."""


@dataclass(frozen=True)
class Problem:
    """One finding. `row` and `letter` say where on the sheet, where it is about one cell."""

    code: Code
    sheet: str
    row: int | None
    column: str
    letter: str | None
    value: str
    wrong: str
    done: str

    @property
    def kind(self) -> Kind:
        """Whether it is a problem or a notice."""
        return Kind.NOTICE if self.code in NOTICES else Kind.PROBLEM

    @property
    def cell(self) -> str:
        """The cell to go to: its own, else the start of its row or of the sheet."""
        return f"{self.letter or 'A'}{self.row or 1}"

    @property
    def place(self) -> str:
        """Where it is, as in `Transactions!B17`, or as much of that as there is."""
        if self.row is None:
            return self.sheet
        return (
            f"{self.sheet}!{self.letter}{self.row}"
            if self.letter
            else t("{sheet}, row {row}", sheet=self.sheet, row=self.row)
        )

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong} {self.done}".strip()


def about_sheet(code: Code, sheet: str, wrong: str, done: str = "") -> Problem:
    """Return a finding about a sheet as a whole."""
    return Problem(code, sheet, None, "", None, "", wrong, done)


def count(problems: Sequence[Problem], kind: Kind) -> int:
    """Return how many findings are of a kind."""
    return sum(problem.kind is kind for problem in problems)

"""What a user settles about an import, and the questions that remain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kopilot_xl.errors import KopilotError
from kopilot_xl.workbook.tables.parsing import DateOrder


@dataclass(frozen=True)
class ImportChoices:
    """What the user has settled about an import; a value that can be kept and used again.

    Attributes:
        date_order: how to read 03/04/2026.
        encoding: of text files, by any name Python knows.
        columns: our column to a heading of the file, as in `{"Client": "Odběratel"}`.
        statuses: a word of the file to what it means, as in `{"Te laat": "Overdue"}`.
        sheet: the sheet of workbooks to read.
        currency: the one currency whose rows are read.
        year: of dates that have only a day and a month.
        company: the name or a number of the party whose books they are, for e-invoices.
        accept: go on although a figure says that something may be wrong.
        passed: the doubts that `accept` let pass in this import, a sentence each.
    """

    date_order: DateOrder | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    currency: str | None = None
    year: int | None = None
    accept: bool = False
    company: str | None = None
    passed: list[str] = field(default_factory=list, compare=False, repr=False)

    def settle(self, error: QuestionError, what_was_done: str) -> None:
        """Raise a question, or note the doubt and what was done about it where the user accepts it."""
        if not self.accept:
            raise error
        self.passed.append(what_was_done)


@dataclass(frozen=True)
class Question:
    """Something the files do not settle, with the option that would.

    Attributes:
        code: stable, as in `unknown-status`.
        text: what is asked, without the way out.
        option: the option that answers it, ready to be typed.
        word: the word of the file that is asked about, None where it is no word.
        answers: what it may mean.
    """

    code: str
    text: str
    option: str
    word: str | None = None
    answers: Sequence[str] = ()


class QuestionError(KopilotError):
    """The files leave a doubt that the user must settle; nothing was written."""

    def __init__(self, text: str, code: str, questions: Sequence[Question] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.questions = tuple(questions)

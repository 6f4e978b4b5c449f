"""What the owner decided in "Do next": a decision, a date and an amount beside a client, taken up by a refresh.

A refresh that saves the workbook in place and looks at today makes the last rows of Actions of them. What is
incomplete, or what the log would reject, stays where it is with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kopilot_xl.domain.ids import ClientDirectory, client_key
from kopilot_xl.domain.segments import Action
from kopilot_xl.errors import MissingError
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.addresses import column_letters, split_address, split_reference
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import actions
from kopilot_xl.workbook.sheets.clients import ClientRows
from kopilot_xl.workbook.sheets.portfolio_grid import ENTRIES, LIST, LIST_IDS, PAGE
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_amount, read_date, shown
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet

HEAD = "head"
"""What a row says of itself that has headings in its cells."""
_NAME = 2
"""Which of its cells names the client."""


@dataclass(frozen=True)
class Entry:
    """What is entered in a row of "Do next".

    Attributes:
        sheet: the sheet.
        row: its row.
        letter: the column of the decision.
        id: the client's id as it is beside the row.
        name: the client as the row shows it.
        cells: decision, date and amount as they are in their cells.
        key: the client's key; None for a row without a client.
        action: the decision; None where it cannot be read.
        issue_date: the date; None where it cannot be read.
        amount: the amount; None where it cannot be read.
        reason: why it stays where it is; blank for one that may be taken.
        detail: the same at more length, with the way out.
        code: what kind of a problem that is.
    """

    sheet: str
    row: int
    letter: str
    id: Value
    name: Value
    cells: Sequence[Value]
    key: str | None
    action: Action | None = None
    issue_date: date | None = None
    amount: float | None = None
    reason: str = ""
    detail: str = ""
    code: Code = Code.DECISION_INCOMPLETE

    def rejected(self, detail: str) -> Entry:
        """Return the same entry, rejected by the log."""
        return replace(self, reason=detail, detail=detail, code=Code.DECISION_REJECTED)

    def logged(self, clients: ClientRows) -> Mapping[str, Value]:
        """Return what goes into the columns of Actions, by header; the date and time of recording left out."""
        _, day, amount = self.cells
        return {
            actions.CLIENT_ID.header: clients.raw_id(self.key) if self.key else self.id,
            actions.ACTION.header: self.action.value if self.action else None,
            actions.ISSUE_DATE.header: self.issue_date or day,
            actions.AMOUNT.header: amount if self.amount is None else self.amount,
        }

    @property
    def problem(self) -> Problem:
        """Why it was not taken."""
        return Problem(
            code=self.code,
            sheet=self.sheet,
            row=self.row,
            column=t("Decision"),
            letter=self.letter,
            value=", ".join(shown(cell) for cell in self.cells if not is_blank(cell)),
            wrong=self.detail,
            done=t("It stays in Do next, and was not applied."),
        )


def read(book: Book, order: DateOrder | None, directory: ClientDirectory) -> list[Entry]:
    """Return what is entered in "Do next", row by row; nothing where the page is of an earlier version.

    Args:
        book: the workbook.
        order: how to read a text such as 03/04/2026.
        directory: the clients.
    """
    try:
        sheet, top, left = _place(book, LIST)
        (_, _, first), (_, _, ids) = _place(book, ENTRIES), _place(book, LIST_IDS)
    except MissingError:
        return []
    found = list[Entry]()
    for row, values in enumerate(book.sheet_values(sheet)[top - 1 : top - 1 + PAGE[LIST].rows], top):
        cells = {at: value for at, value in enumerate(values, 1) if not is_blank(value)}
        entered = [cells.get(first + at) for at in range(PAGE[ENTRIES].columns)]
        if cells.get(left) != HEAD and any(value is not None for value in entered):
            id_here = cells.get(ids)
            entry = Entry(
                sheet, row, column_letters(first), id_here, cells.get(left + _NAME), entered, client_key(id_here)
            )
            found.append(_judged(entry, order, directory))
    return found


def _place(book: Book, name: str) -> tuple[str, int, int]:
    """The sheet, row and column of a named block."""
    sheet, cell = split_reference(book.cell_address(name))
    return sheet, *split_address(cell)


def _judged(entry: Entry, order: DateOrder | None, directory: ClientDirectory) -> Entry:
    """An entry as it can be read, with the reason why it stays where it is incomplete."""
    decision, day, amount = entry.cells
    key = entry.key
    if key is None:
        return replace(
            entry, reason=t("No client in this row"),
            detail=t("There is no client in this row: enter it beside a client, or in Actions."),
        )  # fmt: skip
    if key not in directory.ids:
        return replace(
            entry, reason=t("No longer in Clients"),
            detail=t("The client is no longer in Clients: bring it back there, or clear the decision."),
        )  # fmt: skip
    try:
        action = actions.read_action(decision)
    except UnreadableError as error:
        return entry.rejected(str(error))
    if action is None:
        return replace(
            entry, reason=t("Choose a decision"), detail=t("There is no decision: choose one, or clear the row.")
        )
    entry = replace(entry, action=action)
    if action is not Action.PLAN_REVENUE:
        return entry
    try:
        entry = replace(entry, issue_date=read_date(day, order), amount=read_amount(amount))
    except UnreadableError as error:
        return replace(entry, reason=str(error), detail=str(error))
    if entry.issue_date is None:
        return replace(
            entry, reason=t("Write the date"),
            detail=t("The date is missing: write the day the invoice is planned for."),
        )  # fmt: skip
    if entry.amount is None or entry.amount <= 0:
        return replace(
            entry, reason=t("Write an amount above zero"),
            detail=t("The amount is missing: write what is expected, above zero."),
        )  # fmt: skip
    return entry


def findings(waiting: Sequence[Entry]) -> list[Problem]:
    """Return a problem for each entry that stays for a reason, and a notice about those that wait for a refresh."""
    found = [entry.problem for entry in waiting if entry.reason]
    ready = [entry for entry in waiting if not entry.reason]
    if ready:
        wrong = tn(
            "{count} decision in Do next is not in Actions yet.",
            "{count} decisions in Do next are not in Actions yet.",
            len(ready),
        )
        done = t("The next refresh takes it over, if it saves the workbook in place and as of today.")
        found.append(about_sheet(Code.DECISION_WAITING, ready[0].sheet, wrong, done))
    return found


def recorded(entries: Sequence[Entry], now: datetime, clients: ClientRows) -> dict[str, list[Value]]:
    """Return the rows that entries become in Actions, as columns by their header."""
    moment = now.replace(microsecond=0)
    columns: dict[str, list[Value]] = {actions.RECORDED_ON.header: [moment for _ in entries]}
    for header in (actions.CLIENT_ID, actions.ACTION, actions.ISSUE_DATE, actions.AMOUNT):
        columns[header.header] = [entry.logged(clients)[header.header] for entry in entries]
    return columns

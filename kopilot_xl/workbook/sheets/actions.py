"""The Actions sheet: the log of what the user decided, and what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kopilot_xl.domain.actions import ActionResult, ActionStatus, LoggedAction
from kopilot_xl.domain.ids import client_key
from kopilot_xl.domain.segments import Action
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import clients
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_amount, read_date, read_moment
from kopilot_xl.workbook.tables.problems import Code, Problem
from kopilot_xl.workbook.tables.table import Column, Format, Table, TableRows

RECORDED_ON = Column("Recorded on", Format.DATE, width=14, required=True)
CLIENT_ID = Column(clients.CLIENT_ID.header, width=12, required=True, shrink=True)
ACTION = Column("Action", width=16, required=True, choices=tuple(Action))
ISSUE_DATE = Column("Issue date", Format.DATE, width=13, required=True)
AMOUNT = Column("Amount", Format.AMOUNT, width=15, required=True)
NOTE = Column("Note", width=60, wrap=True, clear=True)
STATUS = Column("Status", width=14, written=True)
DETAIL = Column("Detail", width=94, written=True)

TABLE = Table(
    clients.LOG,
    (RECORDED_ON, CLIENT_ID, ACTION, ISSUE_DATE, AMOUNT, NOTE, STATUS, DETAIL),
    needed=((CLIENT_ID,), (ACTION,)),
)

_ACTIONS = {action.casefold(): action for action in Action}


@dataclass(frozen=True)
class ActionRows:
    """The log: one entry per row that is not blank."""

    rows: TableRows
    entries: Sequence[LoggedAction]

    @property
    def by_client(self) -> Mapping[str, int]:
        """How many rows are about each client, by key."""
        return Counter(entry.client for entry in self.entries if entry.client)


def read_action(value: Value) -> Action | None:
    """Return the action, None for a blank.

    Raises:
        UnreadableError: there is no such action.
    """
    if is_blank(value):
        return None
    action = _ACTIONS.get(" ".join(str(value).split()).casefold())
    if action is None:
        raise UnreadableError(f'Unknown action "{value}": choose {", ".join(Action)}.', Code.ACTION_REJECTED)
    return action


def read(rows: TableRows, order: DateOrder | None) -> ActionRows:
    """Return the log. What cannot be read is the entry's flaw, which rejects it."""
    entries = []
    columns = [rows.values(column) for column in (RECORDED_ON, CLIENT_ID, ACTION, ISSUE_DATE, AMOUNT)]
    for position, (recorded, client, action, issue_date, amount) in enumerate(zip(*columns, strict=True)):
        row = rows.row_number(position)
        try:
            entry = LoggedAction(
                row=row,
                recorded_on=read_moment(recorded, order),
                client=client_key(client),
                action=(what := read_action(action)),
                issue_date=read_date(issue_date, order) if what is Action.PLAN_REVENUE else None,
                amount=read_amount(amount) if what is Action.PLAN_REVENUE else None,
            )
        except UnreadableError as reason:
            entry = LoggedAction(row, None, client_key(client), None, flaw=str(reason))
        entries.append(entry)
    return ActionRows(rows, entries)


def notices(log: ActionRows, results: Sequence[ActionResult]) -> list[Problem]:
    """Return a notice for each rejected action, overdue plan and far-off plan."""
    found = list[Problem]()
    for position, result in enumerate(results):
        if result.status is ActionStatus.REJECTED:
            done = "The action was not applied."
            found.append(log.rows.problem(position, ACTION, Code.ACTION_REJECTED, result.detail, done))
        elif result.status is ActionStatus.OVERDUE or result.far_off:
            code = Code.FAR_PLAN if result.far_off else Code.OVERDUE_PLAN
            found.append(log.rows.problem(position, ISSUE_DATE, code, result.detail, "Not counted."))
    return found


def fill(book: Book, log: ActionRows, results: Sequence[ActionResult]) -> None:
    """Write Status and Detail beside each row, and nothing else."""
    status: list[Value] = [None] * len(log.rows.data.rows)
    detail: list[Value] = [None] * len(log.rows.data.rows)
    for index, result in zip(log.rows.indices, results, strict=True):
        status[index], detail[index] = result.status.value, result.detail or None
    book.write_column(log.rows.data.name, STATUS.header, status)
    book.write_column(log.rows.data.name, DETAIL.header, detail)

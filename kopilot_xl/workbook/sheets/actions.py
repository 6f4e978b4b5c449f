"""The Actions sheet: the log of what the user decided, and what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cache

from kopilot_xl.domain.actions import ActionResult, ActionStatus, LoggedAction
from kopilot_xl.domain.ids import ClientDirectory, UnknownClientError, client_key
from kopilot_xl.domain.segments import Action
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold, meanings_of, sections
from kopilot_xl.workbook.book import Book, TableData, Value
from kopilot_xl.workbook.sheets import clients
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_amount, read_date, read_moment
from kopilot_xl.workbook.tables.problems import Code, Problem
from kopilot_xl.workbook.tables.table import Column, Format, Table, TableRows, same_name

RECORDED_ON = Column("Recorded on", Format.DATE, width=14, required=True)
CLIENT_ID = Column(clients.CLIENT_ID.header, width=12, required=True, shrink=True)
ACTION = Column("Action", width=16, required=True, choices=tuple(Action))
ISSUE_DATE = Column("Issue date", Format.DATE, width=13, required=True)
AMOUNT = Column("Amount", Format.AMOUNT, width=15, required=True)
NOTE = Column("Note", width=60, wrap=True, clear=True)
CLIENT = Column("Client", width=30, written=True, clear=True)
STATUS = Column("Status", width=14, written=True)
DETAIL = Column("Detail", width=94, written=True)

TABLE = Table(
    clients.LOG,
    (RECORDED_ON, CLIENT_ID, ACTION, ISSUE_DATE, AMOUNT, NOTE, CLIENT, STATUS, DETAIL),
    needed=((CLIENT_ID,), (ACTION,)),
)

_OWN = {action.value.casefold(): action for action in Action}
_NEAR = 0.75
"""From which likeness on (as difflib counts it) an action is asked about."""


@dataclass(frozen=True)
class ActionRows:
    """The log: one entry per row that is not blank.

    Attributes:
        rows: the table.
        entries: the rows as they were read.
        recorded: the day taken for rows whose Recorded on is blank, by index of the data row.
        names: the names of the clients, by key.
    """

    rows: TableRows
    entries: Sequence[LoggedAction]
    recorded: Mapping[int, date] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def with_rows(
        self,
        columns: Mapping[str, Sequence[Value]],
        order: DateOrder | None,
        today: date | None,
        directory: ClientDirectory,
    ) -> ActionRows:
        """Return the log with rows after its last one, as it will be read once `Book.append_rows` has written them.

        Args:
            columns: the rows as columns, by header.
            order: as of `read`.
            today: as of `read`.
            directory: as of `read`.
        """
        data = self.rows.data
        places = {at: values for header, values in columns.items() if (at := _index(data, header)) is not None}
        used = [index for index, row in enumerate(data.rows) if any(row[at] not in (None, "") for at in places)]
        start = used[-1] + 1 if used else 0
        rows = [list(row) for row in data.rows]
        for index in range(max(map(len, columns.values()), default=0)):
            if start + index == len(rows):
                rows.append([None] * len(data.headers))
            for at, values in places.items():
                rows[start + index][at] = values[index]
        return read(self.rows.table.read(replace(data, rows=rows), data.name), order, today, directory)

    @property
    def by_client(self) -> Mapping[str, int]:
        """How many rows are about each client, by key."""
        return Counter(entry.client for entry in self.entries if entry.client)


def _index(data: TableData, header: str) -> int | None:
    return next((at for at, name in enumerate(data.headers) if same_name(name) == same_name(header)), None)


def read_action(value: Value) -> Action | None:
    """Return the action, None for a blank.

    Raises:
        UnreadableError: there is no such action.
    """
    if is_blank(value):
        return None
    action = _OWN.get(" ".join(str(value).split()).casefold()) or other_words().get(fold(str(value)))
    if action is None:
        choose = t("choose {actions}.", actions=", ".join(action.label for action in Action))
        near = _near(str(value))
        way_out = t('did you mean "{action}"? If not, {choose}', action=near.label, choose=choose) if near else choose
        raise UnreadableError(
            t('Unknown action "{value}": {way_out}', value=value, way_out=way_out), Code.ACTION_REJECTED
        )
    return action


@cache
def other_words() -> Mapping[str, Action]:
    """Return what else an action may be called, folded, in each language."""
    found: dict[str, Action] = meanings_of(sections("actions"), {action.value: action for action in Action}, clash=None)
    return found


def _near(text: str) -> Action | None:
    """The action that was probably meant."""
    from difflib import get_close_matches

    known = {**{fold(each): action for each, action in _OWN.items()}, **other_words()}
    near = get_close_matches(fold(text), known, n=1, cutoff=_NEAR)
    return known[near[0]] if near else None


def read(
    rows: TableRows, order: DateOrder | None, today: date | None = None, directory: ClientDirectory | None = None
) -> ActionRows:
    """Return the log. What cannot be read is the entry's flaw, which rejects it.

    Args:
        rows: the table.
        order: how to read a text such as 03/04/2026.
        today: the day that a blank Recorded on means, where the client and the action are filled in; None to have
            such a row rejected.
        directory: the clients that may be named instead of written by id; without it, only ids are.
    """
    entries: list[LoggedAction] = []
    taken: dict[int, date] = {}
    columns = [rows.values(each) for each in (RECORDED_ON, CLIENT_ID, ACTION, ISSUE_DATE, AMOUNT)]
    for position, (recorded, client, action, issue_date, amount) in enumerate(zip(*columns, strict=True)):
        row = rows.row_number(position)
        key = client_key(client)
        if today and is_blank(recorded) and key is not None and not is_blank(action):
            taken[rows.indices[position]] = today
            recorded = datetime.combine(today, time.min)
        try:
            if directory is not None:
                key = directory.find(client)
            entry = LoggedAction(
                row=row,
                recorded_on=read_moment(recorded, order),
                client=key,
                action=(what := read_action(action)),
                issue_date=read_date(issue_date, order) if what is Action.PLAN_REVENUE else None,
                amount=read_amount(amount) if what is Action.PLAN_REVENUE else None,
            )
        except (UnreadableError, UnknownClientError) as reason:
            entry = LoggedAction(row, None, key, None, flaw=str(reason))
        entries.append(entry)
    return ActionRows(rows, entries, taken, directory.shown_names if directory else {})


def findings(log: ActionRows, results: Sequence[ActionResult]) -> list[Problem]:
    """Return a problem for each rejected action, and a notice for each overdue plan and far-off plan."""
    found = list[Problem]()
    for position, result in enumerate(results):
        if result.status is ActionStatus.REJECTED:
            done = t("The action was not applied.")
            found.append(log.rows.problem(position, ACTION, Code.ACTION_REJECTED, result.detail, done))
        elif result.status is ActionStatus.OVERDUE or result.far_off:
            code = Code.FAR_PLAN if result.far_off else Code.OVERDUE_PLAN
            found.append(log.rows.problem(position, ISSUE_DATE, code, result.detail, t("Not counted.")))
    return found


def fill(book: Book, log: ActionRows, results: Sequence[ActionResult]) -> None:
    """Write Client, Status and Detail beside each row, and the day of recording where it is blank; nothing else.

    A workbook without the column Client goes on without it.
    """
    height = len(log.rows.data.rows)
    client: list[Value] = [None] * height
    status: list[Value] = [None] * height
    detail: list[Value] = [None] * height
    for index, entry, result in zip(log.rows.indices, log.entries, results, strict=True):
        client[index] = log.names.get(entry.client or "")
        status[index], detail[index] = result.status.value, result.detail or None
    table = log.rows.data.name
    for column, values in ((CLIENT, client), (STATUS, status), (DETAIL, detail)):
        book.write_column(table, column.header, values)
    if log.recorded:
        book.write_cells(table, RECORDED_ON.header, log.recorded)

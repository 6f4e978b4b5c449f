"""The list "Do next" of the Portfolio sheet: one block of rows that a refresh dresses, with what the owner enters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kopilot_xl.domain.segments import WORK_ORDER, Heading, Segment
from kopilot_xl.domain.worklist import Task
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import column_letters, quote_sheet
from kopilot_xl.workbook.book import Formula, Value
from kopilot_xl.workbook.sheets import clients, guide, transactions
from kopilot_xl.workbook.sheets.contacts import Contacts
from kopilot_xl.workbook.sheets.contents import Result
from kopilot_xl.workbook.sheets.decisions import Entry
from kopilot_xl.workbook.sheets.portfolio_grid import LIST_ROWS, WIDTHS
from kopilot_xl.workbook.tables.text_width import fitting

HEAD, GROUP, MORE, STEP, ORPHAN = "head", "group:", "more", "step", "orphan"
"""What column A says of a row that is not a client's; a client's row has the name of its segment there."""
URGENT = "!"
"""What stands beside a row whose particular is red."""
PHONE, PARTICULAR = 7, 9
"""The columns of the telephone number and of what is particular, counted from 0; that goes on into the next one."""
SMALLER = 10 / 9.5
"""How much more of its letters a column shows than of those of the house's size."""

LONGEST = 200
"""How long a text in a formula may be; Excel takes 255 characters, the doubled quotes among them."""
SHRUNK = 1.25
"""How much more of a name its column shows, which shrinks its letters: to 7.6 points."""


@dataclass(frozen=True)
class Row:
    """A row of the list: what it shows in A to K, what is entered in L to N, the client's id, whether it is urgent.

    The id is a text: LibreOffice prints ### for numbers of hidden columns.
    """

    cells: Sequence[Value | Formula]
    entered: Sequence[Value] = (None, None, None)
    id: Value = None
    urgent: bool = False
    entry: Entry | None = None


def rows(result: Result) -> list[Row]:
    """Return the rows of the list; steps to begin with where there is no client at all."""
    inputs = result.inputs
    if not inputs.clients.keys:
        return steps()
    assert result.worklist is not None  # noqa: S101 - what is written was looked ahead
    listed = {task.client.key for group in result.worklist.groups for task in group.tasks}
    waiting, orphans = beside_clients(inputs.waiting, listed)
    contacts = Contacts.of(inputs.clients)
    found: list[Row] = []
    for heading in WORK_ORDER:
        groups = [group for group in result.worklist.groups if group.heading is heading]
        if groups:
            found.append(_head(heading, contacts))
        for group in groups:
            found.append(
                _line(f"{GROUP}{group.segment}", f"{group.segment}, {group.clients:,}", {5: group.segment.short_advice})
            )
            for task in group.tasks:
                found.append(_client(task, group.segment, result, contacts, waiting.get(task.client.key)))
            if group.more:
                more = t("… and {count:,} more, in {sheet}", count=group.more, sheet=clients.TABLE.name)
                sheet = inputs.clients.rows.data.sheet
                found.append(_line(MORE, link(f"#{quote_sheet(sheet)}!A1", more)))
    if orphans and not found:
        found.append(_head(Heading.KEEP, contacts))
    found += [_orphan(entry, contacts) for entry in orphans]
    for at in range(len(found) - 1, -1, -1):  # nothing that was entered may be left out
        if len(found) > LIST_ROWS and not found[at].entry:
            del found[at]
    return found


def beside_clients(entries: Sequence[Entry], listed: Collection[str]) -> tuple[dict[str, Entry], list[Entry]]:
    """Return the entries by the client beside whom they go, the first of each, and those that go beside nobody."""
    placed: dict[str, Entry] = {}
    others = []
    for entry in entries:
        if entry.key in listed and entry.key not in placed:
            placed[str(entry.key)] = entry
        else:
            others.append(entry)
    return placed, others


def link(target: str, text: str) -> Formula:
    """Return a link inside the workbook, or to an address."""
    return Formula(f"HYPERLINK({_quoted(target)},{_quoted(text)})", text)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _line(kind: str, name: Value | Formula, others: dict[int, Value] | None = None) -> Row:
    """A row with something in C and in some other columns, by their index."""
    cells: list[Value | Formula] = [kind, None, name, *[None] * 8]
    for at, value in (others or {}).items():
        cells[at] = value
    return Row(cells)


def _head(heading: Heading, contacts: Contacts) -> Row:
    cells: list[Value | Formula] = [
        HEAD, None, heading.value, t("Days left"), t("Last invoice"), t("Usually"), t("about"),
        t("Phone") if contacts.phone is not None else None, t("E-mail") if contacts.mail is not None else None,
        None, None,
    ]  # fmt: skip
    cells[PARTICULAR if contacts.are_there else PHONE] = t("What is particular")
    return Row(cells, [t("Decision"), t("Date"), t("Amount")])


def _client(task: Task, segment: Segment, result: Result, contacts: Contacts, entry: Entry | None) -> Row:
    client, habit = task.client, task.usual
    mail, phone = contacts.mail_of(client.key), contacts.phone_of(client.key)
    reason = entry.reason if entry else ""
    particular = f"✗ {reason}" if reason else task.particular
    cells: list[Value | Formula] = [
        segment.value,
        None,
        _to_client(client.key, fitting(client.name or client.id, WIDTHS[2] * SHRUNK), result),
        task.days_left,
        client.last_invoice,
        habit.text if habit else None,
        habit.amount if habit else None,
        _phone(phone) if phone else None,
        _to_mail(mail) if mail else None,
        None,
        None,
    ]
    _put_particular(cells, particular, contacts)
    return Row(cells, entry.cells if entry else (None, None, None), client.id, bool(reason) or task.urgent, entry)


def _put_particular(cells: list[Value | Formula], text: str, contacts: Contacts) -> None:
    """Put what is particular beside the contact columns, or in their place where Clients has none."""
    first = PARTICULAR if contacts.are_there else PHONE
    cells[first] = fitting(text, sum(WIDTHS[first : PARTICULAR + 2]) * SMALLER)


def _orphan(entry: Entry, contacts: Contacts) -> Row:
    """A row of something entered beside no client, or beside one that is not there any more."""
    cells: list[Value | Formula] = [ORPHAN, None, entry.name, *[None] * 8]
    _put_particular(cells, f"✗ {entry.reason}", contacts)
    return Row(cells, entry.cells, entry.id, True, entry)


def _fits_in_formulas(text: str) -> bool:
    """Tell whether a formula can hold a text: it is short enough, and has no characters that XML has no words for."""
    return len(text) <= LONGEST and text.isprintable()


def _to_client(key: str, name: str, result: Result) -> Value | Formula:
    """A link to the client's row in Clients, wherever it is sorted to; its name alone where no formula can hold it."""
    data = result.inputs.clients.rows.data
    at = result.inputs.clients.rows.position(clients.CLIENT_ID) or 0
    letter, sheet = column_letters(data.first_column + at), quote_sheet(data.sheet)
    raw = result.inputs.clients.raw_id(key)
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    literal = f"{raw:.15g}" if is_number else _quoted(_plain(str(raw)))
    target = f"#{sheet}!{letter}"
    row = f"IFERROR(MATCH({literal},{sheet}!${letter}:${letter},0),1)"
    name = " ".join(name.split())
    if not (_fits_in_formulas(name) and _fits_in_formulas(str(raw))):
        return name
    return Formula(f"HYPERLINK({_quoted(target)}&{row},{_quoted(name)})", name)


def _plain(text: str) -> str:
    """A text that MATCH takes as it is: a wildcard stands for itself."""
    for sign in "~*?":
        text = text.replace(sign, f"~{sign}")
    return text


def _phone(number: str) -> str:
    """A telephone number as it is written, without its blanks where there is no room for them."""
    width = WIDTHS[PHONE] * SMALLER
    return number if fitting(number, width) == number else fitting("".join(number.split()), width)


def _to_mail(address: str) -> Value | Formula:
    shown = fitting(address, WIDTHS[PHONE + 1] * SMALLER)
    if "@" not in address or not _fits_in_formulas(address):
        return shown
    return Formula(f"HYPERLINK({_quoted(f'mailto:{address}')},{_quoted(shown)})", shown)


def steps() -> list[Row]:
    """Return what a workbook without clients has in place of the list."""
    told = (
        (
            clients.TABLE.name,
            t("Client ID, Client, Created on: a row for each; e-mail and phone, if you have them, are shown "
              "here beside the name."),
        ),
        (
            transactions.TABLE.name,
            t("Client ID, Issue date, Amount: your invoices, as your accounting program exports them."),
        ),
        (guide.SHEET, t("What Active, Leaving and the others mean, and how a month goes.")),
    )  # fmt: skip
    return [_line(STEP, link(f"#{sheet}!A1", f"› {sheet}"), {5: words}) for sheet, words in told]

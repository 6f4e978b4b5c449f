"""An import from beginning to end: files, columns, documents, clients, verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from os import PathLike

from kopilot_xl.errors import MissingError
from kopilot_xl.importing import checks
from kopilot_xl.importing.batch import Batch
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.documents import (
    COUNTED,
)
from kopilot_xl.importing.encodings import shown
from kopilot_xl.importing.invoiced import people_of
from kopilot_xl.importing.joining import NOBODY
from kopilot_xl.importing.layout import Table, laid_out, together
from kopilot_xl.importing.other_lists import check_open_items
from kopilot_xl.importing.people import People, read_people
from kopilot_xl.importing.preparing import completed, drafted
from kopilot_xl.importing.selection import CLIENTS, TRANSACTIONS, Files, Selected, same_table, select
from kopilot_xl.importing.summary import FileSummary, Verdict, without_ids
from kopilot_xl.importing.vocabulary import Kind, State
from kopilot_xl.importing.whole_file import kind_of_name
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import Value

Paths = Iterable[str | PathLike[str]]


@dataclass(frozen=True)
class Settled:
    """What the user has settled about the invoices, and about the lists of clients."""

    choices: ImportChoices
    client_choices: ImportChoices

    @property
    def is_one(self) -> bool:
        """Whether it is the same for both."""
        return self.choices == self.client_choices


@dataclass
class ClientRow:
    """A client as it will be in the workbook."""

    id: Value
    name: Value
    created: Value
    at: int
    """its row in the list, for messages"""


@dataclass
class Imported:
    """Clients and documents, ready to be written.

    Attributes:
        clients: in the order of the list.
        own: the user's own columns: heading and values, one for each client.
        ids: the client id of each document.
        batches: the documents by table.
        people: the list of clients; that of the invoices where there is none.
        currency: that all amounts are in, None where the files do not tell.
        verdict: the figures.
        files: how each file was read.
        taken: our client columns and their headings.
        from_invoices: whether the clients were made from the invoices.
    """

    clients: list[ClientRow]
    own: dict[str, list[Value]]
    batches: list[Batch]
    people: People | None
    currency: str | None
    verdict: Verdict
    files: list[FileSummary] = field(default_factory=list)
    from_invoices: bool = False
    id_of: dict[int, Value] = field(default_factory=dict)


def read_exports(
    clients: Paths | None,
    transactions: Paths | None,
    choices: ImportChoices | None = None,
    today: date | None = None,
    client_choices: ImportChoices | None = None,
) -> Imported:
    """Read lists of clients and of invoices.

    Args:
        clients: files, folders and patterns; None where the clients are to be made from the invoices.
        transactions: as well; None for clients alone.
        choices: what the user has settled.
        today: the day after which dates become unlikely.
        client_choices: what the user has settled about the lists of clients, if that is something else.

    Raises:
        BookError: a file cannot be read.
        MissingError: a column that is needed is not there; the text lists what would do and names `--map`.
        QuestionError: a figure or a word leaves a doubt that the user must settle.
    """
    settled = Settled(choices or ImportChoices(), client_choices or choices or ImportChoices())
    day = today or date.today()
    files = Files(settled.choices)
    client_files = files if settled.is_one else Files(settled.client_choices)
    people = select(clients, CLIENTS, client_files) if clients is not None else []
    rows = select(transactions, TRANSACTIONS, files) if transactions is not None else []
    if settled.is_one:
        checks.known_maps([each.table for each in (*rows, *people)], settled.choices)
    else:
        sales, lists = [each.table for each in rows], [each.table for each in people]
        checks.known_maps(sales, settled.choices, lists)
        checks.known_maps(lists, settled.client_choices, sales)
    found, trouble = _tried(people, rows, settled, day)
    best = found
    unjoined = isinstance(trouble, checks.UnjoinedError)  # another encoding would only hide another doubt's words
    if rows and people and (unjoined if found is None else found.verdict.joined < found.verdict.counted):
        share = _share(found, trouble)
        for other_people, other_rows in _recoded(people, rows, settled):
            again, other_trouble = _tried(other_people, other_rows, settled, day)
            if (other := _share(again, other_trouble)) > share:
                best, trouble, share = again, other_trouble, other
    if best is None:
        assert trouble is not None  # noqa: S101 - one of the two is there
        raise trouble
    return best


def read_tables(
    listed: Table, table: Table, people_choices: ImportChoices, choices: ImportChoices, today: date
) -> Imported:
    """Read a list of clients and a table of invoices that are known to be these.

    Args:
        listed: the clients.
        table: the invoices.
        people_choices: what is settled about the clients.
        choices: what is settled about the invoices.
        today: the day after which dates become unlikely.

    Raises:
        MissingError: a column that is needed is not there.
        QuestionError: a figure or a word leaves a doubt that the user must settle.
    """
    draft = drafted(table, choices)
    known = read_people(listed, people_choices)
    selected = [Selected(listed, []), Selected(table, [])]
    return _finished(known, [completed(draft, known, choices)], choices, today, selected, False, listed)


def _tried(
    people: Sequence[Selected], rows: Sequence[Selected], settled: Settled, today: date
) -> tuple[Imported | None, QuestionError | None]:
    try:
        return _read(people, rows, settled, today), None
    except QuestionError as trouble:
        return None, trouble


def _share(found: Imported | None, trouble: QuestionError | None) -> float:
    if found is not None:
        return found.verdict.joined / found.verdict.counted if found.verdict.counted else 1.0
    return trouble.share if isinstance(trouble, checks.UnjoinedError) else -1.0


def _recoded(
    people: Sequence[Selected], rows: Sequence[Selected], settled: Settled
) -> Iterable[tuple[Sequence[Selected], Sequence[Selected]]]:
    """The same files in other encodings that they could have: the clients that join tell which is right."""
    wanted = [*settled.choices.columns.values(), *settled.client_choices.columns.values()]

    def again(selected: Sequence[Selected], rank: int) -> Sequence[Selected] | None:
        found, changed = [], False
        for each in selected:
            raw = each.table.raw
            if rank < len(raw.codings):
                changed = True
                other = raw.recoded(raw.codings[rank])
                note = t(
                    "The text was read as {encoding}: that way most names are found in the other file.",
                    encoding=shown(raw.codings[rank]),
                )
                found.append(Selected(laid_out(other.noted(note), wanted), each.passed_over))
            else:
                found.append(each)
        return found if changed else None

    for rank in range(10):
        if (other := again(rows, rank)) is not None:
            yield people, other
        if (other := again(people, rank)) is not None:
            yield other, rows


def _read(people: Sequence[Selected], rows: Sequence[Selected], settled: Settled, today: date) -> Imported:
    choices = replace(settled.choices, passed=[])
    client_choices = replace(settled.client_choices, passed=choices.passed)
    tables = together([each.table for each in rows], lambda raw: (kind_of_name(raw) or (None,))[0])
    lists = together([each.table for each in people])
    if len(lists) > 1:
        names = " and ".join(str(each.raw.path.name) for each in lists[:2])
        raise MissingError(
            t("{names} have different headings: give lists of clients with the same ones, or one of them.", names=names)
        )
    listed = lists[0] if lists else None
    if listed is not None and any(same_table(listed, each) for each in tables):
        listed = None
    drafts = [drafted(each, choices) for each in tables]
    known = read_people(listed, client_choices) if listed is not None else None
    from_invoices = known is None
    if known is None:
        known = people_of(
            [
                (each.mapping, each.rows, each.sorted_rows, each.days, [kind in COUNTED for kind in each.states.kinds])
                for each in drafts
            ]
        )
    batches = [completed(each, known, choices) for each in drafts]
    return _finished(known, batches, choices, today, [*people, *rows], from_invoices, listed)


def _finished(
    people: People,
    batches: list[Batch],
    choices: ImportChoices,
    today: date,
    selected: Sequence[Selected],
    from_invoices: bool,
    listed: Table | None,
) -> Imported:
    verdict = Verdict()
    checks.documents(batches, choices, today)
    check_open_items(batches, choices)
    currency = checks.currencies(batches, choices, verdict)
    for batch in batches:
        verdict.left_out += batch.left_out
        verdict.rows += len(batch.mapping.table.body) + batch.left_out["in two files"]
        verdict.used += sum(each.lines for each in batch.documents)
        verdict.joined += sum(each.client != NOBODY for each in batch.documents)
        verdict.count(
            (
                marked("Credit notes")
                if each.kind is Kind.CREDIT_NOTE or _is_negative(each.amount)
                else marked("Invoices"),
                each.word if each.state is None else each.state,
                each.day,
                each.amount,
                each.currency,
            )
            for each in batch.documents
        )
    checks.joined(batches, people, choices, verdict)
    verdict.warnings += dict.fromkeys(choices.passed)
    clients, id_of, own = _clients(people, batches, from_invoices)
    verdict.clients = len(clients)
    verdict.left_clients += Counter(each.out for each in people.contacts if each.out)
    jobs = sum(each.parent is not None for each in people.contacts)
    if jobs:
        verdict.left_clients[marked("jobs of other clients")] = jobs
    found = Imported(clients, own, batches, people, currency, verdict, [], from_invoices, id_of)
    found.files = _summaries(found, selected, listed)
    return found


def _is_negative(amount: Value) -> bool:
    return isinstance(amount, float) and amount < 0


def _clients(
    people: People, batches: Sequence[Batch], from_invoices: bool
) -> tuple[list[ClientRow], dict[int, Value], dict[str, list[Value]]]:
    column = next(
        (each.joined.id_column for each in batches if each.joined.id_column is not None), 0 if people.ids else None
    )
    first: dict[int, date] = {}
    if from_invoices:
        for batch in batches:
            for each in batch.documents:
                if each.state not in (State.CANCELED, State.DRAFT) and (
                    each.client not in first or each.day < first[each.client]
                ):
                    first[each.client] = each.day
    clients = []
    id_of: dict[int, Value] = {}
    kept = []
    for at, contact in enumerate(people.contacts):
        if contact.out or contact.parent is not None:
            continue
        told = (
            people.id_value(at, column)
            if column is not None and not from_invoices
            else contact.ids[0]
            if contact.ids
            else None
        )
        if from_invoices and contact.ids:
            told = contact.ids[0]
        shown: Value = told if told is not None else contact.name or None
        id_of[at] = shown
        created = first.get(at) if from_invoices else contact.created
        if isinstance(created, datetime):
            created = created.date()
        clients.append(ClientRow(shown, contact.name or None, created, contact.row))
        kept.append(contact.row)
    own: dict[str, list[Value]] = {}
    if not from_invoices:
        used = {
            each.at
            for each in (people.named, people.created, people.ids[column] if column is not None else None)
            if each is not None
        }
        for source in people.table.columns:
            if source.at in used or not source.filled or not source.heading:
                continue
            own.setdefault(source.heading, [source.values[row] for row in kept])
    return clients, id_of, {name: values for name, values in own.items() if any(value is not None for value in values)}


def _summaries(found: Imported, selected: Sequence[Selected], listed: Table | None) -> list[FileSummary]:
    people = found.people
    summaries = []
    passed = {id(each.table.raw): each.passed_over for each in selected}
    if listed is not None and people is not None:
        raw = listed.raw
        taken: dict[str, str] = {}
        column = next(
            (each.joined.id_column for each in found.batches if each.joined.id_column is not None),
            0 if people.ids else None,
        )
        if column is not None:
            taken["Client ID"] = people.ids[column].name
        elif people.named is not None:
            taken["Client ID"] = people.named.name
        if people.named is not None:
            taken["Client"] = people.named.name
        elif column is not None:
            taken["Client"] = people.ids[column].name
        if people.created is not None:
            taken["Created on"] = people.created.name
        notes = [*raw.notes, *people.notes]
        if column is None:
            notes.append(t("There are no client ids: the names serve as ids."))
        elif (
            people.named is None
            and all(contact.name in contact.names and len(contact.names) == 1 for contact in people.contacts)
            and not any(each.role("first_name") for each in listed.columns)
        ):
            notes.append(t("There are no names: the ids serve as names."))
        if column is not None:
            alone = (contact for contact in people.contacts if not contact.out and contact.parent is None)
            notes += without_ids(sum(contact.ids[column] is None and bool(contact.name) for contact in alone))
        if people.repeated:
            notes.append(t("{count:,} rows repeat a client: the first one counts.", count=people.repeated))
        summaries.append(_summary(listed, taken, set(found.own), notes, None, passed.get(id(raw), []), None, CLIENTS))
    for batch in found.batches:
        table = batch.mapping.table
        taken = {"Client ID": batch.joined.column.name} if batch.joined.column is not None else {}
        taken |= batch.mapping.taken
        notes = [*batch.notes]
        if found.from_invoices:
            notes.append(t("The clients were made from these rows, each created on its first invoice."))
        program = batch.program.name if batch.program else None
        summaries.append(
            _summary(table, taken, set(), notes, batch.decimal, passed.get(id(table.raw), []), program, TRANSACTIONS)
        )
    return summaries


def _summary(
    table: Table,
    taken: dict[str, str],
    own: set[str],
    notes: Sequence[str],
    decimal: str | None,
    passed: Sequence[str],
    program: str | None,
    of: str,
) -> FileSummary:
    raw = table.raw
    used = {*taken.values(), *(part for each in taken.values() for part in each.split(" and ")), *own}
    ignored = []
    for each in table.columns:
        if each.name in used or (not each.heading and not each.filled):
            continue
        ignored.append(each.heading or t("column {letter}, which has no heading", letter=each.letter))
    names, others = raw.path.name, len(table.sources) - 1
    if others > 0:
        names = t("{names} and {count:,} more", names=names, count=others)
    return FileSummary(
        file=names, form=raw.form, rows=len(table.body), encoding=shown(raw.encoding) if raw.encoding else None,
        delimiter=raw.delimiter, decimal=decimal, columns=taken, ignored=ignored, remarks=list(dict.fromkeys(notes)),
        passed_over=passed, program=program, table=of,
    )  # fmt: skip

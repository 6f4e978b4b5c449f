"""Bring the next export into a workbook that is there: what is new, what changed, what vanished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from os import PathLike
from pathlib import Path

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Status
from kopilot_xl.errors import BookError, UsageError
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.einvoices.output import read_invoices
from kopilot_xl.importing.output import Pair, read_pair
from kopilot_xl.importing.summary import FileSummary, Verdict
from kopilot_xl.texts import t
from kopilot_xl.usecases.calculation import standing
from kopilot_xl.usecases.databases import fetched
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.inputs import read
from kopilot_xl.usecases.news import News
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.update.bringing import Merges, merged, write
from kopilot_xl.usecases.update.choosing import after_reading, is_source, remembered, sources_to_read
from kopilot_xl.usecases.update.merging import ClientMerge, TransactionMerge, TransactionRow
from kopilot_xl.usecases.update.readings import Reading, readings
from kopilot_xl.usecases.update.remembering import learned, with_files
from kopilot_xl.usecases.update.source_files import absolute_path
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.drafts import draft_folder
from kopilot_xl.workbook.file.saving import write_atomically
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import settings, sources, transactions
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.sheets.sources import CLIENTS, INVOICES, TRANSACTIONS, Memory
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError

Files = str | PathLike[str] | Sequence[str | PathLike[str]]


@dataclass(frozen=True)
class Updated:
    """What an export brought to a workbook, or would bring.

    Attributes:
        path: the workbook.
        choices: how the files were read.
        verdict: the figures of the import.
        clients: what it did to the clients.
        transactions: what it did to the transactions.
        known: the transactions as the workbook had them, which the indexes of `transactions` name.
        names: the names of the clients that changed, vanished or moved, by key.
        moved: the clients whose segment is another because of it: key, segment before, segment now.
        fulfilled: how many plans more are fulfilled.
        removed: whether the transactions that vanished were removed.
        result: the refresh that followed; None where none was wanted.
        written: whether the workbook was written.
        remembers: whether it remembers where its data came from.
        notes: what is to be said about its sources: which files were newer, which cannot be remembered.
    """

    path: Path
    choices: Sequence[FileSummary]
    verdict: Verdict
    clients: ClientMerge
    transactions: TransactionMerge
    known: Sequence[TransactionRow]
    names: Mapping[str, str]
    moved: Sequence[tuple[str, Segment | None, Segment | None]]
    fulfilled: int
    removed: bool
    result: RefreshResult | None
    written: bool
    remembers: bool
    notes: Sequence[str] = ()

    @property
    def is_news(self) -> bool:
        """Whether the export had anything that the workbook had not."""
        merge = self.transactions
        return bool(self.clients.added or self.clients.changed or merge.added or merge.changed or self.removed)

    @property
    def amount_added(self) -> float:
        """The sum of the new transactions that are neither planned, draft nor canceled, credit notes included."""
        return round(sum(row.amount or 0.0 for row in self.transactions.added if _counts(row)), 2)

    @property
    def news(self) -> News:
        """What came, in figures."""
        return News(
            transactions=len(self.transactions.added),
            amount=self.amount_added,
            changed=len(self.transactions.changed),
            clients=len(self.clients.added),
            vanished=0 if self.removed else len(self.transactions.vanished),
            notes=tuple(self.notes),
        )

    def status_changes(self) -> list[tuple[str, str, int]]:
        """How many transactions went from one status to another."""
        pairs = Counter(
            (str(change.before["status"]) or "blank", str(change.after["status"]))
            for change in self.transactions.changed
            if "status" in change.after
        )
        return [(before, after, count) for (before, after), count in pairs.most_common()]


def update(
    path: str | PathLike[str],
    clients: Files | None = None,
    transactions: Files | None = None,
    *,
    as_of: date | None = None,
    date_order: DateOrder | str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    statuses: Mapping[str, str] | None = None,
    sheet: str | None = None,
    currency: str | None = None,
    year: int | None = None,
    invoices: Files | None = None,
    company: str | None = None,
    accept: bool = False,
    remove_vanished: bool = False,
    dry_run: bool = False,
    no_refresh: bool = False,
    now: datetime | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Updated:
    """Bring the next export into a workbook, and refresh it.

    Clients are the same by id; transactions by client and number, or by client, day and amount where the export has no
    numbers. What the user typed, decided or added stays as it is. The version before is kept beside the workbook.

    Args:
        path: the workbook.
        clients: lists of clients, as for `new`; without them and without transactions those that it remembers.
        transactions: their invoices.
        as_of: the day of the refresh; by default its AsOf setting, or today.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`.
        encoding: of text files.
        columns: our column to a heading of the files.
        statuses: a word of the files to what it means.
        sheet: the sheet of workbooks to read.
        currency: the one currency to take, where the files have several.
        year: of dates that have a day and a month only.
        invoices: e-invoices instead of exports: files, folders, ZIP archives.
        company: the name or a number of the party whose books these are.
        accept: go on where a figure says that something may be wrong.
        remove_vanished: clear the rows of transactions that earlier imports brought and the export no longer has.
        dry_run: say what would come, and write nothing.
        no_refresh: leave the refresh for later.
        now: the local time that counts as now.
        waiting: called with a line to show, if another process has to finish with the file first.

    Raises:
        BookError: it is not a Kopilot workbook, or an export cannot be read.
        MissingError: a column is not known, or a table of the workbook is not there.
        QuestionError: the files leave a doubt; the text names the option that settles it.
        SaveError: the workbook cannot be written, or was changed meanwhile. As with the others, nothing was changed.
        UsageError: no files are named, and the workbook remembers none.
    """
    book = open_book(path)
    given = ImportChoices(
        DateOrder(date_order) if date_order else None, encoding, columns or {}, statuses or {}, sheet, currency, year,
        accept, company,
    )  # fmt: skip
    named = {CLIENTS: clients, TRANSACTIONS: transactions, INVOICES: invoices}
    return bring(
        book,
        book.path.parent,
        {table: _paths(files) for table, files in named.items() if files},
        given,
        as_of=as_of,
        remove_vanished=remove_vanished,
        dry_run=dry_run,
        no_refresh=no_refresh,
        now=now,
        waiting=waiting,
    )


def bring(
    book: FileBook,
    folder: Path,
    named: Mapping[str, Sequence[str]],
    given: ImportChoices,
    *,
    as_of: date | None = None,
    remove_vanished: bool = False,
    dry_run: bool = False,
    no_refresh: bool = False,
    now: datetime | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Updated:
    """Bring an export into a workbook, as `update` says.

    Args:
        book: the workbook's file, or a copy of it.
        folder: the folder of the workbook itself, from which the paths of its sources lead.
        named: the files by `CLIENTS`, `TRANSACTIONS` and `INVOICES`; none: those that the workbook remembers.
        given: how to read them.
        as_of: as for `update`, and so are the others.
    """
    now = now or datetime.now()
    with collector_at_rest(), book.locked(backup=not dry_run, waiting=waiting):
        if not is_kopilot_book(book):
            raise BookError(
                t('{path} is not a Kopilot workbook. Make it one with kopilot-xl adopt "{path}".', path=book.path)
            )
        held = book.path.read_bytes()
        memory = sources.read(book)
        chosen, fresh = sources_to_read(memory, folder, named, given)
        if not chosen:
            raise UsageError(
                t(
                    "name the export: --clients and --transactions. The workbook does not know where its data come "
                    "from."
                ),
                "transactions",
            )
        found = readings(chosen, folder, memory, named=fresh)
        before = _before(book, as_of, now.date()) if not no_refresh else None
        with draft_folder() as drafts:
            draft = Path(drafts, book.path.name)
            steps: list[_Step] = []
            for reading in found.readings:
                target = open_book(draft) if steps else book
                already = {table for earlier in found.readings[: len(steps)] for table in earlier.files}
                step = _step(target, folder, reading, given, memory, now, remove_vanished, already)
                memory = step.memory
                chosen = after_reading(chosen, reading, step.pair, found, now.date())
                steps.append(step)
                if reading is not found.readings[-1]:
                    step.book.save(draft)
            kept, lost = remembered(chosen, memory, folder)
            memory = with_files(memory or Memory(), [file.key for files in found.files.values() for file in files])
            remembers = sources.write(steps[-1].book, kept, memory.keys, memory.remarks)
            steps[-1].book.save(draft)
            result = refresh(open_book(draft), as_of, now=now) if not no_refresh else None
            if not dry_run:
                write_atomically(book.path, draft.read_bytes(), instead_of=held, backup=True)
    return _updated(
        book.path,
        steps,
        [*found.lines, *lost],
        before,
        result,
        remove_vanished,
        written=not dry_run,
        remembers=remembers,
    )


def knows_sources(book: Book) -> bool:
    """Tell whether a workbook knows where its data come from, so that an update needs no files.

    Raises:
        SettingError: a cell of the block Sources makes no sense.
    """
    memory = sources.read(book)
    return memory is not None and any(source.files for source in memory.sources.values())


@dataclass(frozen=True)
class _Before:
    """What an update changes: the segment of each client by key, and how many plans are fulfilled."""

    segments: Mapping[str, Segment | None]
    fulfilled: int


def _before(book: FileBook, as_of: date | None, today: date) -> _Before:
    clients, log = standing(read(book, as_of, today))
    fulfilled = sum(row.status is ActionStatus.FULFILLED for row in log.results)
    return _Before({client.key: client.segment for client in clients}, fulfilled)


@dataclass(frozen=True)
class _Step:
    """One reading brought in: the workbook it was written to, what was read, what it changed, what is remembered."""

    book: FileBook
    pair: Pair
    merges: Merges
    memory: Memory


def _step(
    book: FileBook,
    folder: Path,
    reading: Reading,
    given: ImportChoices,
    memory: Memory | None,
    now: datetime,
    remove_vanished: bool,
    already: Collection[str],
) -> _Step:
    """Read files and write what they bring into a workbook, which is not saved."""
    chosen, files = settings.read(book), reading.files
    choices = {table: replace(known, accept=given.accept) for table, known in reading.choices.items()}
    pair: Pair
    if INVOICES in files:
        pair = read_invoices(
            files[INVOICES], choices[INVOICES], lambda key: memory is not None and memory.has(INVOICES, key)
        )
    else:
        own = choices.get(CLIENTS)
        people, sales = files.get(CLIENTS), files.get(TRANSACTIONS)
        with fetched(people or ()) as client_files, fetched(sales or ()) as transaction_files:
            pair = read_pair(
                client_files if people is not None else None,
                transaction_files if sales is not None else None,
                choices.get(TRANSACTIONS, own),
                now.date(),
                own,
            )
    _check_currency(pair, chosen.currency)
    merges = merged(book, pair, memory, chosen.date_order, now.date(), has_clients=CLIENTS in files)
    write(book, merges, remove_vanished=remove_vanished)
    other = memory is not None and INVOICES in files and not is_source(memory, INVOICES, files[INVOICES], folder)
    brought = merges.incoming_clients, (row.memory_key for row in merges.incoming)
    return _Step(book, pair, merges, learned(memory, pair, *brought, other_invoices=other, already=already))


def _paths(files: Files) -> list[str]:
    several = [files] if isinstance(files, str | PathLike) else files
    return [absolute_path(file) for file in several]


def _check_currency(pair: Pair, currency: str) -> None:
    """Refuse to add up two currencies.

    Raises:
        QuestionError: the export is in another currency than the workbook.
    """
    if pair.currency and currency and pair.currency.casefold() != currency.casefold():
        raise QuestionError(
            t(
                "The export is in {one}, and the workbook in {other}: nothing was changed. If all its amounts are in "
                "{one}, write {one} into Currency on Settings; else export what is in {other}.",
                one=pair.currency,
                other=currency,
            ),
            "other-currency",
        )


def _counts(row: TransactionRow) -> bool:
    try:
        return transactions.read_status(row.status) is Status.ISSUED
    except UnreadableError:
        return True


def _updated(
    path: Path,
    steps: Sequence[_Step],
    notes: Sequence[str],
    before: _Before | None,
    result: RefreshResult | None,
    remove_vanished: bool,
    *,
    written: bool,
    remembers: bool,
) -> Updated:
    moved: list[tuple[str, Segment | None, Segment | None]] = []
    fulfilled = 0
    if before is not None and result is not None:
        old = before.segments
        moved = [
            (client.key, old.get(client.key), client.segment)
            for client in result.clients
            if old.get(client.key) is not client.segment
        ]
        fulfilled = result.actions[ActionStatus.FULFILLED] - before.fulfilled
    people, rows = _together(steps)
    return Updated(
        path=path,
        choices=[summary for step in steps for summary in step.pair.files],
        verdict=steps[-1].pair.verdict,
        clients=people,
        transactions=rows,
        known=steps[-1].merges.known,
        names={key: name for step in steps for key, name in step.merges.names.items()},
        moved=moved,
        fulfilled=max(fulfilled, 0),
        removed=remove_vanished and bool(rows.vanished),
        result=result,
        written=written,
        remembers=remembers,
        notes=notes,
    )


def _together(steps: Sequence[_Step]) -> tuple[ClientMerge, TransactionMerge]:
    """Return what several readings changed, one after the other; rows only ever come after those that are there."""
    people, rows = [step.merges.clients for step in steps], [step.merges.transactions for step in steps]
    last_people, last = people[-1], rows[-1]
    if len(steps) == 1:
        return last_people, last
    changed = [change for merge in rows for change in merge.changed]
    vanished = {index for merge in rows for index in merge.vanished} - {change.index for change in last.changed}
    return (
        replace(
            last_people,
            changed=[change for merge in people for change in merge.changed],
            added=[row for merge in people for row in merge.added],
        ),
        replace(
            last,
            changed=changed,
            added=[row for merge in rows for row in merge.added],
            vanished=sorted(vanished),
            same_as_by_hand=sorted({index for merge in rows for index in merge.same_as_by_hand}),
            answers=[answer for merge in rows for answer in merge.answers],
        ),
    )

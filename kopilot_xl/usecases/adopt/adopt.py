"""Bring our sheets to the workbook where the clients and the invoices are; these stay where they are, and count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from os import PathLike
from pathlib import Path

from kopilot_xl.errors import NotBookError, OutputError, UsageError
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.summary import FileSummary, Verdict
from kopilot_xl.texts import t
from kopilot_xl.usecases.adopt.bringing import bring, check_adoptable
from kopilot_xl.usecases.adopt.finding import Found, find
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.file.drafts import draft_folder
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.saving import BACKUP, write_atomically
from kopilot_xl.workbook.opening import check_is_no_export, open_book
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import settings, source_block
from kopilot_xl.workbook.sheets.own_tables import OwnTable
from kopilot_xl.workbook.tables.parsing import DateOrder

_WITH_MACROS = ".xlsm"
_EDITABLE = (".xlsx", _WITH_MACROS)


@dataclass(frozen=True)
class Adopted:
    """A workbook of its owner's that is a Kopilot workbook now.

    Attributes:
        path: where it is.
        clients: the table or sheet of its clients.
        transactions: the table or sheet of its invoices.
        choices: how each was read.
        verdict: the figures to check against the books.
        sheets: our sheets that were added, by the names they have there.
        columns: the columns of ours at the right end of the clients, by their headings.
        result: what the first refresh found.
        backup: whether the version before was kept beside it.
        kept_macros: whether it has macros of its owner's, beside which ours were not added.
    """

    path: Path
    clients: str
    transactions: str
    choices: Sequence[FileSummary]
    verdict: Verdict
    sheets: Sequence[str]
    columns: Sequence[str]
    result: RefreshResult
    backup: bool = False
    kept_macros: bool = False

    @property
    def lines(self) -> list[str]:
        """What to say about it: what was added where, and how to go on."""
        lines = [
            t("{path} is a Kopilot workbook now, and everything of yours in it is as it was.", path=self.path),
            t("Clients are in {clients}, transactions in {rows}.", clients=self.clients, rows=self.transactions),
            t(
                "Columns added at the right end of {clients}: {columns}",
                clients=self.clients,
                columns=", ".join(self.columns),
            ),
            t("Sheets added: {sheets}", sheets=", ".join(self.sheets)),
        ]
        if self.kept_macros:
            lines.append(t("Its own macros stay; Kopilot's were not added. --macros adds them."))
        if self.backup:
            lines.append(t("The version before is kept as {path}{backup}.", path=self.path, backup=BACKUP))
        shown = f'"{self.path}"' if " " in str(self.path) else str(self.path)
        return [*lines, t("Next: open it at the sheet Portfolio; later kopilot-xl refresh {path}", path=shown)]


def adopt(
    path: str | PathLike[str],
    clients: str | None = None,
    transactions: str | None = None,
    *,
    output: str | PathLike[str] | None = None,
    in_place: bool = False,
    macros: bool = False,
    date_order: DateOrder | str | None = None,
    columns: Mapping[str, str] | None = None,
    statuses: Mapping[str, str] | None = None,
    currency: str | None = None,
    year: int | None = None,
    accept: bool = False,
    force: bool = False,
    as_of: date | None = None,
    now: datetime | None = None,
) -> Adopted:
    """Make a Kopilot workbook of one that has the clients and the invoices already.

    Their tables or ranges are found by what is in them, as in an export, and stay where they are: they are the Clients
    and Transactions from now on. Our columns are added at the right end of the clients, our sheets at the end of the
    tabs. Everything else stays byte for byte. Then it is refreshed.

    Args:
        path: the workbook, .xlsx or .xlsm.
        clients: the table or sheet of the clients, where several could be it.
        transactions: the table or sheet of the invoices, likewise.
        output: the workbook to write; by default a copy beside it, its name with "(Kopilot)".
        in_place: write into the workbook itself; the version before is kept beside it.
        macros: add the macros of Kopilot too; the result ends in .xlsm.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`.
        columns: our column to a heading of the tables, as in `{"Client": "Odběratel"}`.
        statuses: a word of the tables to what it means, as in `{"Te laat": "Overdue"}`.
        currency: the one currency to take, where the invoices have several.
        year: of dates that have a day and a month only.
        accept: go on where a figure says that something may be wrong.
        force: replace a file that `output` names; it is kept beside as a backup.
        as_of: the day to look at it; by default today.
        now: the local time that counts as now.

    Raises:
        BookError: it cannot be read or changed, or is a Kopilot workbook already; the text says why.
        MissingError: it has no list of clients, no invoices, or a column that is needed is not there.
        QuestionError: something leaves a doubt; the text names the option that settles it.
        SaveError: there is no room for our columns, or the result cannot be written.
        UsageError: the arguments do not fit together.
        ValueError: there is no such date order.
    """
    now = now or datetime.now()
    order = DateOrder(date_order) if date_order else None
    choices = ImportChoices(order, None, columns or {}, statuses or {}, None, currency, year, accept)
    check_is_no_export(path)
    target = _target(Path(path), output, in_place=in_place, macros=macros)
    book = open_book(path)
    backup = in_place
    if not in_place:
        backup = outputs.check_output(target, [book.path], outputs.is_free_workbook, force=force)
    with collector_at_rest(), book.locked(target, backup=backup):
        held = book.path.read_bytes()
        check_adoptable(book)
        found = find(book.path, clients, transactions, choices, now.date())
        with draft_folder() as folder:
            draft = Path(folder, target.name)
            package = Package(book.path)
            brought = bring(book, package, found, with_macros=macros)
            package.save(draft)
            _settle(draft, found, brought.columns, choices)
            result = refresh(draft, as_of, now=now)
            at_most = outputs.permissions([book.path])
            data = draft.read_bytes()
            write_atomically(target, data, instead_of=held if in_place else None, backup=backup, at_most=at_most)
    return Adopted(
        path=target,
        clients=found.clients.raw.name,
        transactions=found.transactions.raw.name,
        choices=found.imported.files,
        verdict=found.imported.verdict,
        sheets=brought.sheets,
        columns=[heading for header, heading in brought.columns.items() if header in clients_sheet.TABLE.headers],
        result=result,
        backup=in_place,
        kept_macros=brought.kept_macros,
    )


def _target(path: Path, output: str | PathLike[str] | None, *, in_place: bool, macros: bool) -> Path:
    """Where the result goes.

    Raises:
        UsageError: both an output and the workbook itself are to be written.
        NotBookError: the workbook has an ending that cannot be adopted.
        OutputError: the ending is not one that fits.
    """
    if in_place and output is not None:
        raise UsageError(t("use --output or --in-place, not both."), "output")
    suffix = _WITH_MACROS if macros else path.suffix.lower()
    if path.suffix.lower() not in _EDITABLE:
        raise NotBookError(
            t("{path} must end in .xlsx or .xlsm: save it so in Excel, and adopt that.", path=path), "book"
        )
    if in_place:
        target = path
    else:
        target = Path(output) if output is not None else path.with_name(f"{path.stem} (Kopilot){suffix}")
    if target.suffix.lower() != suffix:
        why = t("for the workbook carries macros") if suffix == _WITH_MACROS else t("as {path} does", path=path.name)
        raise OutputError(t("{target} must end in {suffix}, {why}.", target=target, suffix=suffix, why=why))
    return target


def _settle(draft: Path, found: Found, written: Mapping[str, str], choices: ImportChoices) -> None:
    """Write into Settings where the clients and transactions are, and what was settled about them."""
    book = open_book(draft)
    kept = {
        header: heading
        for header, heading in written.items()
        if header in clients_sheet.TABLE.headers or header != heading
    }
    people = OwnTable(found.clients.raw.name, {**found.client_columns, **kept})
    rows = OwnTable(found.transactions.raw.name, found.transaction_columns, choices.statuses)
    source_block.write(
        book,
        [
            people.source(source_block.CLIENTS, len(found.clients.body)),
            rows.source(source_block.TRANSACTIONS, len(found.transactions.body)),
        ],
    )
    if found.imported.currency:
        book.write_block(settings.CURRENCY.name, [[found.imported.currency]])
    if choices.date_order:
        book.write_block(settings.DATE_ORDER.name, [[choices.date_order.value]])
    book.save()

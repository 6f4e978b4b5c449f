"""E-invoices as our tables, with the verdict on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kopilot_xl.domain import formatting
from kopilot_xl.importing.choices import ImportChoices, Question, QuestionError
from kopilot_xl.importing.einvoices.books import CONTACT, Books, books
from kopilot_xl.importing.einvoices.files import sources
from kopilot_xl.importing.einvoices.reading import LeftOut, read_all
from kopilot_xl.importing.output import ImportedTable, Pair, SourcedData
from kopilot_xl.importing.summary import FileSummary, Verdict
from kopilot_xl.importing.vocabulary import State
from kopilot_xl.interrupts import checkpoint
from kopilot_xl.texts import marked, t, tn
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.tables.table import Table

_NAMED = 3
"""How many files of a kind a line names."""


@dataclass(frozen=True)
class InvoicePair(Pair):
    """Both tables of an import of e-invoices.

    Attributes:
        company: the name of the party whose books they are, by which it is found again; None where nobody was found.
        files_read: the keys of all files that were read, now or before; not of broken ones, which are tried again.
        broken: e-invoices that cannot be read, with the reason.
        assumed: what was assumed about whose they are; blank where it was settled.
        files_found: the names of all files, read or not.
        is_part: whether files that were read before were left out.
    """

    company: str | None
    files_read: frozenset[tuple[str, int, int]]
    is_part: bool
    broken: Sequence[LeftOut] = ()
    assumed: str = ""
    files_found: frozenset[str] = frozenset()


def read_invoices(
    paths: Sequence[str | Path],
    choices: ImportChoices | None = None,
    was_read: Callable[[tuple[str, int, int]], bool] = lambda key: False,
) -> InvoicePair:
    """Read e-invoices of files, folders and archives into our tables.

    Args:
        paths: files, folders and archives.
        choices: what the user settled.
        was_read: tells whether a file was read before, by its key; such a file is not read again.

    Raises:
        BookError: there is no such file, or no e-invoice that can be read, or nobody in them is called as the company.
        QuestionError: they are in several currencies, or contradict each other.
    """
    settled = choices or ImportChoices()
    found = sources(paths)
    fresh = [source for source in found if not was_read(source.key)]
    is_part = len(fresh) < len(found)
    read = books(read_all(fresh, checkpoint), settled.company, few_of_many=is_part)
    currency = _currency(read, settled)
    _check_conflicts(read, settled)
    documents = [document for document in read.documents if document.currency == currency]
    used = {document.client for document in documents}
    people = [client for client in read.clients if client.id in used]
    broken = {file.file for file in read.broken}  # named again until they are mended or taken away
    verdict = Verdict(
        rows=len(fresh), used=len(documents), clients=len(people), joined=len(documents), left_out=_left_out(read)
    )
    verdict.joined = 0
    for document in documents:
        kind = t("Credit notes") if document.credit else t("Invoices")
        verdict.add(kind, State.ISSUED, document.issued, document.net, currency)
        verdict.joined += 1
    if settled.accept:
        verdict.warnings += [_conflict(one.file, other.file, one.number) for one, other in read.conflicts]
    summary = FileSummary(
        file=tn("{count:,} file", "{count:,} files", len(found)),
        form=t("e-invoices"),
        rows=len(found),
        columns={"Client ID": t("VAT number"), "Amount": t("total without VAT"), "Reference": t("invoice number")},
        remarks=[*_before(len(found) - len(fresh)), *_remarks(read, len(read.documents) - len(documents), currency)],
    )
    own = {
        heading: [client.contact.get(heading) for client in people]
        for heading in CONTACT
        if any(heading in client.contact for client in people)
    }
    return InvoicePair(
        clients=_table(
            clients.TABLE,
            [clients.CLIENT_ID.header, clients.NAME.header, clients.CREATED_ON.header],
            [(client.id, client.name, client.created) for client in people],
            summary,
            own,
        ),
        transactions=_table(
            transactions.TABLE,
            [column.header for column in transactions.TABLE.columns],
            [
                (document.client, document.issued, document.net, State.ISSUED.value, document.number)
                for document in documents
            ],
            summary,
            {},
        ),
        files=[summary],
        verdict=verdict,
        currency=currency or None,
        company=_called(read) or settled.company,
        files_read=frozenset(source.key for source in found if source.name not in broken),
        is_part=is_part,
        broken=read.broken,
        assumed=_whose(read) if read.ours and read.ours.assumed else "",
        files_found=frozenset(source.name for source in found),
    )


def _called(read: Books) -> str | None:
    """What finds our party again: its best number, else its name."""
    if read.ours is None:
        return None
    return next(iter(read.ours.party.identifiers.values()), read.ours.party.name)


def _table(
    table: Table,
    headers: Sequence[str],
    rows: Sequence[Sequence[Value]],
    summary: FileSummary,
    own: dict[str, Sequence[Value]] | dict[str, list[str | None]],
) -> ImportedTable:
    data = SourcedData(table.name, table.name, 1, 1, headers, rows)
    return ImportedTable(table, data, summary, {heading: list(values) for heading, values in own.items()})


def _currency(read: Books, choices: ImportChoices) -> str:
    """The one currency of the documents.

    Raises:
        QuestionError: there are several and none was chosen, or none is in the chosen one.
    """
    sums = ", ".join(f"{formatting.amount(total)} {code}" for code, total in sorted(read.currencies.items()))
    if choices.currency:
        wanted = choices.currency.upper()
        if read.currencies and wanted not in read.currencies:
            raise QuestionError(
                t("No invoice is in {wanted}: there are {sums}.", wanted=wanted, sums=sums), "no-such-currency"
            )
        return wanted
    if len(read.currencies) > 1:
        first = max(read.currencies, key=lambda code: abs(read.currencies[code]))
        raise QuestionError(
            t(
                "The invoices are in several currencies ({sums}), and a workbook has one. Take one of them with "
                "--currency {first}.",
                sums=sums,
                first=first,
            ),
            "several-currencies",
            [Question("several-currencies", t("Which currency?"), f"--currency {first}", None, list(read.currencies))],
        )
    return next(iter(read.currencies), "")


def _check_conflicts(read: Books, choices: ImportChoices) -> None:
    """Stop where two files have the same number and another content: neither is certain.

    Raises:
        QuestionError: there are such files, and they were not accepted.
    """
    if read.conflicts and not choices.accept:
        one, other = read.conflicts[0]
        raise QuestionError(
            t(
                "{conflict} Remove the file that does not count, or take the first of each with --accept.",
                conflict=_conflict(one.file, other.file, one.number),
            ),
            "contradicting-invoices",
        )


def _conflict(one: str, other: str, number: str) -> str:
    return t("{one} and {other} both have the number {number}, and differ.", one=one, other=other, number=number)


def _left_out(read: Books) -> Counter[str]:
    """How many files were left out, by reason."""
    counts = {
        t("bills, in which {ours} is the buyer", ours=read.ours.party.name if read.ours else ""): len(read.bills),
        marked("between others"): len(read.others),
        marked("pro-forma"): len(read.pro_forma),
        marked("there already"): len(read.repeated) + len(read.conflicts),
        marked("no e-invoices"): len(read.other_files),
        marked("broken"): len(read.broken),
    }
    return Counter({reason: count for reason, count in counts.items() if count})


def _remarks(read: Books, in_others: int, currency: str) -> list[str]:
    """What was assumed and what was left out, a sentence each."""
    found = []
    if read.ours:
        found.append(_whose(read))
    if read.prepayments:
        count = tn("{count:,} invoice asks", "{count:,} invoices ask", read.prepayments)
        found.append(t("{count} for money in advance, and counts like any other.", count=count))
    if in_others:
        count = tn("{count:,} invoice", "{count:,} invoices", in_others)
        found.append(t("{count} in another currency than {currency} were left out.", count=count, currency=currency))
    for what, files in ((t("Cannot be read"), read.broken), (t("Not e-invoices"), read.other_files)):
        if files:
            found.append(f"{what}: {_listed(files)}")
    if read.others:
        names = "; ".join(invoice.file for invoice in read.others[:_NAMED])
        more = t("; and {count} more", count=len(read.others) - _NAMED) if len(read.others) > _NAMED else ""
        found.append(t("Between others: {files}", files=names + more))
    return found


def _whose(read: Books) -> str:
    """Whose invoices they are, and how that was found."""
    assert read.ours  # noqa: S101 - the caller has looked
    text = t("Yours are the invoices of {party}.", party=read.ours.party)
    if read.ours.assumed:
        text += " " + t("It is named in most files; --company settles it, if it is another.")
    return text


def _before(count: int) -> list[str]:
    if not count:
        return []
    return [
        tn(
            "{count:,} file was read before, and is the same.",
            "{count:,} files were read before, and are the same.",
            count,
        )
    ]


def _listed(files: Sequence[LeftOut]) -> str:
    named = "; ".join(f"{file.file}, {file.reason}" for file in files[:_NAMED])
    return named + (t("; and {count} more", count=len(files) - _NAMED) if len(files) > _NAMED else "")

"""E-invoices as the rows of a portfolio: our clients, and what we invoiced them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kopilot_xl.errors import BookError
from kopilot_xl.importing.einvoices.document import EInvoice, Identifier, Party
from kopilot_xl.importing.einvoices.reading import LeftOut, Reading
from kopilot_xl.importing.einvoices.sides import Ours, Parties, ours
from kopilot_xl.texts import t

CONTACT = ("Contact", "E-mail", "Phone", "City", "Country")
"""What comes along as columns of the user's own, where a file gives it."""


@dataclass(frozen=True)
class Client:
    """A client of ours. `created` is the day of its first invoice."""

    id: str
    name: str
    created: date
    contact: dict[str, str]


@dataclass(frozen=True)
class Document:
    """An invoice or a credit note of ours. `net` is before tax, negative for a credit note; `number` its reference."""

    client: str
    currency: str
    issued: date
    net: float
    number: str
    credit: bool
    file: str


@dataclass(frozen=True)
class Books:
    """What e-invoices say of our portfolio, and everything that was left out, with its reason.

    Attributes:
        ours: the party whose books these are.
        clients: our clients, in the order in which they were first invoiced.
        documents: our invoices and credit notes, by date, then number.
        currencies: how much was invoiced in each currency.
        bills: documents in which we are the buyer.
        others: documents between others.
        pro_forma: documents that are no invoices yet.
        repeated: documents that were there already, the same in every figure.
        prepayments: how many of the documents ask for money in advance.
        other_files: files that are no e-invoices.
        broken: e-invoices that cannot be read.
        conflicts: documents with the number of another of the same year, and another content: neither is certain.
    """

    ours: Ours | None
    clients: Sequence[Client]
    documents: Sequence[Document]
    currencies: dict[str, float]
    bills: Sequence[EInvoice]
    others: Sequence[EInvoice]
    pro_forma: Sequence[EInvoice]
    repeated: Sequence[EInvoice]
    prepayments: int
    other_files: Sequence[LeftOut]
    broken: Sequence[LeftOut]
    conflicts: Sequence[tuple[EInvoice, EInvoice]]


def books(reading: Reading, company: str | None = None, *, few_of_many: bool = False) -> Books:
    """Tell our invoices from bills and others' documents, each once, and our clients from their names and numbers.

    Args:
        reading: what the files hold.
        company: the name or a number of the party whose books these are; by default the one most documents name.
        few_of_many: whether these are only the new ones of many, among which there may be none of ours, or none at all.

    Raises:
        BookError: there is no e-invoice at all, or no party is called what `company` says.
    """
    invoices = reading.invoices
    if not invoices and not few_of_many:
        raise BookError(_nothing(reading))
    parties = Parties.of(party for invoice in invoices for party in (invoice.seller, invoice.buyer))
    mine = ours(invoices, parties, company, may_be_absent=few_of_many) if invoices else None
    our_cluster = mine.cluster if mine else None
    sold: list[EInvoice] = []
    bills: list[EInvoice] = []
    others: list[EInvoice] = []
    for invoice in invoices:
        if parties.cluster(invoice.seller) == our_cluster:
            sold.append(invoice)
        else:
            (bills if parties.cluster(invoice.buyer) == our_cluster else others).append(invoice)
    pro_forma = [invoice for invoice in sold if invoice.is_pro_forma]
    counted, repeated, conflicts = _once([invoice for invoice in sold if not invoice.is_pro_forma])
    counted.sort(key=lambda invoice: (invoice.issued, invoice.number))
    clients, ids = _clients(counted, parties)
    totals: dict[str, float] = {}
    for invoice in counted:
        totals[invoice.currency] = round(totals.get(invoice.currency, 0.0) + invoice.net, 2)
    return Books(
        ours=mine,
        clients=clients,
        documents=[
            Document(
                ids[parties.cluster(invoice.buyer)],
                invoice.currency,
                invoice.issued,
                invoice.net,
                invoice.number,
                invoice.credit,
                invoice.file,
            )
            for invoice in counted
        ],
        currencies=totals,
        bills=bills,
        others=others,
        pro_forma=pro_forma,
        repeated=repeated,
        prepayments=sum(invoice.is_prepayment for invoice in counted),
        other_files=reading.other,
        broken=reading.broken,
        conflicts=conflicts,
    )


def _nothing(reading: Reading) -> str:
    shown = (*reading.broken, *reading.other)[:3]
    named = "; ".join(f"{found.file}: {found.reason}" for found in shown)
    return (
        t("There is no e-invoice that can be read ({named}).", named=named)
        if named
        else t("There is no e-invoice in what was named.")
    )


def _once(
    invoices: Sequence[EInvoice],
) -> tuple[list[EInvoice], list[EInvoice], list[tuple[EInvoice, EInvoice]]]:
    """Part documents into those that count, copies of them, and those that contradict one of the same number.

    Numbers begin anew each year with many firms, and credit notes may have a series of their own: both make another
    document, not a contradiction.
    """
    first: dict[tuple[str, int, bool], EInvoice] = {}
    repeated: list[EInvoice] = []
    conflicts: list[tuple[EInvoice, EInvoice]] = []
    for invoice in invoices:
        key = (invoice.number, invoice.issued.year, invoice.credit)
        known = first.setdefault(key, invoice)
        if known is invoice:
            continue
        same = (known.issued, known.net, known.currency) == (invoice.issued, invoice.net, invoice.currency)
        if same:
            repeated.append(invoice)
        else:
            conflicts.append((known, invoice))
    return list(first.values()), repeated, conflicts


def _clients(invoices: Sequence[EInvoice], parties: Parties) -> tuple[list[Client], dict[str, str]]:
    """Return the buyers as clients, and the id of each cluster of parties."""
    by_cluster: dict[str, list[EInvoice]] = {}
    for invoice in invoices:
        by_cluster.setdefault(parties.cluster(invoice.buyer), []).append(invoice)
    ids = {cluster: _best_id([invoice.buyer for invoice in found]) for cluster, found in by_cluster.items()}
    taken: set[str] = set()
    clients = []
    for cluster, found in by_cluster.items():
        if ids[cluster] in taken:  # two clients of one short number, each with a name of its own
            ids[cluster] = f"{ids[cluster]} {found[-1].buyer.name}".strip()
        taken.add(ids[cluster])
        contact: dict[str, str] = {}
        for invoice in found:
            contact.update(invoice.buyer.contact)  # what was written last counts
        name = next((invoice.buyer.name for invoice in reversed(found) if invoice.buyer.name), ids[cluster])
        clients.append(Client(ids[cluster], name, found[0].issued, contact))
    return clients, ids


def _best_id(parties: Sequence[Party]) -> str:
    """Return the best identifier that any of the files gives for a client: its VAT number where there is one."""
    for kind in Identifier:
        for party in parties:
            if kind in party.identifiers:
                return (
                    party.identifiers[kind].rpartition(":")[2]
                    if kind is Identifier.ENDPOINT
                    else party.identifiers[kind]
                )
    return next((party.name for party in parties if party.name), "?")

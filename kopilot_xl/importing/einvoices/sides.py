"""Which party is ours, and which names and numbers mean the same client."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kopilot_xl.errors import BookError
from kopilot_xl.importing.einvoices.document import EInvoice, Identifier, Party, normal_id, normal_name
from kopilot_xl.texts import t

_SHOWN = 5
"""How many parties a message names."""


@dataclass(frozen=True)
class Ours:
    """The party whose books these are.

    Attributes:
        party: how it is named.
        cluster: the key of its cluster in `Parties`.
        documents: how many documents name it.
        assumed: whether it was found by counting, rather than named by the user.
    """

    party: Party
    cluster: str
    documents: int
    assumed: bool


@dataclass
class Parties:
    """Every party of the documents, those that are the same under one number.

    Two parties are the same if they share an identifier; one that stands beside two VAT numbers is no proof (small
    programs number their clients from 1), and a name is proof only where a party has nothing else.
    """

    _parent: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parties: Iterable[Party]) -> Parties:
        """Find out which of the parties are the same."""
        found, unique = cls(), list({tuple(each.keys): each for each in parties}.values())
        vats: dict[str, set[str]] = defaultdict(set)
        for each in unique:
            if vat := each.identifiers.get(Identifier.VAT):
                for key in each.keys:
                    vats[key].add(vat)
        for each in unique:
            keys = [key for key in each.keys if len(vats[key]) < 2] or each.keys[:1]
            for key in keys:
                found._join(keys[0], key)
        found._join_names(unique)
        return found

    def _join_names(self, parties: Sequence[Party]) -> None:
        """Join a party that has nothing but its name with the only other one of that name."""
        named: dict[str, set[str]] = defaultdict(set)
        for each in parties:
            if each.identifiers and each.name:
                named[normal_name(each.name)].add(self.cluster(each))
        for each in parties:
            clusters = named.get(normal_name(each.name), set())
            if not each.identifiers and len(clusters) == 1:
                self._join(next(iter(clusters)), each.keys[0])

    def cluster(self, party: Party) -> str:
        """Return the key of the cluster a party belongs to."""
        return self._root(next((key for key in party.keys if key in self._parent), party.keys[0]))

    def _root(self, key: str) -> str:
        self._parent.setdefault(key, key)
        while self._parent[key] != key:
            self._parent[key] = key = self._parent[self._parent[key]]
        return key

    def _join(self, one: str, other: str) -> None:
        self._parent[self._root(other)] = self._root(one)


def ours(
    invoices: Sequence[EInvoice], parties: Parties, company: str | None = None, *, may_be_absent: bool = False
) -> Ours | None:
    """Return the party whose books these are.

    It is the one that `company` names (a name or a number), else the one that most documents name, and of one document
    or in a tie the seller.

    Args:
        invoices: the documents.
        parties: which of their parties are the same.
        company: the name or a number of ours.
        may_be_absent: return None where nobody is called so: these are a few of many documents.

    Raises:
        BookError: no party is called what `company` says, or several are.
    """
    counts: Counter[str] = Counter()
    sells: Counter[str] = Counter()
    named: dict[str, Party] = {}
    for invoice in invoices:
        seller, buyer = parties.cluster(invoice.seller), parties.cluster(invoice.buyer)
        counts.update(dict.fromkeys((seller, buyer), 1))  # a set would order them by chance
        sells[seller] += 1
        named.setdefault(seller, invoice.seller)
        named.setdefault(buyer, invoice.buyer)
    if company:
        wanted = [cluster for cluster in counts if _is_called(company, cluster, invoices, parties)]
        if not wanted and may_be_absent:
            return None
        if len(wanted) != 1:
            known = "; ".join(str(named[cluster]) for cluster, _ in counts.most_common(_SHOWN))
            which = t("No party") if not wanted else t("More than one party")
            raise BookError(
                t(
                    "{which} in the e-invoices is called {company}. Choose from: {known}.",
                    which=which,
                    company=company,
                    known=known,
                )
            )
        best = wanted[0]
    else:
        best = max(counts, key=lambda cluster: (counts[cluster], sells[cluster]))
    return Ours(named[best], best, counts[best], assumed=not company)


def _is_called(company: str, cluster: str, invoices: Sequence[EInvoice], parties: Parties) -> bool:
    name, number = normal_name(company), normal_id(company)
    sides = (party for invoice in invoices for party in (invoice.seller, invoice.buyer))
    return any(
        (normal_name(party.name) == name or number in party.identifiers.values()) and parties.cluster(party) == cluster
        for party in sides
    )

"""The words that programs use: headings, statuses, kinds of documents and the like, in twelve languages.

They are data: one TOML file a language in `words/`, compared without case, accents, blanks and punctuation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

from kopilot_xl.texts.words import fold, languages, meanings_of


class Kind(StrEnum):
    """What a document is. Invoices and credit notes count; orders only in a file that has no invoices."""

    INVOICE = "invoice"
    INVOICE_PAID = "invoice_paid"
    ORDER = "order"
    QUOTE = "quote"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    OTHER = "other"


class State(StrEnum):
    """What a status word means, in the words that the workbook's Status column offers."""

    ISSUED = "Issued"
    PAID = "Paid"
    OVERDUE = "Overdue"
    PLANNED = "Planned"
    DRAFT = "Draft"
    CANCELED = "Canceled"


ASK = "ask"
"""A status word that programs use both ways: a question, unless the program is recognised."""


def word_key(text: str) -> str:
    """Return what a status word is compared by: as `fold`, but a number keeps its sign."""
    plain = text.strip()
    return plain if plain.lstrip("-").isdigit() else fold(plain)


@dataclass(frozen=True)
class Tokens:
    """Parts that headings are composed of, for headings that no list names."""

    parts: Mapping[str, tuple[str, ...]]

    def has(self, part: str, folded: str) -> bool:
        """Whether a folded heading contains one of the words of a part."""
        return any(each in folded for each in self.parts.get(part, ()))


class Vocabulary:
    """All words of all languages."""

    def __init__(self, languages: Mapping[str, Mapping[str, Any]]) -> None:
        self.languages = languages

    @cached_property
    def headings(self) -> Mapping[str, Mapping[str, int]]:
        """The roles of each folded heading, each with its rank: 0 is what says most."""
        found: dict[str, dict[str, int]] = {}
        for words in self.languages.values():
            for role, spellings in words["headings"].items():
                for rank, spelling in enumerate(spellings):
                    roles = found.setdefault(fold(spelling), {})
                    roles[role] = min(rank, roles.get(role, rank))
        return found

    @cached_property
    def tokens(self) -> tuple[Tokens, ...]:
        """The parts of headings, by language."""
        return tuple(
            Tokens({name: tuple(each) for name, each in words["tokens"].items()}) for words in self.languages.values()
        )

    @cached_property
    def statuses(self) -> Mapping[str, State | str]:
        """What each folded status word means. A word that two languages use differently is a question."""
        return meanings_of(self._section("status"), {**{each.value: each for each in State}, ASK: ASK}, clash=ASK)

    @cached_property
    def partly(self) -> frozenset[str]:
        """Folded words that say that something was done in part, as in partially paid."""
        return self._folds("modifiers", "partly")

    @cached_property
    def taxes(self) -> frozenset[str]:
        """Folded words for the tax on sales that headings hold."""
        return self._folds("tokens", "tax")

    @cached_property
    def units(self) -> Mapping[str, float]:
        """What an amount counts under a heading with a folded word: a hundredth of the currency, or a thousand."""
        cents, thousands = self._folds("tokens", "cents"), self._folds("tokens", "thousands")
        return {**dict.fromkeys(cents, 0.01), **dict.fromkeys(thousands, 1000.0)}

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What each folded word of a type column says the document is."""
        found = meanings_of(self._section("kinds"), {each.value: each for each in Kind}, clash=None)
        for section in self._section("kinds"):  # paid at once or not, it is an invoice
            for spelling in section.get("invoice", ()):
                folded = fold(spelling)
                if folded not in found and self._only_invoices(folded):
                    found[folded] = Kind.INVOICE
        return found

    def _only_invoices(self, folded: str) -> bool:
        """Whether a word names nothing but invoices, in whichever language."""
        counted = ("invoice", "invoice_paid")
        return not any(
            fold(each) == folded
            for section in self._section("kinds")
            for name, spellings in section.items()
            if name not in counted
            for each in spellings
        )

    @cached_property
    def prefixes(self) -> Mapping[str, Kind]:
        """What the letters before a document's number say it is; a clash of languages says nothing."""
        return meanings_of(self._section("prefixes"), {each.value: each for each in Kind}, clash=None)

    @cached_property
    def totals(self) -> tuple[str, ...]:
        """Folded words that begin a line of totals, the longest first."""
        return tuple(sorted({fold(each) for each in self._words("totals", "words")}, key=len, reverse=True))

    @cached_property
    def customers(self) -> frozenset[str]:
        """Folded words that say a contact is a client."""
        return self._folds("clients", "customer")

    @cached_property
    def others(self) -> frozenset[str]:
        """Folded words that say a contact is a supplier, a lead or somebody else."""
        return self._folds("clients", "other") - self.customers

    @cached_property
    def inactive(self) -> frozenset[str]:
        """Folded words that say a contact is out of use."""
        return self._folds("clients", "inactive")

    @cached_property
    def active(self) -> frozenset[str]:
        """Folded words that say a contact is in use."""
        return self._folds("clients", "active")

    @cached_property
    def yes(self) -> frozenset[str]:
        """Folded words that set a flag."""
        return self._folds("flags", "yes")

    @cached_property
    def no(self) -> frozenset[str]:
        """Folded words that do not set a flag."""
        return self._folds("flags", "no")

    @cached_property
    def accounts(self) -> Mapping[str, str]:
        """Whether a folded ledger account is `receivable`, `income` or `bank`."""
        kinds = {each: each for each in ("receivable", "income", "bank")}
        return meanings_of(self._section("accounts"), kinds, clash=None)

    @cached_property
    def lists(self) -> Mapping[str, frozenset[str]]:
        """Folded headings of lists that are not invoices, by the kind of list; folded titles of lists of open items."""
        kinds = {name for section in self._section("lists") for name in section}
        return {name: self._folds("lists", name) for name in kinds}

    @cached_property
    def months(self) -> Mapping[str, int]:
        """The number of each month by its folded name, abbreviations from three letters on."""
        whole: dict[str, int] = {}
        short: dict[str, set[int]] = {}
        for words in self.languages.values():
            months = words["months"]
            for at, name in enumerate(months["names"], 1):
                folded = fold(name)
                whole[folded] = at
                for length in range(3, len(folded)):
                    short.setdefault(folded[:length], set()).add(at)
            for each in months.get("also", ()):
                name, _, number = each.partition("=")
                whole.setdefault(fold(name), int(number))
        clear = {name: numbers.copy().pop() for name, numbers in short.items() if len(numbers) == 1}
        return {**clear, **whole}

    @cached_property
    def weekdays(self) -> frozenset[str]:
        """The folded names of the days of the week."""
        return self._folds("months", "weekdays")

    def _section(self, name: str) -> Iterable[Mapping[str, list[str]]]:
        return [words.get(name, {}) for words in self.languages.values()]

    def _words(self, section: str, name: str) -> Iterable[str]:
        return [each for words in self._section(section) for each in words.get(name, ())]

    def _folds(self, section: str, name: str) -> frozenset[str]:
        return frozenset(fold(each) for each in self._words(section, name))


@cache
def vocabulary() -> Vocabulary:
    """Return the words of all languages, loaded once."""
    return Vocabulary(languages())

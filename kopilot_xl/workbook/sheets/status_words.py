"""What the words of a column Status mean: those of the rules, and of every language that imports know."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from kopilot_xl.domain.transactions import Status
from kopilot_xl.texts.words import fold, meanings_of, sections

_OWN = {
    "issued": Status.ISSUED, "sent": Status.ISSUED, "paid": Status.ISSUED, "overdue": Status.ISSUED,
    "planned": Status.PLANNED, "forecast": Status.PLANNED, "draft": Status.DRAFT, "canceled": Status.CANCELED,
    "cancelled": Status.CANCELED, "void": Status.CANCELED,
}  # fmt: skip
"""The words that docs/rules.md names, which a refresh meets nearly always: no file is read for them."""
_MEANINGS = {
    "Issued": Status.ISSUED, "Paid": Status.ISSUED, "Overdue": Status.ISSUED, "Planned": Status.PLANNED,
    "Draft": Status.DRAFT, "Canceled": Status.CANCELED,
}  # fmt: skip
_ASK = "ask"
"""A word that programs use both ways: no status, unless the workbook's own column gives it one."""


def status_of(text: str) -> Status | None:
    """Return what a word says a transaction is, None for one that is not known or can mean two things."""
    plain = " ".join(text.split()).casefold()
    return _OWN.get(plain) or _words().get(fold(plain))


def is_unpaid(text: str) -> bool:
    """Tell whether a word says that an invoice is overdue, or will hardly be paid at all."""
    plain = " ".join(text.split()).casefold()
    return plain == "overdue" or (plain not in _OWN and fold(plain) in _unpaid())


@cache
def spellings() -> Mapping[Status, frozenset[str]]:
    """Return the words of each status in lower case without blanks and punctuation, with and without accents."""
    found: dict[Status, set[str]] = {status: set() for status in Status}
    for word, status in _OWN.items():
        found[status].add(word)
    known = _words()
    for name in ("status", "own_status"):
        for section in sections(name):
            for words in section.values():
                for word in words:
                    if (meaning := known.get(fold(word))) is not None:
                        plain = bare(word)
                        bald = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", plain)))
                        found[meaning] |= {plain, fold(word), bald}
    return {status: frozenset(words) for status, words in found.items()}


PUNCTUATION = " \t\r\n\xa0\u202f-–_.,;:'’()!?/&\""
"""What does not count in a status, as far as every engine of tables can leave it out."""


def bare(text: str) -> str:
    """Return a word in lower case without blanks and punctuation."""
    return text.lower().translate(dict.fromkeys(map(ord, PUNCTUATION)))


@cache
def _words() -> Mapping[str, Status]:
    known = meanings_of(sections("status"), {**_MEANINGS, _ASK: None}, clash=None)
    asked = {fold(word) for section in sections("status") for word in section.get(_ASK, ())}
    own = meanings_of(sections("own_status"), _MEANINGS, clash=None)
    return {**{word: status for word, status in known.items() if word not in asked}, **own}


@cache
def _unpaid() -> frozenset[str]:
    words = [word for section in sections("status") for word in section.get("Overdue", ())]
    words += [word for section in sections("own_status") for word in section.get("unpaid", ())]
    return frozenset(map(fold, words))

"""What a whole file is, where no column tells it: a list of credit notes or of quotes has no type in its rows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from kopilot_xl.importing.columns import InvoiceColumns
from kopilot_xl.importing.grid import RawTable
from kopilot_xl.importing.layout import text_of
from kopilot_xl.importing.vocabulary import Kind, vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold

_SHORTEST = 5
"""A shorter word may be part of another."""
_PLURALS = ("s", "en", "er", "n", "e", "es", "i")
_SALES = (
    "sale", "sales", "vente", "ventes", "verkauf", "venta", "ventas", "vendita", "venda", "salg", "prodej", "invoicing",
)  # fmt: skip


@cache
def _words(kind: Kind) -> tuple[str, ...]:
    return tuple(word for word, told in vocabulary().kinds.items() if told is kind and len(word) >= _SHORTEST)


def kind_of_file(mapping: InvoiceColumns) -> tuple[Kind, str] | None:
    """Return what all rows of a file are and what says so; None where nothing does.

    The headings of its number and its date say it, or its title, the name of its sheet or that of the file; but none
    of them where one speaks of invoices.
    """
    table = mapping.table
    headings = [mapping.date.heading, *(each.heading for each in table.columns if is_number_heading(each.heading))]
    if not any(_speaks_of(each, Kind.INVOICE) for each in headings):
        for heading in headings:
            for kind in (Kind.CREDIT_NOTE, Kind.QUOTE):
                if _speaks_of(heading, kind):
                    return kind, t("the heading {heading}", heading=heading)
    else:
        return None
    titles = [text_of(each) for row in table.raw.rows[: table.header] for each in row if isinstance(each, str)]
    return _by_titles(titles, (Kind.CREDIT_NOTE, Kind.QUOTE, Kind.PAYMENT)) or kind_of_name(table.raw)


def kind_of_name(raw: RawTable) -> tuple[Kind, str] | None:
    """Return what the names of a sheet and its file say that its rows are."""
    return _by_titles([raw.name, raw.path.stem], (Kind.CREDIT_NOTE, Kind.QUOTE))


def _by_titles(titles: Iterable[str], kinds: Iterable[Kind]) -> tuple[Kind, str] | None:
    texts = [each for each in titles if each and len(each) < 60]
    if any(_is_titled(each, Kind.INVOICE) or any(word in fold(each) for word in _SALES) for each in texts):
        return None
    for text in texts:
        for kind in kinds:
            if _is_titled(text, kind):
                return kind, t('the title "{text}"', text=text)
    return None


def _is_titled(text: str, kind: Kind) -> bool:
    """Whether the words of a title name a kind, in the singular or the plural."""
    words = [fold(each) for each in text.replace("_", " ").replace("-", " ").split()]
    pairs = [*words, *(one + two for one, two in pairwise(words))]
    known = set(_words(kind))
    return any(
        each in known or any(each.endswith(end) and each.removesuffix(end) in known for end in _PLURALS)
        for each in pairs
    )


def speaks_of_invoices(heading: str) -> bool:
    """Return whether a heading has a word for invoice in it."""
    return _speaks_of(heading, Kind.INVOICE)


def is_number_heading(heading: str) -> bool:
    """Return whether a heading ends as that of a number does."""
    folded = fold(heading)
    return any(
        folded.endswith(each) for each in ("number", "no", "nummer", "nr", "id", "numero", "num", "cislo", "numer")
    )


def _speaks_of(heading: str, kind: Kind) -> bool:
    folded = fold(heading)
    return any(folded.startswith(each) or (each in folded and " " in heading) for each in _words(kind))

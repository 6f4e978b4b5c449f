"""How languages write numbers and dates: what Unicode's CLDR says of them, as far as sentences need it.

A table of four languages instead of a library: a refresh formats a date for each client. `tests/texts/test_forms.py`
holds it to the CLDR that Babel brings.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class Forms:
    """How a language writes numbers and dates.

    Attributes:
        months: the names of the months, as they are within a date.
        short_months: the same, shortened.
        decimal: what parts decimals from the whole.
        group: what parts thousands.
        before_percent: what is between a number and the percent sign.
        day_of_month: the day within a date, with the placeholder `{day}`.
        first_of_month: the same of the first.
    """

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    decimal: str
    group: str
    before_percent: str = ""
    day_of_month: str = "{day}"
    first_of_month: str = "{day}"

    def number(self, text: str) -> str:
        """Return a number that Python wrote, as in `1,200.5` or `12%`, as the language writes it."""
        shown = "".join({",": self.group, ".": self.decimal}.get(character, character) for character in text)
        return f"{shown[:-1]}{self.before_percent}%" if shown.endswith("%") else shown

    def day(self, day: int) -> str:
        """Return the day of a month as it is within a date."""
        return (self.first_of_month if day == 1 else self.day_of_month).format(day=day)


FORMS = {
    "en": Forms(
        ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        ".", ",",
    ),
    "de": Forms(
        ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
         "Dezember"),
        ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
        ",", ".", NO_BREAK, "{day}.", "{day}.",
    ),
    "fr": Forms(
        ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
         "décembre"),
        ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
        ",", NO_BREAK, NO_BREAK, first_of_month="{day}er",
    ),
    "nl": Forms(
        ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
         "december"),
        ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
        ",", ".",
    ),
}  # fmt: skip
"""The languages there are, English first, by their codes of ISO 639."""

ENGLISH = FORMS["en"]


class Filler(string.Formatter):
    """Fills placeholders as `str.format` does, with numbers as a language writes them."""

    def __init__(self, forms: Forms) -> None:
        super().__init__()
        self._forms = forms

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return what stands for a placeholder."""
        text: str = super().format_field(value, format_spec)
        plain = not format_spec or isinstance(value, str) or not isinstance(value, (int, float))
        return text if plain else self._forms.number(text)

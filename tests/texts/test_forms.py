"""How languages write numbers and dates, held to what Unicode's CLDR says by way of Babel."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from kopilot_xl.domain import formatting
from kopilot_xl.texts import LANGUAGES, t
from kopilot_xl.texts.languages import spoken

LOCALES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "nl": "nl_NL"}


def plain(text: str) -> str:
    """Text with one kind of blank: French has a narrow one, which few terminals and code pages know."""
    return text.replace("\u202f", "\u00a0")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 2, 28])
def test_dates_are_those_of_the_cldr(language: str, month: int, day: int) -> None:
    when, locale = date(2026, month, day), LOCALES[language]
    with spoken(language):
        # In English a short September is Sep, as Excel writes it; the CLDR of Great Britain has Sept.
        short = format_date(when, "d MMM y", "en_US" if language == "en" else locale)
        first = {"fr": "1er"}.get(language, "1") if day == 1 else str(day)
        point = "." if language == "de" else ""
        assert formatting.day(when) == format_date(when, f"'{first}{point}' MMMM y", locale)
        assert formatting.short_day(when) == f"{first}{point}" + short[len(str(day)) :]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", [0, 7, 1200, -1200, 1234567.5, -0.25])
def test_numbers_are_those_of_the_cldr(language: str, value: float) -> None:
    locale = LOCALES[language]
    with spoken(language):
        assert formatting.amount(value) == plain(
            format_decimal(value, "#,##0.00" if value % 1 else "#,##0", locale=locale)
        )
        assert formatting.whole(round(value)) == plain(format_decimal(round(value), "#,##0", locale=locale))
        rounded = round(value)
        assert t("{n:,}", n=rounded) == formatting.whole(rounded)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("value", [0, 0.07, 0.25, -0.25, 1])
def test_shares_are_those_of_the_cldr(language: str, value: float) -> None:
    with spoken(language):
        shown = plain(format_percent(value, locale=LOCALES[language]))
        assert formatting.share(value) == shown
        assert t("{share:.0%}", share=value) == shown


def test_what_is_not_a_number_or_has_no_format_stays_as_it_is() -> None:
    with spoken("de"):
        assert t("{name} {year} {size:>4} {many:,}", name="1,200.5", year=2026, size="a,b", many=1200) == (
            "1,200.5 2026  a,b 1.200"
        )

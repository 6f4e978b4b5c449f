"""The catalogues: each translation has its placeholders and forms, and the rooms that are done are complete."""

from __future__ import annotations

import io
import string
from collections.abc import Iterator
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Message

from kopilot_xl.texts import LANGUAGES, catalogue, t, tn
from kopilot_xl.texts.languages import spoken
from translations.__main__ import TRANSLATED, catalogue_file, compiled, read
from translations.extracting import empty_catalogue


def messages(language: str) -> Iterator[Message]:
    return (message for message in read(language) if message.id)


def forms(texts: object) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts) if isinstance(texts, tuple | list) else ()


def placeholders(text: str) -> list[tuple[str, str, str]]:
    """The name, format and conversion of each placeholder of a text."""
    parsed = string.Formatter().parse(text)
    return sorted((name, spec or "", way or "") for _, name, spec, way in parsed if name is not None)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    wrong = []
    for message in messages(language):
        wanted = [placeholders(text) for text in forms(message.id) if "python-brace-format" in message.flags]
        for text in forms(message.string) if wanted else ():
            if text and placeholders(text) not in wanted:
                wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_fuzzy_or_has_some_of_its_forms_only(language: str) -> None:
    found = list(messages(language))
    assert [message.id for message in found if message.fuzzy] == []
    assert [message.id for message in found if len({bool(text) for text in forms(message.string)}) > 1] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_blanks_and_line_ends_around_a_text_stay(language: str) -> None:
    def around(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    wrong = [
        text
        for message in messages(language)
        for text in forms(message.string)
        if text and around(text) not in map(around, forms(message.id))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    assert [message.id for message in messages(language) if not all(forms(message.string))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_translated(language: str) -> None:
    assert catalogue_file(language).with_suffix(".mo").read_bytes() == compiled(read(language))


@pytest.mark.parametrize(("language", "forms_of"), [("de", "pop"), ("nl", "pop"), ("fr", "oop")])
def test_each_language_has_its_own_plural(language: str, forms_of: str) -> None:
    """The letters are the forms for nothing, one and two: French counts nothing as one."""
    words = empty_catalogue(language)
    words.add(("{count:,} row", "{count:,} rows"), ("o {count:,}", "p {count:,}"))
    with catalogue(GNUTranslations(io.BytesIO(compiled(words)))):
        assert "".join(tn("{count:,} row", "{count:,} rows", count)[0] for count in (0, 1, 2)) == forms_of


def test_what_is_missing_or_fuzzy_is_not_compiled() -> None:
    words = empty_catalogue("de")
    words.add("one", "eins")
    words.add("two", "")
    words.add("three", "drei", flags={"fuzzy"})
    words.add(("{count} row", "{count} rows"), ("", ""))
    with catalogue(GNUTranslations(io.BytesIO(compiled(words)))):
        assert [t("one"), t("two"), t("three")] == ["eins", "two", "three"]
        assert [tn("{count} row", "{count} rows", count) for count in (1, 2)] == ["1 row", "2 rows"]


def test_a_message_without_a_translation_is_english() -> None:
    for language in LANGUAGES:
        with spoken(language):
            assert t("a text that no catalogue has") == "a text that no catalogue has"

"""Every text a user reads goes through here, so that a catalogue of another language can take its place.

    from kopilot_xl.texts import marked, t, tn

    t("{name} is read-only.", name=path.name)
    tn("{count:,} row was left out.", "{count:,} rows were left out.", count)

    ADVICE = marked("Plan the first revenue.")  # of a module: looked up where it is shown, with t(ADVICE)

A text is a plain literal with named placeholders, never an f-string: `python -m translations` finds it in the source,
and a translator may put the placeholders in another order. What stands for a placeholder is not a text of ours: a name,
a value, a path. Ids, which workbooks and programs hold on to (segments, actions, names of tables and of their columns),
stay English inside; where a reader sees one, `t` looks up its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from kopilot_xl.texts.forms import ENGLISH, FORMS, Filler, Forms

LANGUAGES = tuple(FORMS)
"""The codes of the languages there are, English first."""


class Catalogue(Protocol):
    """What `gettext.translation` returns, as far as it is needed here."""

    def gettext(self, message: str, /) -> str:
        """Return a text in the catalogue's language, or the same text."""
        ...

    def ngettext(self, singular: str, plural: str, n: int, /) -> str:
        """Return the form of a text for a number, in the catalogue's language, or one of these two."""
        ...


_language = "en"
_catalogue: Catalogue | None = None  # None: English, as the source has it
_forms = ENGLISH
_fill = str.format


def t(message: str, /, **values: object) -> str:
    """Return a text for the user, its placeholders filled in.

    Args:
        message: the text, with placeholders as those of `str.format`: `{name}`, `{size:,}`. Without values it is taken
            as it is, braces included.
        values: what stands for the placeholders; numbers with a format are written as the language writes them.

    Raises:
        KeyError: a placeholder has no value.
    """
    text = message if _catalogue is None or not message else _catalogue.gettext(message)
    return _fill(text, **values) if values else text


def tn(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Return the form of a text that fits a number, which stands for the placeholder `{count}`.

    Args:
        singular: the text for one.
        plural: the text for any other number; a catalogue may have more forms.
        count: the number.
        values: what stands for other placeholders.

    Raises:
        KeyError: a placeholder has no value.
    """
    text = (singular if count == 1 else plural) if _catalogue is None else _catalogue.ngettext(singular, plural, count)
    return _fill(text, count=count, **values)


def marked(message: str, /) -> str:
    """Return a text as it is, for the catalogue to have it: whoever shows it looks it up with `t`."""
    return message


def language() -> str:
    """Return the code of the language that texts are in now."""
    return _language


def forms() -> Forms:
    """Return how the language that texts are in now writes numbers and dates."""
    return _forms


@contextmanager
def catalogue(chosen: Catalogue) -> Iterator[None]:
    """Take texts from a catalogue within the block, numbers and dates as they are written now."""
    before = put(_language, chosen)
    try:
        yield
    finally:
        put(*before)


def put(code: str, chosen: Catalogue | None) -> tuple[str, Catalogue | None]:
    """Take texts from a catalogue from now on, None for English; return the language and the catalogue before.

    `kopilot_xl.texts.languages` finds the catalogue of a language.

    Raises:
        KeyError: there is no such language.
    """
    global _language, _catalogue, _forms, _fill
    before = _language, _catalogue
    _forms = FORMS[code]
    _fill = str.format if code == "en" else Filler(_forms).format  # type: ignore[assignment]
    _language, _catalogue = code, chosen
    return before

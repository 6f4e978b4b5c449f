"""Every text a user reads goes through here, so that a catalogue of another language can take its place.

    from kopilot_xl.texts import t, tn

    t("{name} is read-only.", name=path.name)
    tn("{count:,} row was left out.", "{count:,} rows were left out.", count)

A text is a plain literal with named placeholders, never an f-string: tools such as Babel find it in the source
(`pybabel extract -k t -k tn:1,2`), and a translator may put the placeholders in another order. What stands for a
placeholder is not a text of ours: a name, a value, a path. Names of sheets, columns, segments and statuses are no texts
either: workbooks hold on to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Catalogue(Protocol):
    """What `gettext.translation` returns, as far as it is needed here."""

    def gettext(self, message: str, /) -> str:
        """Return a text in the catalogue's language, or the same text."""
        ...

    def ngettext(self, singular: str, plural: str, n: int, /) -> str:
        """Return the form of a text for a number, in the catalogue's language, or one of these two."""
        ...


class _English:
    """The texts as the source has them."""

    def gettext(self, message: str, /) -> str:
        return message

    def ngettext(self, singular: str, plural: str, n: int, /) -> str:
        return singular if n == 1 else plural


_catalogue: Catalogue = _English()


def t(message: str, /, **values: object) -> str:
    """Return a text for the user, its placeholders filled in.

    Args:
        message: the text, with placeholders as those of `str.format`: `{name}`, `{size:,}`. Without values it is taken
            as it is, braces included.
        values: what stands for the placeholders.

    Raises:
        KeyError: a placeholder has no value.
    """
    text = _catalogue.gettext(message)
    return text.format(**values) if values else text


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
    return _catalogue.ngettext(singular, plural, count).format(count=count, **values)


@contextmanager
def catalogue(chosen: Catalogue) -> Iterator[None]:
    """Take texts from a catalogue within the block; texts of modules imported before stay as they are."""
    global _catalogue
    before, _catalogue = _catalogue, chosen
    try:
        yield
    finally:
        _catalogue = before

"""`python -m translations` extracts, updates and compiles the catalogues; `--check` tells whether that was done.

The template and the catalogues are gettext's: `kopilot_xl/texts/locale/kopilot_xl.pot`, and a `.po` with its compiled
`.mo` for each language. A new message is added to each `.po` without a translation, one that is gone is taken out.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from kopilot_xl.texts import LANGUAGES
from kopilot_xl.texts.languages import DOMAIN, LOCALE
from translations.extracting import empty_catalogue, plural_forms, template

PACKAGE = LOCALE.parents[1]
TEMPLATE = LOCALE / f"{DOMAIN}.pot"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
_COMMENT = "# Texts of Kopilot XL. Written by python -m translations; translations go into the .po of a language."
_PERSONAL = re.compile(
    rb'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Report-Msgid-Bugs-To)[^\n]*\n',
    re.M,
)


def catalogue_file(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as the bytes of its file, without what differs from one day or machine to the next."""
    file = io.BytesIO()
    catalogue.header_comment = _COMMENT
    write_po(file, catalogue, width=116, sort_output=False, include_lineno=False, ignore_obsolete=True)
    return _PERSONAL.sub(b"", file.getvalue())


class _Compiled(Catalog):
    """A catalogue whose headers are those that gettext needs: the others differ from one day or machine to the next."""

    @property  # type: ignore[misc]  # here it is only read
    def mime_headers(self) -> list[tuple[str, str]]:
        """The headers that gettext needs."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", plural_forms(self))]


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as gettext reads it; what is missing or fuzzy is left out."""
    file, found = io.BytesIO(), _Compiled(locale=catalogue.locale)
    for message in catalogue:
        if message.id and not message.fuzzy and is_translated(message):
            found.add(message.id, message.string)
    write_mo(file, found)
    return file.getvalue()


def read(language: str) -> Catalog:
    """Return the catalogue of a language as its file has it; an empty one where there is none yet."""
    path = catalogue_file(language)
    if not path.exists():
        return empty_catalogue(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def files() -> dict[Path, bytes]:
    """Return what the files of all catalogues are to be, given the source and the translations there are."""
    messages = template(PACKAGE)
    found = {TEMPLATE: written(messages)}
    for language in TRANSLATED:
        catalogue = read(language)
        catalogue.update(messages, no_fuzzy_matching=True, update_header_comment=False)
        found[catalogue_file(language)] = written(catalogue)
        found[catalogue_file(language).with_suffix(".mo")] = compiled(catalogue)
    return found


def is_translated(message: Message) -> bool:
    """Tell whether a message has a translation, in all its forms."""
    found = message.string
    return bool(found) if isinstance(found, str) or found is None else all(found)


def main() -> None:
    """Write the files of the catalogues, or tell which are not what they are to be."""
    parser = argparse.ArgumentParser(prog="python -m translations", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a file is out of date")
    arguments = parser.parse_args()
    stale = {path: content for path, content in files().items() if not path.exists() or path.read_bytes() != content}
    if arguments.check and stale:
        names = ", ".join(str(path.relative_to(LOCALE)) for path in stale)
        sys.exit(f"Not what the source says: {names}. Run python -m translations.")
    for path, content in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for language in TRANSLATED:
        messages = [message for message in read(language) if message.id]
        done = sum(1 for message in messages if is_translated(message))
        print(f"{language}: {done} of {len(messages)} messages")


if __name__ == "__main__":
    main()

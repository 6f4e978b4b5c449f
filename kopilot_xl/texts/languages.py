"""Which language a user reads, and its catalogue: gettext's files in `locale`, made by `python -m translations`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.texts import LANGUAGES, Catalogue, put, t
from kopilot_xl.texts.forms import FORMS

if TYPE_CHECKING:
    from gettext import NullTranslations

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "kopilot_xl"
ENGLISH = "en"
VARIABLE = "KOPILOT_XL_LANGUAGE"
"""The environment variable that names the language, before what the system says."""
_OF_SYSTEMS = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def known(name: str) -> str | None:
    """Return the language that a name such as `fr`, `fr_BE.UTF-8` or `de-CH` means, None where there is none of it."""
    code = name.strip().replace("-", "_").partition(".")[0].partition("@")[0].partition("_")[0].casefold()
    return ENGLISH if code in ("c", "posix") else code if code in FORMS else None


def checked(name: str) -> str:
    """Return the language that a name means.

    Raises:
        ValueError: there is no such language.
    """
    if found := known(name):
        return found
    raise ValueError(
        t("there is no language {name}. Choose from {languages}.", name=name, languages=", ".join(LANGUAGES))
    )


def of_user(environment: Mapping[str, str] | None = None) -> str:
    """Return the language of whoever is at the machine: as the environment names it, else the system, else English."""
    environment = os.environ if environment is None else environment
    if chosen := environment.get(VARIABLE):
        return known(chosen) or ENGLISH
    if environment.get("LC_ALL") in ("C", "POSIX"):  # this beats all, for scripts
        return ENGLISH
    for variable in _OF_SYSTEMS:
        names = [name for name in environment.get(variable, "").split(":") if name]
        if names:
            return next((found for name in names if (found := known(name))), ENGLISH)
    return known(_of_windows()) or ENGLISH if sys.platform == "win32" else ENGLISH


def _of_windows() -> str:
    """The language of what Windows shows, as in `fr_BE`."""
    import ctypes
    from locale import windows_locale

    return windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")  # type: ignore[attr-defined,unused-ignore]


def speak(code: str) -> None:
    """Have all texts from now on in a language.

    Raises:
        KeyError: there is no such language.
    """
    put(code, _chosen(code))


@contextmanager
def spoken(code: str) -> Iterator[None]:
    """Have texts in a language within the block.

    Raises:
        KeyError: there is no such language.
    """
    before = put(code, _chosen(code))
    try:
        yield
    finally:
        put(*before)


def _chosen(code: str) -> Catalogue | None:
    return None if code == ENGLISH else catalogue_of(code)


@cache
def catalogue_of(language: str) -> NullTranslations:
    """Return the catalogue of a language, in which what is not translated is English."""
    from gettext import translation

    return translation(DOMAIN, LOCALE, [language], fallback=True)

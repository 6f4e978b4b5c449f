"""The words that workbooks and exports hold: one TOML file a language, and what words are compared by.

The files are those of `importing/words`, which CONTRIBUTING.md tells how to add to. Sheets and imports read the same.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_SPECIAL = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "№": "no", "º": "o"})


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return what a word or heading is compared by: case, accents, blanks and punctuation do not count."""
    plain = text.casefold().replace("#", " no ").translate(_SPECIAL)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
    return "".join(filter(str.isalnum, plain))


@cache
def languages() -> Mapping[str, Mapping[str, Any]]:
    """Return the words of each language by its code, as its file has them."""
    folder = files("kopilot_xl") / "importing" / "words"
    texts = sorted((each.name, each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".toml"))
    return {name.removesuffix(".toml"): tomllib.loads(text) for name, text in texts}


def sections(name: str) -> list[Mapping[str, Any]]:
    """Return a section of each language that has it."""
    return [words[name] for words in languages().values() if name in words]


def meanings_of(found: Iterable[Mapping[str, list[str]]], meanings: Mapping[str, Any], clash: Any) -> dict[str, Any]:
    """Return what each folded word means.

    Args:
        found: words by the name of their meaning, of several languages.
        meanings: the names and what they stand for; words of other names are left out.
        clash: what a word means that two languages use differently; None leaves it out.
    """
    known: dict[str, Any] = {}
    for section in found:
        for name, spellings in section.items():
            if name not in meanings:
                continue
            meaning = meanings[name]
            for each in spellings:
                folded = fold(each)
                if known.setdefault(folded, meaning) != meaning:
                    known[folded] = clash
    return {word: meaning for word, meaning in known.items() if meaning is not None}

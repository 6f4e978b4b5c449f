"""How wide and how high a text is in a cell."""

from __future__ import annotations

import math
from unicodedata import east_asian_width

_NARROW = frozenset("ijl'|.,:;!()[] ftrI-")
_WIDE = frozenset("mwMWOQG@%&—…")


def fitting(text: str, width: float) -> str:
    """Return a text that a column of a width shows whole: what is too long ends in an ellipsis.

    Widths are counted in digits, as Excel counts them; letters are taken a little wider than they are.
    """
    room = width - 1
    if len(text) * 2 <= room:
        return text
    sizes = [_size(character) for character in text]
    if sum(sizes) <= room:
        return text
    room -= _size("…")
    end = 0
    while end < len(text) and sizes[end] <= room:
        room -= sizes[end]
        end += 1
    return f"{text[:end].rstrip()}…"


_SHRUNK = 0.7
"""How small letters that shrink to fit may become: 7 points of 10."""


def fitting_smaller(text: str, width: float) -> str:
    """Return a text that a column of a width, which shrinks its letters, shows whole and still readable."""
    return fitting(text, width / _SHRUNK)


def text_width(text: str) -> float:
    """Return how wide a column must be to show a text on one line; rather a little too wide."""
    return sum(map(_size, text)) + 1


def line_count(text: str, width: float) -> int:
    """Return on how many lines a column of a width shows a text that wraps; rather one too many."""
    if len(text) * 2 < width and len(text.splitlines()) < 2:
        return 1
    count = 0
    for paragraph in text.splitlines():
        room = 0.0
        for word in paragraph.split(" "):
            size = sum(map(_size, f" {word}"))
            if size > room:
                count, room = count + max(math.ceil(size / (width - 1)), 1), width - 1
            room -= size % (width - 1)
    return max(count, 1)


def _size(character: str) -> float:
    if character in _NARROW:
        return 0.6
    if character in _WIDE:
        return 1.7
    if character.isascii():
        return 1.3 if character.isupper() else 1.0
    return 2.0 if east_asian_width(character) in "WF" else 1.35 if character.isupper() else 1.0

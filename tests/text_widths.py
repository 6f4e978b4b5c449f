"""How wide texts are in Arial, by the widths of its letters; Linux has a face of the same widths."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "arial_widths.json"
_OTHER = 1000
"""The width of a letter that is in neither face, in thousandths of its size; none is wider."""


@cache
def _widths(bold: bool) -> dict[str, int]:
    by_width = json.loads(_FILE.read_text(encoding="utf-8"))["bold" if bold else "regular"]
    return {letter: int(width) for width, letters in by_width.items() for letter in letters}


def pixels(text: str, points: float, *, bold: bool = False) -> float:
    """Return how wide a text of one line is at 96 dots per inch."""
    widths = _widths(bold)
    return sum(widths.get(letter, _OTHER) for letter in text) / 1000 * points * 96 / 72


def lines(text: str, width: float, points: float, *, bold: bool = False) -> int:
    """Return on how many lines a text is that is wrapped at so many pixels."""
    count = 0
    for paragraph in text.split("\n"):
        count, room = count + 1, width
        for word in paragraph.split(" "):
            size = pixels(f"{word} ", points, bold=bold)
            if size > room and room < width:
                count, room = count + 1, width
            room -= size
    return count

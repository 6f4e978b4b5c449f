"""The VBA module `KopilotLetters`: which letters Python's casefold changes, and into what."""

from __future__ import annotations

MODULE = "KopilotLetters"
LATER = frozenset({0xA7CB, 0xA7CC, 0xA7DA, 0xA7DC, *range(0x10D50, 0x10D66)})
"""Letters that Unicode 16 brought: not every Python knows them, and every build must be the same."""

_SURROGATES = range(0xD800, 0xE000)
_WIDTH = 100


def ranges() -> list[tuple[int, int, int, int]]:
    """Return the letters beyond ASCII that fold to one other: first, last, step, and the distance to the other."""
    found: list[tuple[int, int, int, int]] = []
    for code in _letters():
        folded = chr(code).casefold()
        if len(folded) > 1:
            continue
        distance = ord(folded) - code
        if found:
            first, last, step, same = found[-1]
            gap = code - last
            if same == distance and (gap == step or (first == last and gap == 2)):
                found[-1] = first, code, gap, distance
                continue
        found.append((code, code, 1, distance))
    return found


def several() -> dict[int, list[int]]:
    """Return the letters that fold to more than one."""
    return {code: list(map(ord, folded)) for code in _letters() if len(folded := chr(code).casefold()) > 1}


def source() -> str:
    """Return the module."""
    singles = ";".join(f"{first},{last - first},{step},{by}" for first, last, step, by in ranges())
    others = ";".join(",".join(map(str, [code, *folded])) for code, folded in several().items())
    lines = [
        "Option Explicit",
        "",
        "' Made by the build, from what Python's casefold does. KopilotFolding reads it.",
        "",
    ]
    lines += _function("KopilotLetterRanges", "first, how far the last is, step, distance; and so on", singles)
    lines += ["", *_function("KopilotLettersToSeveral", "a letter, then what it folds to; and so on", others)]
    return "\n".join(lines) + "\n"


def _letters() -> list[int]:
    codes = (code for code in range(0x80, 0x110000) if code not in _SURROGATES and code not in LATER)
    return [code for code in codes if chr(code).casefold() != chr(code)]


def _function(name: str, about: str, text: str) -> list[str]:
    pieces = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    body = [f'    text = text & "{piece}"' for piece in pieces]
    return [
        f"Public Function {name}() As String",
        f"    ' Numbers of letters: {about}.",
        "    Dim text As String",
        *body,
        f"    {name} = text",
        "End Function",
    ]

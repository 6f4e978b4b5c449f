"""How much work a regular expression is, counted: a matcher that goes back as Python's own does, and counts its steps.

The engine of `re` cannot be asked. This one takes no short cuts, so it counts a little more, never less in kind.
"""

from __future__ import annotations

import re
import re._compiler as sre_compiler  # type: ignore[import-not-found]
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any

_SINGLE = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}
LEAST_TIMES = 6
"""A piece is there at least the sixth part of the length, however long it is."""
OTHER = "\x01"
"""A character that hardly any pattern takes."""


MOST = 300_000
"""How many steps are tried before it is too much."""


class TooMuchError(Exception):
    """A pattern takes more steps than are worth counting."""


class Matcher:
    """A pattern whose steps are counted.

    Attributes:
        steps: how many steps were taken so far.
    """

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self.steps = 0
        self._pattern = pattern
        self._tree = sre_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        self._text: Any = ""
        self._groups: dict[int, tuple[int, int]] = {}

    def run(self, text: str, method: str) -> int:
        """Return how many steps a method of the pattern takes over a text."""
        self.steps = 0
        self._text = text.encode("latin-1", "replace") if isinstance(self._pattern.pattern, bytes) else text
        if method in ("match", "fullmatch"):
            ends = self._sequence(list(self._tree), 0, 0)
            next((end for end in ends if method == "match" or end == len(text)), None)
            return self.steps
        start = 0
        while start <= len(text):
            end = next(self._sequence(list(self._tree), 0, start), None)
            if end is not None and method == "search":
                break
            start = max(end, start + 1) if end is not None else start + 1
        return self.steps

    def _sequence(self, nodes: Sequence[Any], index: int, position: int) -> Iterator[int]:
        if index == len(nodes):
            yield position
            return
        self.steps += 1
        for end in self._node(nodes[index], position):
            yield from self._sequence(nodes, index + 1, end)

    def _node(self, node: Any, position: int) -> Iterator[int]:
        kind, value = node
        if kind in _SINGLE:
            if self._takes(node, position):
                yield position + 1
        elif kind in (sre.MAX_REPEAT, sre.POSSESSIVE_REPEAT, sre.MIN_REPEAT):
            yield from self._repeat(kind, value[0], value[1], value[2], position)
        elif kind is sre.SUBPATTERN:
            group, _, _, inner = value
            for end in self._sequence(list(inner), 0, position):
                if group is not None:
                    self._groups[group] = (position, end)
                yield end
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from self._sequence(list(branch), 0, position)
        elif kind is sre.ATOMIC_GROUP:
            yield from islice(self._sequence(list(value), 0, position), 1)
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            direction, inner = value
            start = position if direction > 0 else position - inner.getwidth()[0]
            found = start >= 0 and any(
                direction > 0 or end == position for end in self._sequence(list(inner), 0, start)
            )
            if found is (kind is sre.ASSERT):
                yield position
        elif kind is sre.AT:
            if self._is_at(value, position):
                yield position
        elif kind is sre.GROUPREF:
            start, end = self._groups.get(value, (0, 0))
            piece = self._text[start:end]
            self.steps += len(piece)
            if self._text.startswith(piece, position):
                yield position + len(piece)
        else:
            raise NotImplementedError(f"{kind} in {self._pattern.pattern!r}")

    def _repeat(self, kind: Any, least: int, most: Any, inner: Any, position: int) -> Iterator[int]:
        most = len(self._text) + 1 if most is sre.MAXREPEAT else int(most)
        nodes = list(inner)
        if len(nodes) == 1 and nodes[0][0] in _SINGLE and kind is not sre.MIN_REPEAT:
            count = 0
            while count < most and self._takes(nodes[0], position + count):
                count += 1
            for number in range(count, least - 1, -1):
                self.steps += 1
                yield position + number
                if kind is sre.POSSESSIVE_REPEAT:
                    return
            return
        ends = self._times(nodes, least, most, position, greedy=kind is not sre.MIN_REPEAT)
        if kind is sre.POSSESSIVE_REPEAT:
            yield from islice(ends, 1)
        else:
            yield from ends

    def _times(self, nodes: Sequence[Any], least: int, most: int, position: int, *, greedy: bool) -> Iterator[int]:
        self.steps += 1
        if least <= 0 and not greedy:
            yield position
        if most > 0:
            for end in self._sequence(nodes, 0, position):
                if end > position or least > 0:
                    yield from self._times(nodes, least - 1, most - 1, end, greedy=greedy)
        if least <= 0 and greedy:
            yield position

    def _takes(self, node: Any, position: int) -> bool:
        self.steps += 1
        if self.steps > MOST:
            raise TooMuchError(f"more than {MOST:,} steps")
        if not 0 <= position < len(self._text):
            return False
        return _takes(self._single(node), self._text[position : position + 1])

    def _single(self, node: Any) -> re.Pattern[Any]:
        key = repr(node)
        known: dict[str, re.Pattern[Any]] = self.__dict__.setdefault("known", {})
        if key not in known:
            alone = sre_parser.SubPattern(self._tree.state, [node])
            known[key] = sre_compiler.compile(alone, self._pattern.flags)
        return known[key]

    def _is_at(self, place: Any, position: int) -> bool:
        self.steps += 1
        names = {
            sre.AT_BEGINNING: "^", sre.AT_BEGINNING_STRING: r"\A", sre.AT_END: "$", sre.AT_END_STRING: r"\Z",
            sre.AT_BOUNDARY: r"\b", sre.AT_NON_BOUNDARY: r"\B",
        }  # fmt: skip
        sign: Any = names[place]
        sign = sign.encode() if isinstance(self._text, bytes) else sign
        flags = self._pattern.flags & ~re.VERBOSE
        return re.compile(sign, flags).match(self._text, position) is not None

    def attacks(self) -> Iterator[Callable[[int], str]]:
        """Yield what makes texts of about a length that may have the matcher go back: the same again and again."""
        characters = self._characters()
        examples = [""]
        for node in self._tree:
            examples.append(examples[-1] + self._example(node, characters))
        units = dict.fromkeys([*characters, *filter(None, examples), *self._literals()])
        for beginning in dict.fromkeys(examples):
            for unit in units:
                for end in ("", OTHER):
                    yield partial(_repeated, beginning, unit, end)

    def _characters(self) -> list[str]:
        """The characters that make a difference to the pattern: of its literals and of some kinds."""
        source = self._pattern.pattern
        source = source.decode("latin-1") if isinstance(source, bytes) else str(source)
        candidates = dict.fromkeys([*"a1 \n", *(each for each in source if not each.isalnum())])
        taken = [
            each
            for each in candidates
            if any(_takes(single, self._as_text(each)) for single in self._singles(list(self._tree)))
        ]
        return taken[:16]

    def _as_text(self, text: str) -> Any:
        return text.encode("latin-1", "replace") if isinstance(self._pattern.pattern, bytes) else text

    def _singles(self, nodes: Sequence[Any]) -> Iterator[re.Pattern[Any]]:
        for node in nodes:
            if node[0] in _SINGLE:
                yield self._single(node)
            else:
                for inner in _inner(node):
                    yield from self._singles(list(inner))

    def _literals(self) -> Iterator[str]:
        """Runs of literal characters, such as the start of a tag."""
        run = ""
        for kind, value in self._tree:
            if kind is sre.LITERAL:
                run += chr(value)
            elif run:
                yield run
                run = ""
        if run:
            yield run

    def _example(self, node: Any, characters: Sequence[str]) -> str:
        """A short text that a node takes."""
        kind, value = node
        if kind is sre.LITERAL:
            return chr(int(value))
        if kind in _SINGLE:
            taken = [each for each in characters if _takes(self._single(node), self._as_text(each))]
            return taken[0] if taken else ""
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            return "".join(self._example(each, characters) for each in value[2]) * max(int(value[0]), 1)
        if kind in (sre.ASSERT, sre.ASSERT_NOT):
            return ""
        inner = next(iter(_inner(node)), ())
        return "".join(self._example(each, characters) for each in inner)


def _repeated(beginning: str, unit: str, end: str, length: int) -> str:
    return beginning + unit * max(length // len(unit), length // LEAST_TIMES) + end


@cache
def _takes(single: re.Pattern[Any], character: Any) -> bool:
    return single.match(character) is not None


def _inner(node: Any) -> list[Any]:
    """The patterns inside a node."""
    kind, value = node
    if kind is sre.SUBPATTERN:
        return [value[3]]
    if kind is sre.BRANCH:
        return list(value[1])
    if kind is sre.ATOMIC_GROUP:
        return [value]
    if kind in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [value[2]]
    return []

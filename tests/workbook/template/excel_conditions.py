"""Conditions of conditional formats, tried out over the values that tell them apart."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple

_REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)$")
_SIGNS = {"=": "==", "<>": "!=", "&": "+"}
_MOST = 60_000
"""How many combinations of values are tried at most."""


class _Cell:
    """A cell's value as Excel compares it: a blank is both no text and zero, any text is above any number."""

    def __init__(self, value: str | float | None) -> None:
        self.value = value

    def _against(self, other: Any) -> tuple[tuple[int, Any], tuple[int, Any]]:
        one, two = self.value, other.value if isinstance(other, _Cell) else other
        one = ("" if isinstance(two, str) else 0) if one is None else one
        two = ("" if isinstance(one, str) else 0) if two is None else two
        return _ranked(one), _ranked(two)

    def __eq__(self, other: object) -> bool:
        one, two = self._against(other)
        return one == two

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: object) -> bool:
        one, two = self._against(other)
        return one < two

    def __le__(self, other: object) -> bool:
        one, two = self._against(other)
        return one <= two

    def __gt__(self, other: object) -> bool:
        return not self <= other

    def __ge__(self, other: object) -> bool:
        return not self < other

    @property
    def number(self) -> float:
        return float(self.value) if isinstance(self.value, int | float) else 0.0

    def __mul__(self, other: Any) -> float:
        return self.number * _number(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> float:
        return self.number / _number(other)

    def __neg__(self) -> float:
        return -self.number

    def __add__(self, other: Any) -> float:
        return self.number + _number(other)

    def __sub__(self, other: Any) -> float:
        return self.number - _number(other)


def _number(value: Any) -> float:
    return value.number if isinstance(value, _Cell) else float(value)


def _ranked(value: Any) -> tuple[int, Any]:
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, _Cell) else value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "AND": lambda *given: all(map(bool, given)),
    "OR": lambda *given: any(map(bool, given)),
    "NOT": lambda given: not given,
    "LEFT": lambda text, count=1: str(_plain(text) or "")[: int(count)],
    "RIGHT": lambda text, count=1: str(_plain(text) or "")[-int(count) :],
    "LEN": lambda text: len(str(_plain(text) or "")),
    "ISNUMBER": lambda given: isinstance(_plain(given), int | float),
    "ISTEXT": lambda given: isinstance(_plain(given), str),
    "ISBLANK": lambda given: _plain(given) is None,
    "ISERROR": lambda given: str(_plain(given)).startswith("#"),
    "N": lambda given: _plain(given) if isinstance(_plain(given), int | float) else 0,
    "SUM": lambda *given: sum(_number(each) for each in given),
    "COUNTA": lambda *given: sum(_plain(each) is not None for each in given),
    "IF": lambda test, yes, no=False: yes if test else no,
    "ABS": lambda given: abs(_number(given)),
    "ROW": lambda given=None: 1,
    "MOD": lambda given, by: _number(given) % _number(by),
}


class Condition:
    """A formula of a conditional format as it is for one cell."""

    def __init__(self, formula: str, first: str, cell: str) -> None:
        self.formula = formula
        self.references: set[str] = set()
        self.values: set[str | float] = set()
        (row, column), (to_row, to_column) = coordinate_to_tuple(first), coordinate_to_tuple(cell)
        self._down, self._right = to_row - row, to_column - column
        self._code = compile("".join(self._pieces()).strip(), formula, "eval")

    def _pieces(self) -> Iterator[str]:
        for token in Tokenizer(f"={self.formula}").items:
            text = token.value
            if token.type == "OPERAND" and token.subtype == "TEXT":
                value = text[1:-1].replace('""', '"')
                self.values.add(value)
                yield repr(value)
            elif token.type == "OPERAND" and token.subtype == "NUMBER":
                self.values.add(float(text))
                yield text
            elif token.type == "OPERAND" and token.subtype == "LOGICAL":
                yield text.capitalize()
            elif token.type == "OPERAND":
                yield self._reference(text)
            elif token.type == "FUNC":
                yield f'_["{text[:-1]}"](' if token.subtype == "OPEN" else ")"
            elif token.type == "SEP":
                yield ","
            elif token.type == "OPERATOR-POSTFIX":
                yield "/100"
            else:
                yield _SIGNS.get(text, text)

    def _reference(self, text: str) -> str:
        match = _REFERENCE.match(text)
        if match is None:
            self.references.add(text)
            return f"at[{text!r}]"
        fixed_column, letters, fixed_row, digits = match.groups()
        _, column = coordinate_to_tuple(f"{letters}1")
        name = get_column_letter(column if fixed_column else column + self._right)
        name += digits if fixed_row else str(int(digits) + self._down)
        self.references.add(name)
        return f"at[{name!r}]"

    def holds(self, at: dict[str, _Cell]) -> bool:
        """Tell whether it holds for these values; one that cannot be computed does not."""
        try:
            return bool(eval(self._code, {"_": FUNCTIONS, "at": at}))
        except (ZeroDivisionError, TypeError):
            return False


def clash(one: Condition, other: Condition) -> dict[str, str | float | None] | None:
    """Return values for which two conditions hold at once, None if there are none among those that tell them apart."""
    names = sorted(one.references | other.references)
    tried: list[str | float | None] = [None, "x"]
    for value in sorted(one.values | other.values, key=str):
        tried += [value, value - 0.5, value + 0.5] if isinstance(value, float) else [value, f"{value}x"]
    distinct = list(dict.fromkeys([*tried, 1000.0, -1000.0]))
    assert len(distinct) ** len(names) <= _MOST, f"{one.formula} and {other.formula} take too many values to try"
    for values in itertools.product(distinct, repeat=len(names)):
        at = {name: _Cell(value) for name, value in zip(names, values, strict=True)}
        if one.holds(at) and other.holds(at):
            return dict(zip(names, values, strict=True))
    return None


def cells_to_try(ranges: Sequence[tuple[int, int, int, int]]) -> list[str]:
    """Return a cell of each piece into which ranges cut one another, as left, top, right, bottom."""
    lefts, tops = {left for left, *_ in ranges}, {top for _, top, *_ in ranges}
    return [f"{get_column_letter(left)}{top}" for left in sorted(lefts) for top in sorted(tops)]

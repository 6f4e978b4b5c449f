"""Write out formulas that are shared between cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import cell_address
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.edits import Edit, Move
from kopilot_xl.workbook.file.ooxml.references import moved
from kopilot_xl.workbook.file.ooxml.tags import FORMULA
from kopilot_xl.workbook.file.ooxml.worksheet import walk

MAX_FORMULA = 8_192
"""How many characters a formula has in Excel; a longer shared one is not copied out into its cells."""


def expand_shared_formulas(
    root: etree._Element,
    ordered: Iterable[tuple[int, Mapping[int, Value | Edit]]],
    moves: Iterable[Move],
) -> None:
    """Write formulas out that are shared with a cell that loses its own or is moved away."""
    leaving = {
        (row, column)
        for row, columns in ordered
        for column, change in columns.items()
        if type(change) is Edit and not change.keep_formula
    } | {(row, column) for move in moves for row in (move.row, move.to) for column in range(move.left, move.right + 1)}
    if not leaving:
        return
    groups: dict[str, list[tuple[int, int, etree._Element]]] = {}
    broken: set[str] = set()
    for row, column, cell in walk(root):
        formula = cell.find(FORMULA)
        if formula is not None and formula.get("t") == "shared":
            group = formula.get("si", "")
            groups.setdefault(group, []).append((row, column, formula))
            if (row, column) in leaving:
                broken.add(group)
    for group in broken:
        _expand_group(groups[group])


def _expand_group(members: list[tuple[int, int, etree._Element]]) -> None:
    first = next(((row, column, formula.text) for row, column, formula in members if formula.text), None)
    if first is None:
        return
    origin = cell_address(first[0], first[1])
    if len(first[2]) > MAX_FORMULA:
        raise BookError(
            t(
                "the formula in {origin} is longer than the {max_formula:,} characters Excel allows",
                origin=origin,
                max_formula=MAX_FORMULA,
            )
        )
    for row, column, formula in members:
        if not formula.text:
            try:
                formula.text = moved(first[2], row - first[0], column - first[1])
            except ValueError as error:
                raise SaveError(
                    t(
                        "The formula in {origin} cannot be copied out to {row}: enter it there anew in "
                        "Excel, save, and try again.",
                        origin=origin,
                        row=cell_address(row, column),
                    )
                ) from error
        for name in ("t", "si", "ref"):
            if formula.get(name) is not None:
                del formula.attrib[name]

"""Write out formulas that are shared between cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from lxml import etree

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import cell_address
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.edits import Edit, Move
from kopilot_xl.workbook.file.ooxml.tags import FORMULA
from kopilot_xl.workbook.file.ooxml.worksheet import walk
from kopilot_xl.workbook.references import moved

Member = tuple[int, int, etree._Element]
"""Row and column of a cell that shares a formula, and its formula element."""

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
    for members in members_by_group(root).values():
        if any((row, column) in leaving for row, column, _ in members):
            expand_group(members)


def members_by_group(root: etree._Element) -> dict[str, list[Member]]:
    """Return the cells that share formulas: row, column and formula element of each, by group."""
    groups: dict[str, list[Member]] = {}
    for row, column, cell in walk(root):
        formula = cell.find(FORMULA)
        if formula is not None and formula.get("t") == "shared":
            groups.setdefault(formula.get("si", ""), []).append((row, column, formula))
    return groups


def own_text(members: Sequence[Member]) -> Iterator[tuple[int, int, str]]:
    """Yield row, column and formula of the cells of a group, as they read there; none that would leave the sheet."""
    first = next(((row, column, formula.text) for row, column, formula in members if formula.text), None)
    if first is None or len(first[2]) > MAX_FORMULA:
        return
    for row, column, formula in members:
        with suppress(ValueError):
            yield row, column, formula.text or moved(first[2], row - first[0], column - first[1])


def expand_group(members: Sequence[Member]) -> None:
    """Write out the formula of every cell of a group.

    Raises:
        BookError: the formula is longer than Excel allows.
        SaveError: it cannot be written out for a cell.
    """
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

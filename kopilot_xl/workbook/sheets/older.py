"""What a workbook of an earlier version lacks, as far as a refresh can see it at a glance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from kopilot_xl.errors import MissingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.book import Readable
from kopilot_xl.workbook.sheets import actions, snapshot, sources
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet
from kopilot_xl.workbook.tables.table import Table, same_name

EARLIER = Path(__file__).with_name("earlier_pages.json")
"""What pages of earlier layouts had and today's have not; `python -m kopilot_xl.workbook.build` adds to it."""
NOW = "now"
"""Beside them: the named blocks that a page has today."""
KINDS = ("names", "texts", "rules", "links", "charts", "tables")
"""What is known of pages: named blocks as in `PortfolioTilt=B14:D15`, texts and formulas, conditional formats and
drop-downs, where links lead, the ranges that charts show, tables."""

NEW_COLUMNS: Mapping[Table, frozenset[str]] = {actions.TABLE: frozenset({actions.CLIENT.header})}
"""The columns that came after version 0.1. Any other that is not there was deleted by the owner, and stays deleted."""


@cache
def earlier(page: str) -> Mapping[str, frozenset[str]]:
    """Return what earlier layouts of a page had and today's has not, by kind; under `NOW` the blocks of today's."""
    known = json.loads(EARLIER.read_text(encoding="utf-8")).get(page, {}) if EARLIER.exists() else {}
    return {kind: frozenset(known.get(kind, ())) for kind in (*KINDS, NOW)}


def is_telling(mark: str) -> bool:
    """Whether a mark of an earlier layout tells that a page has it: a number may be anybody's."""
    return any(map(str.isalpha, mark))


def older_workbook(book: Readable, pages: Mapping[str, str], sheets: Sequence[str] = ()) -> list[Problem]:
    """Return a notice that says what an upgrade would bring, none where it would bring nothing.

    Args:
        book: the workbook.
        pages: the titles that its pages have, by their usual names.
        sheets: the sheets that its version did not have.
    """
    old = {page: title for page, title in pages.items() if _is_old(book, page, title)}
    columns = list(new_columns(book))
    found = [t("the sheet {sheet}", sheet=sheet) for sheet in sheets]
    found += [t("the new layout of {title}", title=title) for title in old.values()]
    found += [t("the column {header} of {table}", header=header, table=table.name) for table, header in columns]
    if not found:
        return []
    if book.has_sheet(snapshot.SHEET) and not book.has_sheet(sources.SHEET):
        found.append(t("a memory of imports, for kopilot-xl update"))
    about = next(iter(old.values()), None) or (columns[0][0].name if columns else "Portfolio")
    *most, last = found
    named = t("{most} and {last}", most=", ".join(most), last=last) if most else last
    return [
        about_sheet(
            Code.OLDER_WORKBOOK,
            about,
            t("The workbook is of an earlier version."),
            t("It was refreshed all the same. kopilot-xl upgrade brings {named}.", named=named),
        )
    ]


def new_columns(book: Readable) -> Iterator[tuple[Table, str]]:
    """Yield the columns that came after the first version and that tables of a workbook lack."""
    for table, headers in NEW_COLUMNS.items():
        if book.has_table(table.name):
            known = set(map(same_name, book.table(table.name).headers))
            yield from ((table, header) for header in sorted(headers) if same_name(header) not in known)


def _is_old(book: Readable, page: str, title: str) -> bool:
    known = earlier(page)
    today = {name: _corner(cells) for name, _, cells in (mark.partition("=") for mark in known[NOW])}
    for name, _, cells in (mark.partition("=") for mark in known["names"]):
        if _corner(cells) == today.get(name):
            continue  # only its size is another, which cannot be seen here
        try:
            address = book.cell_address(name)
        except MissingError:
            continue
        if address.rpartition("!")[2] == _corner(cells):
            return True
    texts = {text for text in known["texts"] if is_telling(text)}
    written = [Area.parse(mark.partition("=")[2]) for mark in known[NOW]]
    return bool(texts) and any(
        isinstance(value, str) and value in texts and not any(area.holds(row, column) for area in written)
        for row, values in enumerate(book.sheet_values(title), 1)
        for column, value in enumerate(values, 1)
    )


def _corner(cells: str) -> str:
    return cells.partition(":")[0]

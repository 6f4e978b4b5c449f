"""Pages of an earlier layout, which are replaced by today's where they hold nothing but ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kopilot_xl.domain.ids import ClientDirectory
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import cell_address, quote_sheet
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.grafting import Graft
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import decisions, portfolio
from kopilot_xl.workbook.sheets.older import KINDS, earlier, is_telling
from kopilot_xl.workbook.sheets.registry import SHEETS, Sheet, has_name, title_of
from kopilot_xl.workbook.template import TEMPLATE
from kopilot_xl.workbook.template.page_marks import PageMarks, marks, names_on, pages_of
from kopilot_xl.workbook.template.row_heights import sheets_of

_MOST_NAMED = 3


@dataclass(frozen=True)
class OldPage:
    """A page of an earlier layout.

    Attributes:
        sheet: the page.
        title: its name in the workbook.
        part: its part.
        own: what on it, or about it elsewhere, is the owner's; with any of that it is not replaced.
    """

    sheet: Sheet
    title: str
    part: str
    own: tuple[str, ...]


def old_pages(book: FileBook, package: Package, template: Path = TEMPLATE) -> list[OldPage]:
    """Return the pages of a workbook that have an earlier layout."""
    parts = {title.casefold(): (title, part) for title, part in sheets_of(package) if part}
    found = []
    for sheet in SHEETS:
        if not sheet.page:
            continue
        title = title_of(book, sheet)
        if title is None or title.casefold() not in parts:
            continue
        title, part = parts[title.casefold()]
        now, before = of_template(template)[sheet.name], earlier(sheet.name)
        blocks = frozenset(name.partition("=")[0] for name in now.names | before["names"])
        here = marks(book, package, sheet.name, title, part, blocks, now.tables | before["tables"])
        if any(is_telling(mark) for kind in KINDS for mark in here.of(kind) & before[kind]):
            waiting = _waiting(book) if sheet.name == portfolio.SHEET else ()
            own = (*waiting, *_own_on(here, now, before), *_own_elsewhere(package, title, part, blocks, template))
            found.append(OldPage(sheet, title, part, own))
    return found


def replace_pages(book: FileBook, graft: Graft) -> tuple[list[str], list[str]]:
    """Put today's pages in the place of those of an earlier layout.

    Returns:
        The titles of those that were replaced, and a line for each that could not be.
    """
    done, cannot = [], []
    for page in old_pages(book, graft.target, graft.source.path):
        if page.own:
            named = ", ".join(page.own[:_MOST_NAMED]) + (" …" if len(page.own) > _MOST_NAMED else "")
            cannot.append(
                t(
                    "the new layout of {title}, because it holds something of your own: {named}. Move it to a "
                    "sheet of your own, and upgrade again",
                    title=page.title,
                    named=named,
                )
            )
            continue
        now = {name.partition("=")[0] for name in of_template(graft.source.path)[page.sheet.name].names}
        gone = {name.partition("=")[0] for name in earlier(page.sheet.name)["names"]} - now
        inputs: dict[str, Value] = {name: book.cell(name) for name in page.sheet.inputs if has_name(book, name)}
        graft.replace_sheet(page.sheet.name, page.part, gone, inputs)
        done.append(page.title)
    return done, cannot


@cache
def of_template(template: Path = TEMPLATE) -> Mapping[str, PageMarks]:
    """Return what the pages of a new workbook hold."""
    return pages_of(open_book(template), Package(template))


def _waiting(book: FileBook) -> tuple[str, ...]:
    """What was decided on the page and is not in Actions yet: a new page would not have it."""
    entries = decisions.read(book, None, ClientDirectory.of([], [], []))
    return tuple(t("what was decided in row {row} (refresh first)", row=entry.row) for entry in entries)


def _own_on(here: PageMarks, now: PageMarks, before: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield what of a page is neither of today's layout nor of an earlier one."""
    for text in sorted(here.texts - now.texts - before["texts"], key=lambda text: here.places[text]):
        yield here.places[text]
    for kind, what in (
        ("rules", t("a conditional format or a drop-down")),
        ("links", t("a link")),
        ("charts", t("a chart")),
    ):
        if here.of(kind) - now.of(kind) - before[kind]:
            yield what
    yield from (t("the table {name}", name=name) for name in sorted(here.tables - now.tables - before["tables"]))
    yield from here.others


def _own_elsewhere(package: Package, title: str, part: str, blocks: frozenset[str], template: Path) -> Iterator[str]:
    """Yield what elsewhere refers to cells of a page by their address, and would show others."""
    plain, quoted = f"{title}!", "'" + title.replace("'", "''") + "'!"
    ours = _formulas_of(template)
    for sheet, other in sheets_of(package):
        if (
            other is None
            or other == part
            or not package.has(other)
            or not worksheet.may_have_formulas(package.read(other))
        ):
            continue
        for row, column, text in worksheet.formulas(package.read(other)):
            if text not in ours and (plain.casefold() in text.casefold() or quoted.casefold() in text.casefold()):
                yield t("the formula in {cell}", cell=f"{quote_sheet(sheet)}!{cell_address(row, column)}")
    for name, _ in names_on(package, title):
        if name not in blocks:
            yield t("the name {name}", name=name)
    for name in package.part_names:
        kind = package.content_type(name) or ""
        if not kind.endswith(("drawingml.chart+xml", "pivotCacheDefinition+xml")):
            continue
        root = package.parse(name)
        if kind.endswith("chart+xml") and _refers(root, plain, quoted) and name not in _charts_on(package, part):
            yield t("a chart on another sheet")
        if any(source.get("sheet") == title for source in root.iter("{*}worksheetSource")):
            yield t("a pivot table")


def _refers(root: object, *prefixes: str) -> bool:
    return any((each.text or "").startswith(prefixes) for each in root.iter("{*}f"))  # type: ignore[attr-defined]


def _charts_on(package: Package, part: str) -> set[str | None]:
    drawings = [link.target for link in package.relationships(part) if link.kind == "drawing" and link.target]
    return {link.target for drawing in drawings for link in package.relationships(drawing)}


@cache
def _formulas_of(template: Path) -> frozenset[str]:
    package = Package(template)
    found = set()
    for _, part in sheets_of(package):
        for match in re.finditer(rb"<f>([^<]*)</f>", package.read(part)) if part else ():
            found.add(match[1].decode())
    return frozenset(found)

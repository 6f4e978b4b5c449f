"""What a page of ours holds that no refresh writes: by it an earlier layout and what its owner added are told apart.

A page is a sheet without rows of the user's, such as Portfolio, so that `upgrade` can put a new one in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from kopilot_xl.workbook.addresses import Area, cell_address
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.sheets.older import KINDS, NOW, earlier
from kopilot_xl.workbook.sheets.registry import SHEETS
from kopilot_xl.workbook.template.row_heights import sheets_of

_REFERENCE = re.compile(r"^=?(?:'((?:[^']|'')+)'|([^'!(),]+))!(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)$")
_NO_DRAWING_OF_OURS = {"pic", "sp", "cxnSp", "grpSp", "contentPart"}


@dataclass(frozen=True)
class PageMarks:
    """What a page holds that no refresh writes.

    Attributes:
        names: the named blocks on it, as in `PortfolioTilt=B14:D15`.
        texts: its texts, and its formulas as in `=SUM(A1:A3)`.
        rules: its conditional formats and drop-downs, by kind and formulas.
        links: where its hyperlinks lead.
        charts: the ranges that each of its charts shows.
        tables: the tables on it.
        places: the cell of each text and formula, by it.
        others: what else was put on it, in words; nothing of ours.
    """

    names: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    charts: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    def of(self, kind: str) -> frozenset[str]:
        """Return the marks of one of `KINDS`."""
        found: frozenset[str] = getattr(self, kind)
        return found


def marks(
    book: FileBook,
    package: Package,
    page: str,
    title: str,
    part: str,
    blocks: frozenset[str],
    tables: frozenset[str],
) -> PageMarks:
    """Return what a page holds beside its blocks and tables.

    Args:
        book: the workbook.
        package: the same, as parts.
        page: the page's usual name.
        title: its name there.
        part: its part.
        blocks: the names of ours whose cells a refresh writes.
        tables: the tables of ours whose rows a refresh writes.
    """
    names = dict(names_on(package, title))
    written = [area for name, area in names.items() if name in blocks]
    here: list[str] = []
    others: list[str] = []
    for link in package.relationships(part):
        if link.kind == "table" and link.target:
            root = package.parse(link.target)
            name = root.get("displayName", "")
            here.append(name)
            if name in tables:
                written.append(Area.parse(root.get("ref", "A1")))
    texts: dict[str, str] = {}
    formulas = {(row, column): text for row, column, text in worksheet.formulas(package.read(part))}
    for row, values in enumerate(book.sheet_values(title), 1):
        for column, value in enumerate(values, 1):
            if value is None or (row, column) in formulas or any(area.holds(row, column) for area in written):
                continue
            texts[str(value)] = cell_address(row, column)
    for (row, column), text in formulas.items():
        if not any(area.holds(row, column) for area in written):
            texts["=" + text] = cell_address(row, column)
    root = package.parse(part)
    charts, drawn = _drawn(package, part, title, page)
    others += drawn
    others += _beside(package, part, root)
    return PageMarks(
        frozenset(f"{name}={area}" for name, area in names.items()),
        frozenset(texts),
        frozenset(_rules(root)),
        frozenset(_links(root)),
        frozenset(charts),
        frozenset(here),
        texts,
        tuple(others),
    )


def pages_of(book: FileBook, package: Package) -> dict[str, PageMarks]:
    """Return what the pages of an empty workbook of ours hold, by name."""
    parts = dict(sheets_of(package))
    found = {}
    for sheet in SHEETS:
        part = parts.get(sheet.name)
        if part and sheet.page:
            names = frozenset(name for name, _ in names_on(package, sheet.name))
            tables = frozenset(
                package.parse(link.target).get("displayName", "")
                for link in package.relationships(part)
                if link.kind == "table" and link.target
            )
            found[sheet.name] = marks(book, package, sheet.name, sheet.name, part, names, tables)
    return found


def names_on(package: Package, title: str) -> Iterator[tuple[str, Area]]:
    """Yield the workbook's names for one area of a sheet, with the area."""
    for element in package.parse(package.workbook).iterfind("{*}definedNames/{*}definedName"):
        match = _REFERENCE.match((element.text or "").strip())
        if match and element.get("localSheetId") is None and (match[1] or match[2]).replace("''", "'") == title:
            yield element.get("name", ""), Area.parse(match[3].replace("$", ""))


def _rules(root: etree._Element) -> Iterator[str]:
    for rule in root.iterfind("{*}conditionalFormatting/{*}cfRule"):
        formulas = [each.text or "" for each in rule.iterfind("{*}formula")]
        yield f"{rule.get('type')} {' | '.join(formulas)}".strip()
    for check in root.iterfind("{*}dataValidations/{*}dataValidation"):
        formulas = [each.text or "" for each in check if isinstance(each.tag, str)]
        yield f"{check.get('type')} {' | '.join(formulas)}".strip()


def _links(root: etree._Element) -> Iterator[str]:
    for link in root.iterfind("{*}hyperlinks/{*}hyperlink"):
        yield link.get("location") or "elsewhere"


def _drawn(package: Package, part: str, title: str, page: str) -> tuple[list[str], list[str]]:
    """The charts of a page by the ranges they show, and what else is drawn there."""
    charts: list[str] = []
    others: list[str] = []
    for drawing in (link.target for link in package.relationships(part) if link.kind == "drawing" and link.target):
        for link in package.relationships(drawing):
            if link.kind == "chart" and link.target:
                formulas = {(each.text or "").replace("'", "") for each in package.parse(link.target).iter("{*}f")}
                shown = sorted(text.replace(f"{title.replace(chr(39), '')}!", f"{page}!") for text in formulas)
                charts.append(", ".join(shown))
            else:
                others.append("a picture" if link.kind == "image" else "a drawing")
        for element in package.parse(drawing).iter("{*}cNvPr"):
            parent = element.getparent()
            holder = parent.getparent() if parent is not None else None
            if holder is not None and etree.QName(holder).localname in _NO_DRAWING_OF_OURS:
                others.append(f"the drawing {element.get('name')}")
    return charts, others


_KINDS_OF_OTHERS = {
    "comments": "notes",
    "threadedComment": "comments",
    "pivotTable": "a pivot table",
    "ctrlProp": "a button",
    "oleObject": "an embedded document",
    "slicer": "a slicer",
    "timeline": "a timeline",
    "package": "an embedded document",
    "queryTable": "a query",
    "image": "a picture",
}


def _beside(package: Package, part: str, root: etree._Element) -> list[str]:
    """What a page holds beside cells and drawings: notes, pivots, buttons, sparklines."""
    found = [_KINDS_OF_OTHERS[link.kind] for link in package.relationships(part) if link.kind in _KINDS_OF_OTHERS]
    if next(root.iter("{*}sparklineGroup"), None) is not None:
        found.append("sparklines")
    return found


def retired(old: Mapping[str, PageMarks], new: Mapping[str, PageMarks]) -> dict[str, dict[str, list[str]]]:
    """Return what pages had before and have not any more, with what was known of earlier ones, as `earlier` reads it.

    Args:
        old: the pages of a workbook without rows, by name.
        new: the pages of the template, by name.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for page, now in sorted(new.items()):
        before = old.get(page, PageMarks())
        known = {kind: (earlier(page)[kind] | before.of(kind)) - now.of(kind) for kind in KINDS}
        found[page] = {kind: sorted(values) for kind, values in known.items() if values}
        if found[page]:
            found[page][NOW] = sorted(now.names)
    return {page: kinds for page, kinds in found.items() if kinds}

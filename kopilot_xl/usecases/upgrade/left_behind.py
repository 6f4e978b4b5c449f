"""What an old workbook has that does not come along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kopilot_xl.domain.sales import CALLS_NAMED
from kopilot_xl.texts import t
from kopilot_xl.usecases.upgrade.columns import INPUTS, _Kept
from kopilot_xl.workbook.addresses import LAST_ROW, Area, cell_address
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.grafting.macros import PREFIX as MODULES_PREFIX
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import client_data, forecast, guide, history, movements, settings, snapshot
from kopilot_xl.workbook.template.row_heights import sheets_of

_ON_SHEETS = {
    "comments": "the notes",
    "threadedComment": "the comments",
    "pivotTable": "the pivot tables",
    "ctrlProp": "the buttons",
    "oleObject": "the embedded documents",
    "hyperlink": "the links",
    "slicer": "the slicers",
}
"""What a sheet may hold beside its cells, by the kind of its relationship."""
_IN_SHEETS = {"sheetProtection": "the protection", "sparklineGroups": "the sparklines"}
"""What a sheet of ours never has by itself, by its element."""
_RULES = {"dataValidation": "the drop-downs and checks", "conditionalFormatting": "the conditional formats"}
"""What a column may have beside its cells, by its element."""
_IN_WORKBOOK = {"connections": "the data connections", "externalLink": "the links to other workbooks"}
_RETIRED = (settings.SEASONAL_MODEL, *forecast.OLDER)
"""The names that earlier versions gave to cells of theirs, and this one does not have."""
_LONGER = {settings.SHEET: 1, guide.SHEET: 2, forecast.SHEET: 12 * CALLS_NAMED + 2}
"""How many rows more than today a sheet of ours once had."""
_ONCE_DRAWN = {history.TABLE.name: {"Chart 1/1"}}
"""What a sheet of ours once held beside its cells, and does not any more."""
_RETIRED_SHEETS = {movements.SHEET: ({movements.BETTER.name, movements.WORSE.name}, Area(1, 1, LAST_ROW, 16))}
"""Sheets of ours that this version does not have any more: their tables, and how far they reached."""
_RETIRED_TABLES = {forecast.SHEET: {forecast.CALLS.name}}
"""The tables that a sheet of ours once had."""
_MODULE = re.compile(rb"(?<=\n)(?:Module|Class|BaseClass)=([^\r\n]+)\r\n")


# what stays behind


def _not_in_tables(old: FileBook, kept: Sequence[_Kept]) -> Iterator[str]:
    """Yield what stands in or beside the tables and does not come along: formulas, other cells, History's columns."""
    parts = dict(sheets_of(package := Package(old.path)))
    for each in kept:
        where, area = each.data.sheet, each.area
        part = parts.get(where)
        yield from (f"{what} of {where} in {names}" for what, names in _rules_of_own(package, part, each))
        written = {at for column, at in each.places.items() if column.written}
        formulas = list(worksheet.formulas(package.read(part))) if part else []
        places = {column - area.left for row, column, _ in formulas if area.holds(row, column) and row > area.top}
        shown = [each.named(at) for at in sorted(places - written)]
        if shown:
            yield t(
                "the formulas of {where} in {shown}: their results were copied", where=where, shown=", ".join(shown)
            )
        if each.table is history.TABLE:
            others = [each.named(at) for at in range(len(each.data.headers)) if at not in each.places.values()]
            if others:
                yield t("the columns of {where} that are your own: {others}", where=where, others=", ".join(others))
        elif (cell := _beside(old.sheet_values(where), area)) is not None:
            yield t("the cells of {where} beside, above or below its table, from {cell} on", where=where, cell=cell)


def _rules_of_own(package: Package, part: str | None, kept: _Kept) -> Iterator[tuple[str, str]]:
    """Yield which kinds of rules stand on the user's own columns of a table, and on which of them."""
    root = package.parse(part) if part and kept.own else None
    if root is None:
        return
    for tag, what in _RULES.items():
        areas = [Area.parse(place) for each in root.iter(f"{{*}}{tag}") for place in (each.get("sqref") or "").split()]
        left, data = kept.area.left, kept.area
        named = [
            kept.named(own.at)
            for own in kept.own
            if any(each.meets(Area(data.top + 1, left + own.at, data.bottom, left + own.at)) for each in areas)
        ]
        if named:
            yield what, ", ".join(named)


def _beside(values: Sequence[Sequence[Value]], area: Area) -> str | None:
    """Return the first cell outside an area that is not blank."""
    for number, row in enumerate(values, 1):
        inside = area.top <= number <= area.bottom
        outer = [*range(min(area.left - 1, len(row))), *range(area.right, len(row))] if inside else range(len(row))
        for at in outer:
            if row[at] not in (None, ""):
                return cell_address(number, at + 1)
    return None


def _elsewhere(package: Package, template: Package, old: FileBook, kept: Sequence[_Kept]) -> Iterator[str]:
    """Yield what else the old workbook has and a new one has not: sheets, charts, notes, names, macros."""
    ours = {name.casefold(): part for name, part in sheets_of(template)}
    renamed = {each.data.sheet for each in kept}
    told = {each.data.sheet for each in kept if each.table in INPUTS} | {snapshot.SHEET, *client_data.SHEETS}
    tables = {each.casefold() for each in open_book(template.path).table_names}
    for name, part in sheets_of(package):
        own = ours.get(name.casefold())
        gone, reach = _RETIRED_SHEETS.get(name, (set[str](), None))
        if own is None and name not in renamed and not reach:
            yield t("the sheet {name}", name=name)
            continue
        usual = tables | {table.casefold() for table in gone | _RETIRED_TABLES.get(name, set())}
        yield from (
            t("{what} on the sheet {name}", what=what, name=name)
            for what in _drawn(package, name, part, template, own, usual)
        )
        extent = _extent(template, own, _LONGER.get(name, 0)) if own else reach
        elsewhere = _beside(old.sheet_values(name), extent) if extent and name not in told else None
        if elsewhere is not None:
            yield t(
                "the cells of {name} beside or below what it usually holds, from {elsewhere} on",
                name=name,
                elsewhere=elsewhere,
            )
    for kind, what in _IN_WORKBOOK.items():
        if any(item.kind == kind for item in package.relationships(package.workbook)):
            yield what
    protection = package.parse(package.workbook).find("{*}workbookProtection")
    if protection is not None and protection.get("lockStructure") in ("1", "true"):
        yield t("the protection of the workbook")
    known = {name.casefold() for name in (*_names(template), *_RETIRED)}
    names = [name for name in _names(package) if name.casefold() not in known]
    if names:
        yield f"the names {', '.join(names)}" if len(names) > 1 else f"the name {names[0]}"
    lent = _modules(template)
    modules = [name for name in _modules(package) if name not in lent and not name.startswith(MODULES_PREFIX)]
    if modules:
        yield t("the macros in {modules}", modules=", ".join(modules))


def _drawn(
    package: Package, name: str, part: str | None, template: Package, own: str | None, tables: set[str]
) -> Iterator[str]:
    """Yield what one of our sheets holds beside its cells and a new one does not."""
    items = package.relationships(part) if part else []
    usual = {item.kind for item in template.relationships(own)} if own else set()
    drawn = _all_pictures(template, own) | _ONCE_DRAWN.get(name, set())
    if any(_pictures(package, item.target) - drawn for item in items if item.kind == "drawing"):
        yield t("charts or pictures of your own")
    kinds = {item.kind for item in items} - usual
    yield from (what for kind, what in _ON_SHEETS.items() if kind in kinds)
    root = package.parse(part) if part else None
    if root is not None:
        yield from (what for tag, what in _IN_SHEETS.items() if next(root.iter(f"{{*}}{tag}"), None) is not None)
    for item in items:
        if item.kind == "table" and item.target:
            name = package.parse(item.target).get("displayName") or ""
            if name.casefold() not in tables:
                yield t("the table {name}", name=name)


def _all_pictures(package: Package, part: str | None) -> set[str]:
    drawings = [item.target for item in package.relationships(part) if item.kind == "drawing"] if part else []
    return {name for each in drawings for name in _pictures(package, each)}


def _extent(template: Package, part: str, more: int) -> Area:
    """Return the area that a sheet of ours uses or has used, `more` rows more; to its end where a table grows on it."""
    cells = [(row, column) for row, column, _ in worksheet.walk(template.parse(part))]
    grows = any(item.kind == "table" for item in template.relationships(part))
    if not cells:
        return Area(1, 1, 1, 1)
    return Area(1, 1, LAST_ROW if grows else max(row for row, _ in cells) + more, max(column for _, column in cells))


def _pictures(package: Package, part: str | None) -> set[str]:
    """Return the names of what a drawing holds, numbered where they are the same."""
    if not part or not package.has(part):
        return set()
    names: set[str] = set()
    for element in package.parse(part).iter("{*}cNvPr"):
        name, number = element.get("name", ""), 1
        while f"{name}/{number}" in names:
            number += 1
        names.add(f"{name}/{number}")
    return names


def _names(package: Package) -> list[str]:
    """Return the names of cells and formulas that a person sees."""
    return [
        element.get("name", "")
        for element in package.parse(package.workbook).iterfind("{*}definedNames/{*}definedName")
        if not element.get("name", "").startswith("_") and element.get("hidden") not in ("1", "true")
    ]


def _modules(package: Package) -> list[str]:
    """Return the names of the macro modules, as far as the project's list of them lies in one piece."""
    part = next((item.target for item in package.relationships(package.workbook) if item.kind == "vbaProject"), None)
    if not part or not package.has(part):
        return []
    return sorted({match[1].decode("latin-1") for match in _MODULE.finditer(package.read(part))})

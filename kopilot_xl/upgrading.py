"""A new workbook with what stands in an old one: the way from an earlier version's workbook to this version's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, time, timedelta
from importlib.resources import as_file, files
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from kopilot_xl.book import TableData, Value, open_book, worksheet
from kopilot_xl.book.addresses import LAST_ROW, Area, cell_address, column_letters
from kopilot_xl.book.edits import encoded
from kopilot_xl.book.file import FileBook
from kopilot_xl.book.package import Package
from kopilot_xl.book.saving import BACKUP
from kopilot_xl.create import SUFFIX, checked_target
from kopilot_xl.domain import words
from kopilot_xl.errors import MissingError
from kopilot_xl.room import make_room, sheets_of
from kopilot_xl.sheets import actions, clients, history, settings, snapshot, transactions
from kopilot_xl.sheets.table import Column, Table, same_name

INPUTS = (clients.TABLE, transactions.TABLE, actions.TABLE)
"""The tables the user keeps, whose own columns come along too."""
_REQUIRED = (clients.TABLE, transactions.TABLE)
_WIDTH = 16
"""How wide a column of the user's own is."""
_LONGEST = 255
"""How many characters Excel allows in the header of a table."""
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
_NUMBERS = (int, float, date, timedelta, time)
_GENERAL = 0
"""The number of the format that shows a number as it is."""
_OWN_FORMATS = 164
"""The first number that a format of a workbook's own may have; those below are Excel's."""
_MODULE = re.compile(rb"(?:Module|Class|BaseClass)=([^\r\n]+)\r\n")


@dataclass(frozen=True)
class Upgraded:
    """A new workbook made from an old one.

    Attributes:
        path: where it is.
        rows: how many rows each table got, by its name.
        columns: the columns of the user's own that came along, as in `Clients: Region`.
        left: what could not come along, one line each.
        backup: whether it took the place of the old workbook, which was kept beside it.
    """

    path: Path
    rows: dict[str, int]
    columns: Sequence[str]
    left: Sequence[str]
    backup: bool = False

    @property
    def filled(self) -> str:
        """What is in it, in words."""
        nouns = {
            clients.TABLE.name: ("client", None),
            transactions.TABLE.name: ("transaction", None),
            actions.TABLE.name: ("action", None),
            history.TABLE.name: ("date of History", "dates of History"),
        }
        *most, last = (words.count(self.rows.get(name, 0), *noun) for name, noun in nouns.items())
        return f"{', '.join(most)} and {last}"

    @property
    def lines(self) -> list[str]:
        """What to tell about it: where it is, what came along, what did not, and how to go on."""
        told = [f"{self.path} is made, with {self.filled}, and the settings."]
        if self.backup:
            told.append(f"The old workbook is kept as {self.path}{BACKUP}.")
        if self.columns:
            told.append(f"Columns of your own, added at the right of their tables: {', '.join(self.columns)}.")
        if self.left:
            told += ["What did not come along:", *(f"  {each}" for each in self.left)]
            told.append("To have it, open both workbooks in Excel and copy it over.")
        told.append("Colours, widths, filters and what was hidden start anew.")
        shown = f'"{self.path}"' if " " in str(self.path) else str(self.path)
        return [*told, f"Next: kopilot-xl refresh {shown}"]


@dataclass(frozen=True)
class _Own:
    """A column that the user added to a table: where it stands in the data, and what it is called in the new one.

    `shown` is the code of how its numbers and dates are shown, or the number of one of Excel's own.
    """

    at: int
    header: str
    shown: str | int


@dataclass(frozen=True)
class _Kept:
    """What comes along of a table: its rows as they stand, where each of our columns is in them, and the user's own."""

    table: Table
    data: TableData
    places: dict[Column, int]
    own: Sequence[_Own]

    def values(self, at: int) -> list[Value]:
        return [row[at] for row in self.data.rows]

    @property
    def filled(self) -> int:
        """How many rows have something in them."""
        return sum(any(value not in (None, "") for value in row) for row in self.data.rows)

    @property
    def area(self) -> Area:
        left, top = self.data.first_column, self.data.header_row
        return Area(max(top, 1), left, top + len(self.data.rows), left + len(self.data.headers) - 1)

    def named(self, at: int) -> str:
        """Return what a column is called, or the letter of one without a header."""
        return " ".join(self.data.headers[at].split()) or f"column {column_letters(self.data.first_column + at)}"


def upgrade(path: str | PathLike[str], output: str | PathLike[str] | None = None, *, force: bool = False) -> Upgraded:
    """Make a new workbook of this version with the rows, the settings and the history of an old one.

    What the user wrote comes along as it stands, nothing is read into it; what refresh writes is left for the next
    refresh. The old workbook is left as it is.

    Args:
        path: the old workbook.
        output: the new one; by default beside the old one, its name with "(upgraded)".
        force: replace an existing file. Where that is the old workbook itself, it is kept as a backup.

    Raises:
        BookError: the old workbook cannot be read.
        MissingError: it has no Clients or Transactions, or one of their columns is not there.
        SaveError: the new one cannot be written, or is there already.
    """
    old = open_book(path)
    target = checked_target(default_output(path) if output is None else output, force)
    in_place = target.exists() and target.samefile(old.path)
    with old.reserved(target, backup=in_place), as_file(files("kopilot_xl.workbook") / "template.xlsm") as template:
        kept = [
            _kept(table, old) for table in (*INPUTS, history.TABLE) if table in _REQUIRED or old.has_table(table.name)
        ]
        with TemporaryDirectory() as folder:
            draft = Path(folder, target.name)
            _widened(template, kept, draft)
            made = open_book(draft)
            for each in kept:
                _fill(made, each)
            unset = list(_set(made, old))
            if snapshot.read(old):
                made.write_sheet(snapshot.SHEET, old.sheet_values(snapshot.SHEET))
            left = [*_not_in_tables(old, kept), *_elsewhere(Package(old.path), Package(template), old, kept), *unset]
            made.save(target, backup=in_place)
    own = [f"{each.table.name}: {column.header}" for each in kept for column in each.own]
    return Upgraded(target, {each.table.name: each.filled for each in kept}, own, left, in_place)


def default_output(path: str | PathLike[str]) -> Path:
    """Return where the new workbook goes if nobody says: beside the old one."""
    return Path(path).with_name(f"{Path(path).stem} (upgraded){SUFFIX}")


def _kept(table: Table, old: FileBook) -> _Kept:
    rows = table.of(old)
    places = {column: at for column in table.columns if (at := rows.position(column)) is not None}
    taken = {same_name(each) for each in table.headers}
    added: list[int] = []
    if table in INPUTS:
        added = [
            at
            for at, header in enumerate(rows.data.headers)
            if at not in places.values() and (header.strip() or any(row[at] is not None for row in rows.data.rows))
        ]
    shown = _number_formats(old, rows.data, added) if added else {}
    own = [
        _Own(
            at,
            _unused(rows.data.headers[at], column_letters(rows.data.first_column + at), taken),
            shown.get(at, _GENERAL),
        )
        for at in added
    ]
    return _Kept(table, rows.data, places, own)


def _number_formats(old: FileBook, data: TableData, columns: Sequence[int]) -> dict[int, str | int]:
    """Return how the first number or date of each of these columns is shown, or its first value if it has none."""
    package = Package(old.path)
    styles, part = _styles(package), dict(sheets_of(package)).get(data.sheet)
    if not styles or not part:
        return {}
    wanted = {}
    for at in columns:
        filled = {
            row: values[at] for row, values in enumerate(data.rows, data.header_row + 1) if values[at] is not None
        }
        numbers = (row for row, value in filled.items() if isinstance(value, _NUMBERS))
        wanted[next(numbers, next(iter(filled), 0)), data.first_column + at] = at
    root = package.parse(styles)
    codes = {each.get("numFmtId"): each.get("formatCode") for each in root.iterfind("{*}numFmts/{*}numFmt")}
    looks = {str(at): each.get("numFmtId", "") for at, each in enumerate(root.iterfind("{*}cellXfs/{*}xf"))}
    shown: dict[int, str | int] = {}
    for row, column, cell in worksheet.walk(package.parse(part)):
        if (row, column) in wanted:
            number = looks.get(cell.get("s", "0"), "")
            own = int(number) if number.isdecimal() and int(number) < _OWN_FORMATS else _GENERAL
            shown[wanted[row, column]] = codes.get(number) or own
    return shown


def _styles(package: Package) -> str | None:
    return next((item.target for item in package.relationships(package.workbook) if item.kind == "styles"), None)


def _unused(header: str, letters: str, taken: set[str]) -> str:
    """Return a header that no other column of the table has, and note it as taken."""
    wanted = " ".join(header.split())[: _LONGEST - 6] or f"Column {letters}"
    name, number = wanted, 1
    while same_name(name) in taken:
        number += 1
        name = f"{wanted} ({number})"
    taken.add(same_name(name))
    return name


# the new workbook


def _widened(template: Path, kept: Sequence[_Kept], target: Path) -> None:
    """Write the template with the user's own columns added at the right of its tables."""
    package = Package(template)
    parts = dict(sheets_of(package))
    styles = _add_styles(package, dict.fromkeys(own.shown for each in kept for own in each.own))
    for each in kept:
        part = parts[each.table.name]
        if each.own and part:
            table_part = next(item.target for item in package.relationships(part) if item.kind == "table")
            _add_columns(package, part, table_part or "", each.own, styles)
        if part and each.table in INPUTS:
            make_room(package, part, each.table, {column: each.values(at) for column, at in each.places.items()})
    package.save(target)


def _add_styles(package: Package, shown: Iterable[str | int]) -> dict[str | int, str]:
    """Add a style for each way of showing numbers; return their numbers."""
    part = _styles(package) or ""
    root = package.parse(part)
    formats, looks = root.find("{*}numFmts"), root.find("{*}cellXfs")
    assert formats is not None and looks is not None  # noqa: S101, PT018 - a workbook of ours
    taken = max([_OWN_FORMATS - 1, *(int(each.get("numFmtId", "0")) for each in formats)])
    styles = {}
    for each in shown:
        number = each
        if isinstance(each, str):
            number = taken = taken + 1
            etree.SubElement(formats, _like(formats, "numFmt"), numFmtId=str(number), formatCode=each)
        look = deepcopy(looks[0])
        look.set("numFmtId", str(number))
        look.set("applyNumberFormat", "1")
        styles[each] = str(len(looks))
        looks.append(look)
    for element in (formats, looks):
        element.set("count", str(len(element)))
    package.replace(part, _as_bytes(root))
    return styles


def _add_columns(
    package: Package, part: str, table_part: str, own: Sequence[_Own], styles: dict[str | int, str]
) -> None:
    root = package.parse(table_part)
    area = Area.parse(root.get("ref", ""))
    wide = Area(area.top, area.left, area.bottom, area.right + len(own))
    for element in root.iter("{*}table", "{*}autoFilter"):
        element.set("ref", str(wide))
    columns = root.find("{*}tableColumns")
    assert columns is not None  # noqa: S101 - a table of ours
    for number, each in enumerate(own, len(columns) + 1):
        etree.SubElement(columns, _like(columns, "tableColumn"), id=str(number), name=encoded(each.header, False)[1])
    columns.set("count", str(len(columns)))
    package.replace(table_part, _as_bytes(root))

    sheet = package.parse(part)
    cells = {cell.get("r", ""): cell for cell in sheet.iterfind("{*}sheetData/{*}row/{*}c")}
    widths = sheet.find("{*}cols")
    assert widths is not None  # noqa: S101 - a sheet of ours
    for column, each in enumerate(own, area.right + 1):
        row = cells[cell_address(area.top, area.left)].getparent()
        below = cells[cell_address(area.bottom, area.left)].getparent()
        assert row is not None and below is not None  # noqa: S101, PT018 - a cell stands in a row
        head = etree.SubElement(
            row, _like(row, "c"), r=cell_address(area.top, column), t="inlineStr",
            s=cells[cell_address(area.top, area.left)].get("s", "0"),
        )  # fmt: skip
        text = etree.SubElement(etree.SubElement(head, _like(row, "is")), _like(row, "t"))
        text.text = encoded(each.header, False)[1]
        style = styles[each.shown]
        etree.SubElement(below, _like(row, "c"), r=cell_address(area.bottom, column), s=style)
        width = etree.SubElement(widths, _like(row, "col"), min=str(column), max=str(column), width=str(_WIDTH))
        width.set("customWidth", "1")
        width.set("style", style)
    dimension = sheet.find("{*}dimension")
    if dimension is not None:
        dimension.set("ref", str(Area.parse(dimension.get("ref", "A1")).joined(wide)))
    package.replace(part, _as_bytes(sheet))


def _like(element: etree._Element, name: str) -> str:
    """Return a name in the namespace of an element."""
    return f"{{{etree.QName(element).namespace}}}{name}"


def _as_bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _fill(made: FileBook, kept: _Kept) -> None:
    """Write the rows of a table: the user's columns, and all of History's."""
    ours = {column: at for column, at in kept.places.items() if kept.table is history.TABLE or not column.written}
    columns: dict[str, Sequence[Value]] = {column.header: kept.values(at) for column, at in ours.items()}
    columns |= {each.header: kept.values(each.at) for each in kept.own}
    made.write_table(kept.table.name, columns)
    if kept.table is clients.TABLE:
        blank: list[Value] = [None] * max(len(kept.data.rows), 1)
        made.write_column(kept.table.name, clients.SEGMENT.header, blank, formula=clients.SEGMENT.formula)


def _set(made: FileBook, old: FileBook) -> Iterator[str]:
    """Write the settings as they stand; yield a line for each the old workbook does not have or has a formula for."""
    parts, package = dict(sheets_of(Package(old.path))), Package(old.path)
    computed: dict[str, set[str]] = {}
    for each in settings.ALL:
        try:
            made.write_block(each.name, [[old.cell(each.name)]])
        except MissingError:
            yield f"the setting {each.label}, which has no cell named {each.name}: it has its default"
            continue
        sheet, cell = _apart(old.cell_address(each.name))
        if sheet not in computed:
            part = parts.get(sheet)
            formulas = worksheet.formulas(package.read(part)) if part else ()
            computed[sheet] = {cell_address(row, column) for row, column, _ in formulas}
        if cell in computed[sheet]:
            yield f"the formula of the setting {each.label}: its result came along, and stays as it is"


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
            yield f"the formulas of {where} in {', '.join(shown)}: their results came along"
        if each.table is history.TABLE:
            others = [each.named(at) for at in range(len(each.data.headers)) if at not in each.places.values()]
            if others:
                yield f"the columns of {where} that are your own: {', '.join(others)}"
        elif (cell := _beside(old.sheet_values(where), area)) is not None:
            yield f"the cells of {where} beside, above or below its table, from {cell} on"


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
    told = {each.data.sheet for each in kept if each.table in INPUTS} | {snapshot.SHEET}
    tables = {each.casefold() for each in open_book(template.path).table_names}
    for name, part in sheets_of(package):
        own = ours.get(name.casefold())
        if own is None and name not in renamed:
            yield f"the sheet {name}"
            continue
        yield from (f"{what} on the sheet {name}" for what in _drawn(package, part, template, own, tables))
        elsewhere = _beside(old.sheet_values(name), _extent(template, own)) if own and name not in told else None
        if elsewhere is not None:
            yield f"the cells of {name} beside or below what it usually holds, from {elsewhere} on"
    for kind, what in _IN_WORKBOOK.items():
        if any(item.kind == kind for item in package.relationships(package.workbook)):
            yield what
    protection = package.parse(package.workbook).find("{*}workbookProtection")
    if protection is not None and protection.get("lockStructure") in ("1", "true"):
        yield "the protection of the workbook"
    known = {name.casefold() for name in _names(template)}
    names = [name for name in _names(package) if name.casefold() not in known]
    if names:
        yield f"the names {', '.join(names)}" if len(names) > 1 else f"the name {names[0]}"
    modules = [each for each in _modules(package) if each not in _modules(template)]
    if modules:
        yield f"the macros in {', '.join(modules)}"


def _apart(address: str) -> tuple[str, str]:
    """Return the sheet and the cell of an address such as `'My settings'!B3`."""
    sheet, _, cell = address.rpartition("!")
    return sheet.removeprefix("'").removesuffix("'").replace("''", "'"), cell


def _drawn(package: Package, part: str | None, template: Package, own: str | None, tables: set[str]) -> Iterator[str]:
    """Yield what one of our sheets holds beside its cells and a new one does not."""
    items = package.relationships(part) if part else []
    usual = {item.kind for item in template.relationships(own)} if own else set()
    if any(_pictures(package, item.target) - _all_pictures(template, own) for item in items if item.kind == "drawing"):
        yield "charts or pictures of your own"
    kinds = {item.kind for item in items} - usual
    yield from (what for kind, what in _ON_SHEETS.items() if kind in kinds)
    root = package.parse(part) if part else None
    if root is not None:
        yield from (what for tag, what in _IN_SHEETS.items() if next(root.iter(f"{{*}}{tag}"), None) is not None)
    for item in items:
        if item.kind == "table" and item.target:
            name = package.parse(item.target).get("displayName") or ""
            if name.casefold() not in tables:
                yield f"the table {name}"


def _all_pictures(package: Package, part: str | None) -> set[str]:
    drawings = [item.target for item in package.relationships(part) if item.kind == "drawing"] if part else []
    return {name for each in drawings for name in _pictures(package, each)}


def _extent(template: Package, part: str) -> Area:
    """Return the area that a sheet of ours uses, down to its end where a table grows on it."""
    cells = [(row, column) for row, column, _ in worksheet.walk(template.parse(part))]
    grows = any(item.kind == "table" for item in template.relationships(part))
    return Area(1, 1, LAST_ROW if grows else max(row for row, _ in cells), max(column for _, column in cells))


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

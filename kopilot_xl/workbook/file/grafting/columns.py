"""A column of ours, added at the right end of a table that is there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import LAST_ROW, Area, cell_address, split_address
from kopilot_xl.workbook.book import name_key
from kopilot_xl.workbook.file.grafting.graft import Graft
from kopilot_xl.workbook.file.grafting.xml import SHEET_ORDER, child_in_order, main, next_number, serialised
from kopilot_xl.workbook.file.ooxml.edits import encoded
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.parts import unescaped
from kopilot_xl.workbook.references import moved


class NoRoomError(SaveError):
    """The cells at the right of a table are in use; the text names the first."""


def table_part(package: Package, sheet_part: str, name: str) -> str:
    """Return the part of a table on a sheet.

    Raises:
        SaveError: there is no such table on the sheet.
    """
    for link in package.relationships(sheet_part):
        if link.kind == "table" and link.target:
            root = package.parse_current(link.target)
            if name_key(unescaped(root.get("displayName", ""))) == name_key(name):
                return link.target
    raise SaveError(t("{name} is not formatted as a table", name=name))


def add_column(graft: Graft, sheet_part: str, table_part: str, header: str, source: tuple[str, str]) -> None:
    """Add a column with the looks of the source's column of the same header, its cells blank.

    Args:
        graft: what is added to which package.
        sheet_part: the part of the target's sheet.
        table_part: the part of the target's table on it.
        header: the column's header.
        source: the parts of sheet and table in the source.

    Raises:
        NoRoomError: a cell it needs is in use.
    """
    target = graft.target
    table, sheet = target.parse_current(table_part), target.parse_current(sheet_part)
    area = Area.parse(table.get("ref", ""))
    column = area.right + 1
    _check_free(target, sheet, sheet_part, Area(area.top, column, area.bottom, column))
    wide = Area(area.top, area.left, area.bottom, column)
    for element in (table, *table.iter(main("autoFilter"))):
        if element is table:
            element.set("ref", str(wide))
        else:
            filtered = Area.parse(element.get("ref", str(area)))
            element.set("ref", str(Area(filtered.top, filtered.left, filtered.bottom, column)))
    columns = child_in_order(table, "tableColumns", ("autoFilter", "sortState", "tableColumns"))
    made = etree.SubElement(columns, main("tableColumn"))
    made.set("id", str(next_number([int(each.get("id", "0")) for each in list(columns)[:-1]])))
    made.set("name", encoded(header, False)[1])
    columns.set("count", str(len(columns)))

    looks, rule = _looks(graft.source, header, *source)
    if rule is not None:
        made.append(deepcopy(rule))
    head, body = graft.styles.cell_format(looks["head"]), graft.styles.cell_format(looks["body"])
    _put(sheet, area.top, column, head, header)
    for row in range(area.top + 1, min(area.bottom, area.top + 1) + 1):
        _put(sheet, row, column, body, None)
    _set_width(sheet, column, looks["width"], body)
    dimension = sheet.find(main("dimension"))
    if dimension is not None:
        known = Area.parse(dimension.get("ref", "A1"))
        dimension.set("ref", str(known.joined(wide)))
    target.replace(table_part, serialised(table))
    target.replace(sheet_part, serialised(sheet))


def add_columns(
    graft: Graft,
    sheet_part: str,
    table_part: str | None,
    area: Area,
    headings: Mapping[str, str],
    source: tuple[str, str],
) -> Area:
    """Add columns at the right end of a table or a range of somebody else's, their cells blank; return all its cells.

    Their headings look as the last one there; their cells look as those of the source's columns, which are hidden
    where they are hidden there. They have no formulas.

    Args:
        graft: what is added to which package.
        sheet_part: the part of the target's sheet.
        table_part: the part of the table; None for plain cells.
        area: its cells, the row of headings included.
        headings: the source's headers of the columns, and what they are headed by here.
        source: the parts of sheet and table in the source.

    Raises:
        NoRoomError: a cell they need is in use.
    """
    target = graft.target
    sheet = target.parse_current(sheet_part)
    wide = Area(area.top, area.left, area.bottom, area.right + len(headings))
    _check_free(target, sheet, sheet_part, Area(area.top, area.right + 1, area.bottom, wide.right))
    head = _style_of(sheet, area.top, area.right)
    looks = _all_looks(graft.source, *source)
    for column, (header, heading) in enumerate(headings.items(), area.right + 1):
        body = graft.styles.cell_format(looks[header].body)
        _put(sheet, area.top, column, head, heading)
        if area.bottom > area.top:
            _put(sheet, area.top + 1, column, body, None)
        _set_width(sheet, column, looks[header].width, body, hidden=looks[header].hidden)
    dimension = sheet.find(main("dimension"))
    if dimension is not None:
        dimension.set("ref", str(Area.parse(dimension.get("ref", "A1")).joined(wide)))
    if table_part is not None:
        table = target.parse_current(table_part)
        _widen(table, len(headings))
        columns = child_in_order(table, "tableColumns", ("autoFilter", "sortState", "tableColumns"))
        number = next_number([int(each.get("id", "0")) for each in columns])
        for at, heading in enumerate(headings.values(), number):
            etree.SubElement(columns, main("tableColumn"), id=str(at), name=encoded(heading, False)[1])
        columns.set("count", str(len(columns)))
        target.replace(table_part, serialised(table))
    target.replace(sheet_part, serialised(sheet))
    return wide


def _widen(table: etree._Element, columns: int) -> None:
    """Have a table and its filter reach so many columns further."""
    for element in (table, *table.iter(main("autoFilter"))):
        area = Area.parse(element.get("ref", "A1"))
        element.set("ref", str(Area(area.top, area.left, area.bottom, area.right + columns)))


@dataclass(frozen=True)
class _Look:
    """The format of a column's cells, its width in hundredths, and whether it is hidden."""

    body: int
    width: int
    hidden: bool


def _all_looks(source: Package, sheet_part: str, table_part: str) -> dict[str, _Look]:
    """How the columns of a table look, by header."""
    table, sheet = source.parse(table_part), source.parse(sheet_part)
    area = Area.parse(table.get("ref", ""))
    cells = {cell.get("r"): int(cell.get("s", "0")) for cell in sheet.iter(main("c"))}
    spans = [
        (int(column.get("min", "0")), int(column.get("max", "0")), column) for column in sheet.iter(main("col"))
    ]  # fmt: skip
    found = {}
    for at, column in enumerate(table.iter(main("tableColumn")), area.left):
        kept = next((element for first, last, element in spans if first <= at <= last), None)
        width = 12.0 if kept is None else float(kept.get("width", "12"))
        hidden = kept is not None and kept.get("hidden") in ("1", "true")
        body = cells.get(cell_address(area.top + 1, at), 0)
        found[column.get("name", "")] = _Look(body, round(width * 100), hidden)
    return found


def copy_conditions(graft: Graft, sheet_part: str, source_part: str, cells: Area, to: tuple[int, int]) -> None:
    """Copy the conditional formats by formula that begin in one cell of a source's sheet to cells of the target's.

    Args:
        graft: what is added to which package.
        sheet_part: the part of the target's sheet.
        source_part: the part of the source's sheet.
        cells: the first cell that they are for there.
        to: row and column of the first cell here; they go down to the sheet's last row.
    """
    sheet = graft.target.parse_current(sheet_part)
    first = Area(to[0], to[1], LAST_ROW, to[1])
    taken = [int(rule.get("priority", "0")) for rule in sheet.iter(main("cfRule"))]
    made = etree.Element(main("conditionalFormatting"), sqref=str(first))
    for group in graft.source.parse(source_part).iterfind(main("conditionalFormatting")):
        area = Area.parse(group.get("sqref", "A1").split()[0])
        if (area.top, area.left) != (cells.top, cells.left):
            continue
        for rule in group.iterfind(f"{main('cfRule')}[@type='expression']"):
            copy = deepcopy(rule)
            if copy.get("dxfId"):
                copy.set("dxfId", str(graft.styles.differential(int(copy.get("dxfId", "0")))))
            copy.set("priority", str(next_number(taken)))
            taken.append(int(copy.get("priority", "0")))
            for formula in copy.iterfind(main("formula")):
                formula.text = moved(formula.text or "", to[0] - cells.top, to[1] - cells.left)
            made.append(copy)
    if len(made):
        before = set(SHEET_ORDER[: SHEET_ORDER.index("conditionalFormatting") + 1])
        at = sum(isinstance(child.tag, str) and etree.QName(child).localname in before for child in sheet)
        sheet.insert(at, made)
        graft.target.replace(sheet_part, serialised(sheet))


def _style_of(sheet: etree._Element, row: int, column: int) -> int:
    """The number of the format of a cell, 0 where it has none."""
    cell = sheet.find(f"{main('sheetData')}/{main('row')}/{main('c')}[@r='{cell_address(row, column)}']")
    return 0 if cell is None else int(cell.get("s", "0"))


def _check_free(package: Package, sheet: etree._Element, part: str, needed: Area) -> None:
    for cell in sheet.iterfind(f"{main('sheetData')}/{main('row')}/{main('c')}"):
        row, at = split_address(cell.get("r", "A1"))
        if needed.holds(row, at) and len(cell):
            raise NoRoomError(t("{row} is in use", row=cell_address(row, at)))
    for merge in sheet.iter(main("mergeCell")):
        if Area.parse(merge.get("ref", "A1")).meets(needed):
            raise NoRoomError(t("{merge} is merged", merge=merge.get("ref")))
    for link in package.relationships(part):
        if link.kind == "table" and link.target:
            other = Area.parse(package.parse_current(link.target).get("ref", "A1"))
            if other.meets(needed):
                raise NoRoomError(t("another table is there ({other})", other=other))


def _looks(
    source: Package, header: str, sheet_part: str, table_part: str
) -> tuple[dict[str, int], etree._Element | None]:
    """The formats of a column's header and cells, its width in hundredths, and its calculated formula."""
    table, sheet = source.parse(table_part), source.parse(sheet_part)
    area = Area.parse(table.get("ref", ""))
    columns = list(table.iter(main("tableColumn")))
    at = next(index for index, each in enumerate(columns) if each.get("name") == encoded(header, False)[1])
    letter = area.left + at
    cells = {cell.get("r"): int(cell.get("s", "0")) for cell in sheet.iter(main("c"))}
    width = next(
        (
            float(column.get("width", "12"))
            for column in sheet.iter(main("col"))
            if int(column.get("min", "0")) <= letter <= int(column.get("max", "0"))
        ),
        12.0,
    )
    found = {
        "head": cells.get(cell_address(area.top, letter), 0),
        "body": cells.get(cell_address(area.top + 1, letter), 0),
        "width": round(width * 100),
    }
    return found, columns[at].find(main("calculatedColumnFormula"))


def _put(sheet: etree._Element, row: int, column: int, style: int, text: str | None) -> None:
    """Put a cell with a style and a text where it belongs in a sheet's order."""
    data = child_in_order(sheet, "sheetData", SHEET_ORDER)
    holder = next((each for each in data if each.get("r") == str(row)), None)
    if holder is None:
        holder = etree.Element(main("row"), r=str(row))
        later = next((index for index, each in enumerate(data) if int(each.get("r", "0")) > row), len(data))
        data.insert(later, holder)
    if "spans" in holder.attrib:
        del holder.attrib["spans"]
    address = cell_address(row, column)
    cell = next((each for each in holder if each.get("r") == address), None)
    if cell is None:
        cell = etree.Element(main("c"), r=address)
        later = next(
            (index for index, each in enumerate(holder) if split_address(each.get("r", "A1"))[1] > column), len(holder)
        )
        holder.insert(later, cell)
    cell.set("s", str(style))
    if text is not None:
        cell.set("t", "inlineStr")
        etree.SubElement(etree.SubElement(cell, main("is")), main("t")).text = encoded(text, False)[1]


def _set_width(sheet: etree._Element, column: int, hundredths: int, style: int, *, hidden: bool = False) -> None:
    """Give a column its width and style, unless the sheet's owner gave it one."""
    columns = child_in_order(sheet, "cols", SHEET_ORDER)
    for each in columns:
        if int(each.get("min", "0")) <= column <= int(each.get("max", "0")):
            return
    made = etree.Element(main("col"), min=str(column), max=str(column), width=f"{hundredths / 100:g}")
    made.set("style", str(style))
    made.set("customWidth", "1")
    if hidden:
        made.set("hidden", "1")
    later = next((index for index, each in enumerate(columns) if int(each.get("min", "0")) > column), len(columns))
    columns.insert(later, made)

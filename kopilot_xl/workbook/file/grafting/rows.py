"""A row of ours, added below what a sheet of somebody else's holds, and single cells."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from lxml import etree

from kopilot_xl.workbook.addresses import Area, cell_address, split_address
from kopilot_xl.workbook.file.grafting.graft import Graft
from kopilot_xl.workbook.file.grafting.xml import SHEET_ORDER, child_in_order, main, serialised
from kopilot_xl.workbook.file.ooxml.package import Package


def last_row(graft: Graft, sheet_part: str) -> int:
    """Return the number of a sheet's last row with a value or a formula, 0 where there is none."""
    rows = graft.target.parse_current(sheet_part).iterfind(f"{main('sheetData')}/{main('row')}")
    return max((int(row.get("r", "0")) for row in rows if any(len(cell) for cell in row)), default=0)


def set_cells(package: Package, sheet_part: str, values: Mapping[int, str | int]) -> None:
    """Set cells of a sheet's first row, by their columns; their formats stay."""
    sheet = package.parse_current(sheet_part)
    data = child_in_order(sheet, "sheetData", SHEET_ORDER)
    row = data.find(main("row"))
    if row is None or row.get("r") != "1":
        row = etree.Element(main("row"), r="1")
        data.insert(0, row)
    for column, value in values.items():
        cells = {split_address(cell.get("r", "A1"))[1]: cell for cell in row}
        cell = cells.get(column)
        if cell is None:
            cell = etree.Element(main("c"), r=cell_address(1, column))
            row.insert(sum(other < column for other in cells), cell)
        _fill(cell, value)
    package.replace(sheet_part, serialised(sheet))


def add_row(
    graft: Graft,
    sheet_part: str,
    at: int,
    source_part: str,
    source_row: int,
    texts: Mapping[int, str | float] | None = None,
) -> None:
    """Copy a row of a source's sheet to a blank row of the target's: texts, looks, height, drop-downs, merges.

    Args:
        graft: what is added to which package.
        sheet_part: the part of the target's sheet.
        at: the row there.
        source_part: the part of the source's sheet, whose texts stand in its cells.
        source_row: the row to copy.
        texts: what some of its cells hold instead, by column.
    """
    sheet, source = graft.target.parse_current(sheet_part), graft.source.parse(source_part)
    data = child_in_order(sheet, "sheetData", SHEET_ORDER)
    row = next((row for row in source.iter(main("row")) if row.get("r") == str(source_row)), None)
    if row is None:
        raise ValueError(f"{source_part} has no row {source_row}")
    for old in [old for old in data if old.get("r") == str(at)]:
        data.remove(old)
    copy = etree.Element(main("row"), r=str(at))
    for name in ("ht", "customHeight"):
        if row.get(name):
            copy.set(name, str(row.get(name)))
    for cell in row:
        made = deepcopy(cell)
        made.set("r", cell_address(at, split_address(cell.get("r", "A1"))[1]))
        made.set("s", str(graft.styles.cell_format(int(cell.get("s", "0")))))
        if (column := split_address(cell.get("r", "A1"))[1]) in (texts or {}):
            _fill(made, (texts or {})[column])
        copy.append(made)
    data.insert(sum(int(other.get("r", "0")) < at for other in data), copy)
    for group, item in (("mergeCells", "mergeCell"), ("dataValidations", "dataValidation")):
        for found in source.iterfind(f"{main(group)}/{main(item)}"):
            reference = "ref" if item == "mergeCell" else "sqref"
            area = Area.parse(found.get(reference, "A1").split()[0])
            if (area.top, area.bottom) == (source_row, source_row):
                made = deepcopy(found)
                made.set(reference, str(Area(at, area.left, at, area.right)))
                parent = child_in_order(sheet, group, SHEET_ORDER)
                parent.append(made)
                parent.set("count", str(len(parent)))
    dimension = sheet.find(main("dimension"))
    if dimension is not None:
        known = Area.parse(dimension.get("ref", "A1"))
        dimension.set("ref", str(known.joined(_area(copy, at))))
    graft.target.replace(sheet_part, serialised(sheet))


def widen(graft: Graft, sheet_part: str, source_part: str) -> None:
    """Give the columns that no width was set for on a sheet, and that have one on a source's sheet, that width."""
    sheet, source = graft.target.parse_current(sheet_part), graft.source.parse(source_part)
    columns = child_in_order(sheet, "cols", SHEET_ORDER)
    last = max((int(column.get("max", "0")) for column in columns), default=0)
    for column in source.iterfind(f"{main('cols')}/{main('col')}"):
        first, end = int(column.get("min", "0")), int(column.get("max", "0"))
        if end > last:
            made = etree.SubElement(columns, main("col"), min=str(max(first, last + 1)), max=str(end))
            made.set("width", column.get("width", "9"))
            made.set("customWidth", "1")
    graft.target.replace(sheet_part, serialised(sheet))


def _area(row: etree._Element, at: int) -> Area:
    """The area of a row's cells."""
    columns = [split_address(cell.get("r", "A1"))[1] for cell in row] or [1]
    return Area(at, min(columns), at, max(columns))


def _fill(cell: etree._Element, value: str | float) -> None:
    """Have a cell hold a text or a number."""
    for child in list(cell):
        cell.remove(child)
    if "t" in cell.attrib:
        del cell.attrib["t"]
    if isinstance(value, str):
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, main("is")), main("t"))
        text.text = value
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    else:
        etree.SubElement(cell, main("v")).text = repr(value)

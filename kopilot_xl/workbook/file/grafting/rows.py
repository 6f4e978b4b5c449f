"""A row of ours, added below what a sheet of somebody else's holds."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from kopilot_xl.workbook.addresses import Area, cell_address, split_address
from kopilot_xl.workbook.file.grafting.graft import Graft
from kopilot_xl.workbook.file.grafting.xml import SHEET_ORDER, child_in_order, main, serialised


def last_row(graft: Graft, sheet_part: str) -> int:
    """Return the number of a sheet's last row with a value or a formula, 0 where there is none."""
    rows = graft.target.parse_current(sheet_part).iterfind(f"{main('sheetData')}/{main('row')}")
    return max((int(row.get("r", "0")) for row in rows if any(len(cell) for cell in row)), default=0)


def add_row(graft: Graft, sheet_part: str, at: int, source_part: str, source_row: int) -> None:
    """Copy a row of a source's sheet to a blank row of the target's: texts, looks, height, drop-downs, merges.

    Args:
        graft: what is added to which package.
        sheet_part: the part of the target's sheet.
        at: the row there.
        source_part: the part of the source's sheet, whose texts stand in its cells.
        source_row: the row to copy.
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
        dimension.set("ref", str(known.joined(Area(at, known.left, at, known.right))))
    graft.target.replace(sheet_part, serialised(sheet))

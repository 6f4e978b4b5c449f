"""Columns of the user's own in a new workbook, at the right of our tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from kopilot_xl.workbook.addresses import Area, cell_address
from kopilot_xl.workbook.file.ooxml.edits import encoded
from kopilot_xl.workbook.file.ooxml.package import Package

_WIDTH = 16
"""How wide a column of the user's own is."""
GENERAL = 0
"""The number of the format that shows a number as it is."""
OWN_FORMATS = 164
"""The first number that a format of a workbook's own may have; those below are Excel's."""


@dataclass(frozen=True)
class OwnColumn:
    """A column that the user added to a table: its index in the data, and its heading in the new one.

    `shown` is the code of how its numbers and dates are shown, or the number of one of Excel's own.
    """

    at: int
    header: str
    shown: str | int


def widen(package: Package, part: str, shown: Mapping[str, str | int]) -> None:
    """Add columns of the user's own at the right of the table of a sheet of the template.

    Args:
        package: the new workbook.
        part: the sheet.
        shown: the heading of each, and how its numbers and dates are shown, as in `OwnColumn`.
    """
    own = [OwnColumn(at, header, look) for at, (header, look) in enumerate(shown.items())]
    styles = add_styles(package, dict.fromkeys(each.shown for each in own))
    table = next(item.target for item in package.relationships(part) if item.kind == "table")
    add_columns(package, part, table or "", own, styles)


def styles_part(package: Package) -> str | None:
    """Return the part that has the styles of a workbook."""
    return next((item.target for item in package.relationships(package.workbook) if item.kind == "styles"), None)


def add_styles(package: Package, shown: Iterable[str | int]) -> dict[str | int, str]:
    """Add a style for each way of showing numbers; return their numbers."""
    part = styles_part(package) or ""
    root = package.parse_current(part)
    formats, looks = root.find("{*}numFmts"), root.find("{*}cellXfs")
    assert formats is not None and looks is not None  # noqa: S101, PT018 - a workbook of ours
    taken = max([OWN_FORMATS - 1, *(int(each.get("numFmtId", "0")) for each in formats)])
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


def add_columns(
    package: Package, part: str, table_part: str, own: Sequence[OwnColumn], styles: dict[str | int, str]
) -> None:
    """Add columns at the right of a table of a workbook of ours; its styles are those that `add_styles` returned."""
    root = package.parse_current(table_part)
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

    sheet = package.parse_current(part)
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

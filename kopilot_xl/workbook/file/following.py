"""References typed as addresses follow the tables of a workbook file that become longer or shorter, as in Excel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape, unescape

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.file.layout import Layout
from kopilot_xl.workbook.file.ooxml import formula_texts, markup
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.parts import Sheet
from kopilot_xl.workbook.file.reading import SheetReader
from kopilot_xl.workbook.references import TableResize, resized

_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"


def table_resize(layout: Layout, height: int) -> TableResize | None:
    """Return how a table changes that is to have so many data rows; None if it does not."""
    top, columns = layout.header_row + 1, (layout.first_column, layout.last_column)
    before = layout.header_row + layout.height - layout.joined
    if before < top or layout.header_row + height == before:
        return None
    data = Area(top, columns[0], before, columns[1])
    return TableResize(layout.sheet.name, data, layout.header_row + height, layout.moving)


def followed_sheet(sheet: Sheet, reader: SheetReader, tables: Sequence[TableResize]) -> bytes | None:
    """Return the XML of a sheet whose formulas follow the tables; None where none has to.

    Raises:
        BookError: the sheet cannot be read.
        SaveError: a formula that is shared cannot be written out.
    """
    name = sheet.name

    def change(row: int, column: int, formula: str) -> str:
        return resized(formula, tables, name, row, column)

    formulas = reader.formulas(sheet)
    if not formulas or not any(
        table.concerns(text, name) for text in {item.text for item in formulas} for table in tables
    ):
        return None
    before = reader.xml(sheet)
    after = formula_texts.changed(before, change)
    return None if after is before else after


def with_formulas(part: bytes, layout: Layout, height: int) -> bytes:
    """Return the part of a table that is to have so many data rows, with the formulas in it following."""
    table = table_resize(layout, height)
    if table is None:
        return part
    sheet, row, column = table.sheet, table.data.top, table.data.left
    part = _with_texts(part, b"totalsRowFormula", lambda text: resized(text, [table], sheet))
    return _with_texts(part, b"calculatedColumnFormula", lambda text: resized(text, [table], sheet, row, column))


def follow_elsewhere(package: Package, tables: Sequence[TableResize]) -> None:
    """Have the defined names and charts of a workbook follow the tables.

    Raises:
        BookError: a part is damaged.
    """
    names = [table.sheet.encode() for table in tables]
    for part in package.part_names:
        if part != package.workbook and package.content_type(part) != _CHART:
            continue
        xml = markup.as_utf8(package.read(part))
        if any(escape(name.decode()).encode() in xml or name in xml for name in names):
            element = b"definedName" if part == package.workbook else b"f"
            package.replace(part, _with_texts(xml, element, lambda text: resized(text, tables)))


def _with_texts(xml: bytes, element: bytes, change: Callable[[str], str]) -> bytes:
    """Return XML with the texts of elements of a name changed, and every other byte as it was."""
    pieces, done = [], 0
    for tag in markup.tags(xml):
        if tag["close"] or tag["attributes"].endswith(b"/") or markup.local_name(tag["name"]) != element:
            continue
        end = xml.find(b"<", tag.end())
        text = unescape(xml[tag.end() : end].decode("utf-8", "replace"))
        new = change(text)
        if new != text:
            pieces += [xml[done : tag.end()], escape(new, quote=False).encode()]
            done = end
    return b"".join([*pieces, xml[done:]])

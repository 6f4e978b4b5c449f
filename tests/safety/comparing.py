"""What a refresh owns, and whether it left all else as it was."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

from lxml import etree

from kopilot_xl.workbook.addresses import Area, split_address
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import (
    actions,
    client,
    client_data,
    clients,
    forecast,
    history,
    movements,
    outlook,
    problems,
    snapshot,
)
from tests.workbook.workbooks import raw_entries

_OURS = (history.TABLE, problems.TABLE, movements.BETTER, movements.WORSE, outlook.DEPARTURES, forecast.CALLS)
_SHARED = (actions.TABLE, clients.TABLE)
_WHOLE = Area(1, 1, 1_048_576, 16_384)
_NOT_CELLS = {client.LABELS, clients.IDS}
_BLOCKS = re.compile(r"(Portfolio|Client|Trend|Movements|Outlook|Forecast|Guide)\w+|DoNext\w*|History(Trend|Reach)")


def assert_only_owned_cells_changed(before: bytes, path: Path) -> None:
    """Fail if a refreshed workbook differs from the one before in anything but the cells that refresh owns."""
    after = path.read_bytes()
    owned = _owned(before, after, path.parent)
    old, new = raw_entries(before), raw_entries(after)
    gone = set(old) - set(new)
    assert gone <= {"xl/calcChain.xml"}, gone
    assert [name for name in old if name not in gone] == list(new)
    tables = {part for parts in owned.values() for part in parts[1]}
    other = {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"} if gone else set()
    changed = {name for name in new if old[name] != new[name]}
    assert changed <= owned.keys() | tables | other, changed
    with zipfile.ZipFile(BytesIO(before)) as one, zipfile.ZipFile(BytesIO(after)) as two:
        for part in changed & owned.keys():
            areas = owned[part][0]
            assert foreign(one.read(part), areas) == foreign(two.read(part), areas), part
        for part in changed & tables:
            assert _table(one.read(part)) == _table(two.read(part), before=one.read(part)), part


def foreign(xml: bytes, owned: list[Area]) -> bytes:
    """Return the canonical XML of a worksheet without the cells in some areas, and rows that hold nothing else."""
    root = etree.fromstring(xml, etree.XMLParser(huge_tree=True, strip_cdata=False))
    dimension = root.find("{*}dimension")
    if dimension is not None:
        dimension.set("ref", "A1")  # grows with what is written
    data = root.find("{*}sheetData")
    assert data is not None
    if _WHOLE in owned:
        data.clear()
    for row in data.findall("{*}row"):
        for cell in row.findall("{*}c"):
            place = split_address(cell.get("r", ""))
            if any(area.holds(*place) for area in owned):
                row.remove(cell)
        if len(row) == 0 and set(row.attrib) <= {"r", "spans"} and not (row.text or "").strip():
            # What stands behind a row is text of the one before once the row is gone.
            _remove(row)
        elif "spans" in row.attrib and _written(row, owned):
            del row.attrib["spans"]  # only a hint, and dropped where a cell is put beside it
    for element in (data, root):
        element.text = element.text or None
    canonical: bytes = etree.tostring(root, method="c14n", with_comments=True)
    # An empty element may be written in two ways, which are the same in canonical XML.
    return canonical


def _written(row: etree._Element, owned: list[Area]) -> bool:
    number = int(row.get("r", "0"))
    return any(area.top <= number <= area.bottom for area in owned)


def _remove(row: etree._Element) -> None:
    parent = row.getparent()
    assert parent is not None
    if row.tail and row.tail.strip():
        raise AssertionError("text among the rows")
    parent.remove(row)


def _table(xml: bytes, before: bytes | None = None) -> bytes:
    """Return a table's canonical XML without its size, and without rules that it did not have before.

    LibreOffice drops the rules of calculated columns when it saves; a refresh puts those of ours back.
    """
    root = etree.fromstring(re.sub(rb' ref="[A-Z0-9:]+"| insertRow="1"', b"", xml))
    old = root if before is None else etree.fromstring(before)
    ruled = {column.get("name") for column in old.iter("{*}tableColumn") if len(column)}
    ours = {header.header for table in (*_OURS, *_SHARED) for header in table.columns if header.rule or header.formula}
    for column in root.iter("{*}tableColumn"):
        if column.get("name") in ours - ruled:
            for rule in column.findall("{*}calculatedColumnFormula"):
                column.remove(rule)
    canonical: bytes = etree.tostring(root, method="c14n", with_comments=True)
    return canonical


def _owned(before: bytes, after: bytes, folder: Path) -> dict[str, tuple[list[Area], list[str]]]:
    """Return the areas that a refresh owns by sheet part, with the table parts that hang on it."""
    found: dict[str, tuple[list[Area], list[str]]] = {}
    copy = folder / "before-it.xlsm"
    for data in (before, after):
        copy.write_bytes(data)
        book = FileBook(copy)
        parts = _sheet_parts(data)
        for table in (*_OURS, *_SHARED):
            if not book.has_table(table.name):
                continue
            data_of = book.table(table.name)
            areas, tables = found.setdefault(parts[data_of.sheet][0], ([], []))
            tables += parts[data_of.sheet][1]
            whole = table in _OURS
            top, bottom = data_of.header_row + 1, data_of.header_row + max(len(data_of.rows), 1)
            for place, header in enumerate(data_of.headers):
                column = data_of.first_column + place
                if whole or any(each.written and each.header == header for each in table.columns):
                    areas.append(Area(top, column, bottom, column))
        for sheet in (snapshot.SHEET, client_data.CLIENTS, client_data.ROWS, client_data.LOG):
            if book.has_sheet(sheet):
                found.setdefault(parts[sheet][0], ([], []))[0].append(_WHOLE)
        for sheet, area in _named_blocks(data):
            found.setdefault(parts[sheet][0], ([], []))[0].append(area)
    copy.unlink()
    return found


def _named_blocks(data: bytes) -> list[tuple[str, Area]]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        workbook = etree.fromstring(archive.read("xl/workbook.xml"))
    found = []
    for element in workbook.iter("{*}definedName"):
        if _BLOCKS.fullmatch(element.get("name", "")) and element.get("name") not in _NOT_CELLS:
            sheet, _, place = (element.text or "").rpartition("!")
            found.append((sheet.strip("'$"), Area.parse(place)))
    return found


def _sheet_parts(data: bytes) -> dict[str, tuple[str, list[str]]]:
    """Return each sheet's part and the parts of its tables."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        workbook = etree.fromstring(archive.read("xl/workbook.xml"))
        targets = {
            item.get("Id"): _part("xl", item.get("Target", ""))
            for item in etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        found = {}
        for element in workbook.iter("{*}sheet"):
            identifier = next(value for key, value in element.items() if str(key).endswith("}id"))
            part = targets[str(identifier)]
            rels = part.replace("worksheets/", "worksheets/_rels/") + ".rels"
            items = list(etree.fromstring(archive.read(rels))) if rels in names else []
            tables = [
                _part("xl/worksheets", item.get("Target", "")) for item in items if "/table" in item.get("Type", "")
            ]
            found[element.get("name", "")] = (part, tables)
    return found


def _part(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    while target.startswith("../"):
        folder, target = folder.rpartition("/")[0], target[3:]
    return f"{folder}/{target}"

"""What the reader of values is given: an archive with the worksheets, texts and styles of a workbook, and no more.

The reader trusts what a file states, and gives up on what Excel takes in its stride: sheets of Excel 4 macros, parts in
other folders, dimensions of whole rows, errors it does not know. So it never sees the file itself. It gets a workbook
part, relationships and part names made here; nothing whose size was not checked, no DOCTYPE, and only UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kopilot_xl.workbook.file.ooxml import markup, special_values
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.ooxml.text_limits import check_texts, with_short_items, with_short_texts
from kopilot_xl.workbook.file.ooxml.zip_records import ZipEntry, archive_of
from kopilot_xl.workbook.file.parts import Sheet, Structure

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHARED = {"styles": "xl/styles.xml", "sharedStrings": "xl/sharedStrings.xml"}
_CELLS = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Za-z]{1,3}\$?[0-9]{1,7})?")
_DATA_TAG = re.compile(rb"<(?:[\w.-]++:)?sheetData(?=[\s/>])")


def reader_input(structure: Structure, sheets: Sequence[Sheet], xml_of: Callable[[Sheet], bytes]) -> bytes:
    """Return an archive for the reader of values, whose worksheets are these sheets, in this order.

    Args:
        structure: of the workbook.
        sheets: the sheets; those whose part is missing are left out by the caller.
        xml_of: returns the XML of a sheet.

    Raises:
        BookError: a part is damaged, has a DOCTYPE, or is not in the encoding it declares.
    """
    package = structure.package

    def text(part: str, data: bytes) -> bytes:
        return package.explain(part, lambda: _text(data))

    entries: dict[str, ZipEntry] = {}
    links: list[tuple[str, str, str]] = []
    read: list[bytes] = []
    for n, sheet in enumerate(sheets, 1):
        xml, name = xml_of(sheet), f"xl/worksheets/sheet{n}.xml"
        readable = _readable(text(sheet.part, xml))
        read.append(readable)
        entries[name] = package.packed(sheet.part) if readable is xml else ZipEntry.stored(readable)
        links.append((f"sheet{n}", "worksheet", name))
    for item in package.relationships(package.workbook):
        name = _SHARED.get(item.kind, "")
        if name and item.target and name not in entries and package.has(item.target):
            part = _without_counts(text(item.target, package.read(item.target)))
            if item.kind == "sharedStrings":
                part = _short(package, item.target, part, read)
            entries[name] = ZipEntry.stored(part)
            links.append((item.kind, item.kind, name))
    tabs = "".join(f'<sheet name="sheet{n}" sheetId="{n}" r:id="sheet{n}"/>' for n in range(1, len(sheets) + 1))
    days = ' date1904="1"' if structure.date1904 else ""
    entries["xl/workbook.xml"] = _part(
        f'<workbook xmlns="{markup.MAIN_NAMESPACE}" xmlns:r="{_OFFICE}"><workbookPr{days}/>'
        f"<sheets>{tabs}</sheets></workbook>"
    )
    entries["xl/_rels/workbook.xml.rels"] = _relationships(links, "xl/")
    entries["_rels/.rels"] = _relationships([("workbook", "officeDocument", "xl/workbook.xml")], "")
    entries["[Content_Types].xml"] = _part(f'<Types xmlns="{_PACKAGE}/content-types"/>')
    return archive_of(entries)


def readable_parts(structure: Structure, sheets: Sequence[Sheet], xml_of: Callable[[Sheet], bytes]) -> dict[str, bytes]:
    """Return the sheets and shared texts of a workbook as the reader of values can take them, by part.

    Args and Raises: as `reader_input`.
    """
    package = structure.package
    parts = {}
    for sheet in sheets:
        xml = xml_of(sheet)
        parts[sheet.part] = _readable(package.explain(sheet.part, lambda xml=xml: _text(xml)))  # type: ignore[misc]
    for item in package.relationships(package.workbook):
        if item.kind in _SHARED and item.target and package.has(item.target):
            target, data = item.target, package.read(item.target)
            part = _without_counts(package.explain(target, lambda data=data: _text(data)))  # type: ignore[misc]
            parts[target] = (
                _short(package, target, part, list(parts.values())) if item.kind == "sharedStrings" else part
            )
    return parts


def _short(package: Package, name: str, strings: bytes, sheets: Sequence[bytes]) -> bytes:
    """Return a part of shared texts with none too long, once all cells together have no more than a machine holds."""
    part, sizes = with_short_items(strings)
    package.explain(name, lambda: check_texts(sheets, sizes, len(package.data)))
    return part


def _text(data: bytes) -> bytes:
    """Return a part in UTF-8, once it is known to have no DOCTYPE."""
    text = markup.as_utf8(data)
    markup.refuse_doctype(text)
    return text


def _part(text: str) -> ZipEntry:
    return ZipEntry.stored(text.encode())


def _relationships(links: Sequence[tuple[str, str, str]], folder: str) -> ZipEntry:
    """Return a part of relationships by id, kind and target, the targets as seen from a folder."""
    items = "".join(
        f'<Relationship Id="{identifier}" Type="{_OFFICE}/{kind}" Target="{target.removeprefix(folder)}"/>'
        for identifier, kind, target in links
    )
    return _part(f'<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>')


def _readable(xml: bytes) -> bytes:
    """Return a worksheet without what the reader gives up on; the very same bytes where there is nothing of it."""
    xml = with_short_texts(special_values.with_known_errors(xml))
    data = _DATA_TAG.search(xml)
    if data is None:
        return xml
    end = max(xml.rfind(b"sheetData"), data.end())
    head = _without_odd_dimension(xml, data.start())
    after = _without_odd_merges(xml, end)
    if head is None and after is None:
        return xml
    rows = xml[data.start() : end]
    return (xml[: data.start()] if head is None else head) + rows + (xml[end:] if after is None else after)


def _without_odd_dimension(xml: bytes, end: int) -> bytes | None:
    """Return what precedes the rows without a dimension that names whole rows or columns; None if there is none."""
    for tag in markup.tags(xml, 0, end):
        if markup.local_name(tag["name"]) != b"dimension":
            continue
        if not _CELLS.fullmatch(markup.attribute(tag[0], "ref") or ""):
            return xml[: tag.start()] + xml[tag.end() : end]
    return None


def _without_odd_merges(xml: bytes, start: int) -> bytes | None:
    """Return what follows the rows without merged cells, if some of these are whole rows or columns; else None."""
    if xml.find(b"mergeCell", start) < 0:
        return None
    kept, position, odd = [], start, False
    for tag in markup.tags(xml, start):
        if markup.local_name(tag["name"]) in (b"mergeCells", b"mergeCell"):
            reference = markup.attribute(tag[0], "ref")
            odd = odd or (reference is not None and not _CELLS.fullmatch(reference))
            kept.append(xml[position : tag.start()])
            position = tag.end()
    return b"".join([*kept, xml[position:]]) if odd else None


def _without_counts(xml: bytes) -> bytes:
    """Return a part whose root states no number of what is in it: a reader would make room for so many."""
    root = next(markup.tags(xml), None)
    if root is None:
        return xml
    start = markup.without_attribute(markup.without_attribute(root[0], "count"), "uniqueCount")
    return xml if start == root[0] else xml[: root.start()] + start + xml[root.end() :]

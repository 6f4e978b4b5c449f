"""Look into worksheet XML without building a tree of it: its cells, formulas, errors, arrays and merges."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import LAST_COLUMN, LAST_ROW, Area, cell_address, column_number, split_address
from kopilot_xl.workbook.file.ooxml import markup

_CELL_WITH_FORMULA = re.compile(
    rb"<(?:[\w.-]++:)?c(?=[\s>])([^<>]*+)>\s*+<(?:[\w.-]++:)?f(?=[\s/>])([^<>]*+)>(?:([^<]*+)</)?"
)
# Nearly every cell with a formula is written like this.
_CELL_BEFORE_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,2}|[A-W][A-Z]{2}|X[A-E][A-Z]|XF[A-D])([1-9][0-9]{0,5})"(?: [st]="\w*")*>'
)
_FORMULA_MARK = re.compile(rb"[<:]f(?=[\s/>])")
# Nearly all sheets stay in the columns A to Z and above row 200,000, or a million.
_NOT_COMPACT = re.compile(rb'<c(?! r="[A-Z]1?[0-9]{1,5}")')
_NOT_NEAR = re.compile(rb'<c(?! r="[A-Z][0-9]{1,6}")')
_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})[0-9]')
_CELL_START = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_ROW_OR_CELL = re.compile(rb"<(?:[\w.-]++:)?(?P<kind>row|c)(?=[\s/>])(?P<attributes>[^<>]*+)>")
_FORMULA_TAG = re.compile(rb"<(?:[\w.-]++:)?f(\s[^<>]*+)>")


@dataclass(frozen=True)
class Layout:
    """Where the cells are in a worksheet's XML, as offsets.

    The bytes before `start` and from `end` on belong to others; `start` to `inner` is the start tag of
    sheetData, `inner` to `inner_end` are its rows. `plain` says that there are no comments, CDATA or
    processing instructions among the rows, so that every `<` opens an element.
    """

    root_tag: bytes
    root_name: bytes
    name: bytes
    start: int
    inner: int
    inner_end: int
    end: int
    plain: bool

    @classmethod
    def of(cls, xml: bytes) -> Layout:
        """Find the rows of a worksheet.

        Raises:
            BookError: it is not a worksheet, or carries a DOCTYPE.
        """
        markup.refuse_doctype(xml)
        depth = 0
        root: re.Match[bytes] | None = None
        for tag in markup.tags(xml):
            if root is None:
                root = tag
                if markup.local_name(tag["name"]) != b"worksheet":
                    break
            empty = tag["attributes"].endswith(b"/")
            if tag["close"]:
                depth -= 1
            elif depth == 1 and markup.local_name(tag["name"]) == b"sheetData":
                offsets = (tag.end(), tag.end(), tag.end(), True) if empty else _end_of_rows(xml, tag)
                return cls(root[0], root["name"], tag["name"], tag.start(), *offsets)
            elif not empty:
                depth += 1
        raise BookError(t("there is no sheetData in it"))

    @property
    def prefix(self) -> bytes:
        """The namespace prefix of its elements, with the colon."""
        return markup.prefix_of(self.name)


def _end_of_rows(xml: bytes, tag: re.Match[bytes]) -> tuple[int, int, int, bool]:
    """Return inner, inner_end, end and plain of a layout whose sheetData starts with this tag."""
    close = re.compile(rb"</" + re.escape(tag["name"]) + rb"\s*+>")
    first = xml.find(b"</" + tag["name"], tag.end())
    found = close.search(xml, first) if first >= 0 else None
    if found and not any(_has(xml, mark, tag.end(), found.start()) for mark in (b"<!", b"<?")):
        return tag.end(), found.start(), found.end(), True
    for other in markup.tags(xml, tag.end()):
        if other["close"] and other["name"] == tag["name"]:
            return tag.end(), other.start(), other.end(), False
    raise BookError(t("its XML is damaged (sheetData does not end)"))


class Formula(NamedTuple):
    """A cell's formula; a cell that shares another's formula has the text that one has."""

    row: int
    column: int
    text: str


def may_have_formulas(xml: bytes) -> bool:
    """Tell whether a sheet may have a formula at all: a quick look, for sheets with a million cells without one."""
    start, end = rows_between(xml)
    if xml.find(b"<f", start, end) < 0 and not has_prefixed(xml, b":f", start, end):
        return False
    return _FORMULA_MARK.search(xml, start, end) is not None


def formulas(xml: bytes) -> Iterator[Formula]:
    """Yield the formula of every cell that has one, in the order of the sheet.

    Raises:
        BookError: the XML is damaged.
    """
    xml = markup.as_utf8(xml)
    if not may_have_formulas(xml):
        return
    layout = Layout.of(xml)
    shared: dict[str | None, str] = {}
    if layout.plain:
        found = _plain_formulas(xml, layout)
        if found is not None:
            yield from found
            return
        found = []
        for match in _CELL_WITH_FORMULA.finditer(xml, layout.inner, layout.inner_end):
            address = markup.attribute(match[1], "r")
            if address is None:
                break
            empty = match[2].endswith(b"/") or match[3] is None
            text = "" if empty else unescape(match[3].decode("utf-8", "replace"))
            if b"shared" in match[2]:
                text = _shared_text(shared, markup.attribute(match[2], "si"), text)
            found.append(Formula(*position_of(address), text))
        else:
            yield from found
            return
    for row, column, cell in walk(markup.parse(xml)):
        formula = cell.find("{*}f")
        if formula is not None:
            text = formula.text or ""
            if formula.get("t") == "shared":
                text = _shared_text(shared, formula.get("si"), text)
            yield Formula(row, column, text)


def _plain_formulas(xml: bytes, layout: Layout) -> list[Formula] | None:
    """Return the formulas of a sheet that has none but as nearly every formula is written, else None."""
    start, end = layout.inner, layout.inner_end
    first, *pieces = xml[start:end].split(b"<f>")
    if len(pieces) != xml.count(b"<f", start, end) or has_prefixed(xml, b":f", start, end):
        return None
    columns: dict[bytes, int] = {}
    found = []
    for before, after in zip([first, *pieces], pieces, strict=False):
        cell = _CELL_BEFORE_FORMULA.fullmatch(before, before.rfind(b"<"))
        if cell is None:
            return None
        letters = cell[1]
        if letters not in columns:
            columns[letters] = column_number(letters.decode())
        text = after[: after.find(b"<")].decode("utf-8", "replace")
        found.append(Formula(int(cell[2]), columns[letters], unescape(text) if "&" in text else text))
    return found


def _shared_text(shared: dict[str | None, str], group: str | None, text: str) -> str:
    if text:
        shared[group] = text
    return text or shared.get(group, "")


def walk(root: etree._Element) -> Iterator[tuple[int, int, etree._Element]]:
    """Yield row, column and element of every cell; what has no position follows the one before it.

    Raises:
        BookError: a cell has an address that is none.
    """
    data = root.find("{*}sheetData")
    number = 0
    for row in () if data is None else data.iterchildren("{*}row"):
        number = markup.number(row.get("r"), number + 1)
        column = 0
        for cell in row.iterchildren("{*}c"):
            address = cell.get("r")
            column = position_of(address)[1] if address else column + 1
            yield number, column, cell


def rows_between(xml: bytes) -> tuple[int, int]:
    """Return offsets that the rows of a sheet lie between, found at a glance: the whole, where that does not do."""
    start, end = xml.find(b"<sheetData"), xml.rfind(b"</sheetData")
    return (start, end) if 0 <= start <= end else (0, len(xml))


def cells_by_column(xml: bytes, top: int, bottom: int) -> Counter[str]:
    """Return how many cells columns have from a row to another, at a glance: too few of those written unusually."""
    start, end = rows_between(xml)
    first = xml.find(b'<row r="%d"' % top, start, end)
    last = xml.find(b'<row r="%d"' % (bottom + 1), start, end)
    found = Counter(_COLUMN.findall(xml, first, last if last >= 0 else end)) if first >= 0 else Counter()
    return Counter({letters.decode(): number for letters, number in found.items()})


def _has(xml: bytes, mark: bytes, start: int, end: int) -> bool:
    """Tell whether a mark is between two offsets; its last byte is rare, and a single byte is found quicker."""
    return xml.find(mark[-1:], start, end) >= 0 and xml.find(mark, start, end) >= 0


def has_prefixed(xml: bytes, mark: bytes, start: int = 0, end: int | None = None) -> bool:
    """Tell whether a sheet may have the colon of a prefix and what follows it."""
    return xml.find(b":", start, end) >= 0 and xml.find(mark, start, end) >= 0


def cell_count(xml: bytes) -> int:
    """Return how many cells a sheet has, or a few more."""
    return xml.count(b"<c") + (xml.count(b":c") if b":c" in xml else 0)


def is_compact(xml: bytes) -> bool:
    """Tell whether the values of a sheet are sure to be within the columns A to Z and the rows to 199,999."""
    start, end = rows_between(xml)
    return not has_prefixed(xml, b":c", start, end) and _NOT_COMPACT.search(xml, start, end) is None


def greatest_extent(xml: bytes, enough: int) -> int:
    """Return how many cells the values of a worksheet span at most; a quick look at how the cells are written.

    The look gets closer until the number is not above `enough`.
    """
    start, end = rows_between(xml)
    if has_prefixed(xml, b":c", start, end):
        return LAST_ROW * LAST_COLUMN
    if enough >= 26 * 999_999 and _NOT_NEAR.search(xml, start, end) is None:
        return 26 * 999_999
    cells = _CELL_START.findall(xml, start, end)
    if len(cells) != xml.count(b"<c", start, end):
        return LAST_ROW * LAST_COLUMN
    if not cells:
        return 0
    columns = max(column_number(letters.decode()) for letters in {letters for letters, _ in cells})
    return columns * max(int(digits) for digits in {digits for _, digits in cells})


def farthest_value(xml: bytes) -> tuple[str, int]:
    """Return the address of the value farthest away in a worksheet, and how many cells its values span.

    Raises:
        BookError: a row or cell has an address that is not on a sheet.
    """
    row = column = rows = columns = 0
    far = ""
    for match in _ROW_OR_CELL.finditer(xml):
        address = markup.attribute(match["attributes"], "r")
        if match["kind"] == b"row":
            row, column = markup.number(address, row + 1), 0
            continue
        if address:
            area = area_of(address)
            row, column = area.bottom, area.right
        else:
            column += 1
        if max(row, 1) > LAST_ROW or column > LAST_COLUMN:
            raise BookError(
                t(
                    "it has more rows or columns than a sheet ({last_row:,} and {last_column:,})",
                    last_row=LAST_ROW,
                    last_column=LAST_COLUMN,
                )
            )
        if not match["attributes"].endswith(b"/") and (row > rows or column > columns):
            far, rows, columns = cell_address(max(row, 1), column), max(row, rows), max(column, columns)
    return far, rows * columns


def array_areas(xml: bytes, layout: Layout) -> list[Area]:
    """Return the areas that one formula fills: array formulas, spills and data tables."""
    found = []
    if xml.find(b"array", layout.inner, layout.inner_end) >= 0 or xml.find(b"dataTable", layout.inner) >= 0:
        for match in _FORMULA_TAG.finditer(xml, layout.inner, layout.inner_end):
            reference = markup.attribute(match[1], "ref")
            if reference and markup.attribute(match[1], "t") in ("array", "dataTable"):
                found.append(area_of(reference))
    return found


def merged_areas(xml: bytes, layout: Layout) -> list[Area]:
    """Return the merged areas of a worksheet."""
    if xml.find(b"mergeCell", layout.end) < 0:
        return []
    references = (
        markup.attribute(tag[0], "ref")
        for tag in markup.tags(xml, layout.end)
        if markup.local_name(tag["name"]) == b"mergeCell"
    )
    return [area_of(reference) for reference in references if reference]


def area_of(reference: str) -> Area:
    """Return the area a reference of a worksheet's XML names.

    Raises:
        BookError: it names none.
    """
    try:
        return Area.parse(reference)
    except ValueError as error:
        raise BookError(t("its XML is damaged ({error})", error=markup.shortened(str(error)))) from error


def position_of(address: str) -> tuple[int, int]:
    """Return row and column of a cell's address, counted from 1.

    Raises:
        BookError: it is not an address.
    """
    try:
        return split_address(address)
    except ValueError as error:
        raise BookError(t("its XML is damaged ({error})", error=markup.shortened(str(error)))) from error

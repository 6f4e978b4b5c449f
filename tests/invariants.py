"""Excel's own rules for a workbook file: what it repairs or refuses, and other programs let pass."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from os import PathLike
from urllib.parse import unquote

from lxml import etree
from openpyxl.utils.cell import column_index_from_string, get_column_letter, range_boundaries

MAX_TEXT = 32_767
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_SHEET_IN_NAME = re.compile(r"(?:'((?:[^']|'')+)'|(?<![#\w])([\w.]+))!")

Bounds = tuple[int, int, int, int]


def assert_sound(path: str | PathLike[str], *, recalculates: bool = False) -> None:
    """Fail with every rule of Excel's that a workbook file breaks."""
    findings = check(path, recalculates=recalculates)
    assert not findings, "\n".join(findings)


def check(path: str | PathLike[str], *, recalculates: bool = False) -> list[str]:
    """Return a line for every rule that a workbook file breaks. `recalculates` allows fullCalcOnLoad."""
    return list(_Checker(path, recalculates).findings())


class _Checker:
    def __init__(self, path: str | PathLike[str], recalculates: bool) -> None:
        self.recalculates = recalculates
        self.archive = zipfile.ZipFile(path)
        self.names = set(self.archive.namelist())
        self.cells: dict[str, dict[str, etree._Element]] = {}
        self.tables: list[tuple[str, str, etree._Element]] = []

    def findings(self) -> Iterator[str]:
        yield from self._package()
        workbook = self.parse("xl/workbook.xml")
        sheets = [
            (element.get("name", ""), element.get("sheetId", ""), self._target(element))
            for element in workbook.iterfind("{*}sheets/{*}sheet")
        ]
        yield from self._workbook(workbook, [name for name, *_ in sheets])
        styles = self._count("xl/styles.xml", "{*}cellXfs/{*}xf")
        strings = self._strings()
        for text in strings:
            if _units(text) > MAX_TEXT:
                yield f"sharedStrings: a text is longer than {MAX_TEXT:,}"
        for name, _, part in sheets:
            if part.startswith("xl/worksheets/"):
                yield from (f"{name}: {finding}" for finding in self._sheet(part, styles, len(strings)))
        yield from self._code_names([part for *_, part in sheets if part.startswith("xl/worksheets/")])
        yield from self._tables(strings)
        yield from self._chain({identifier: part for _, identifier, part in sheets})

    def _code_names(self, parts: list[str]) -> Iterator[str]:
        found = [self.parse(part).find("{*}sheetPr") for part in parts]
        names = [each.get("codeName", "").casefold() for each in found if each is not None and each.get("codeName")]
        yield from (f"two sheets have the code name {name}" for name in sorted(set(names)) if names.count(name) > 1)

    def parse(self, part: str) -> etree._Element:
        return etree.fromstring(self.archive.read(part))

    def _target(self, sheet: etree._Element) -> str:
        wanted = next(value for key, value in sheet.items() if str(key).endswith("}id"))
        return next(target for key, _, target in self._relationships("xl/workbook.xml") if key == wanted)

    def _relationships(self, part: str) -> list[tuple[str, str, str]]:
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.names:
            return []
        return [
            (
                item.get("Id", ""),
                item.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/" + folder, unquote(item.get("Target", "")))).lstrip("/"),
            )
            for item in self.parse(rels).iterfind("{*}Relationship")
            if item.get("TargetMode") != "External"
        ]

    def _package(self) -> Iterator[str]:
        for name in self.archive.namelist():
            try:
                self.archive.read(name)
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                yield f"package: {name} is damaged ({error})"
        for name, count in Counter(name.lower() for name in self.archive.namelist()).items():
            if count > 1:
                yield f"package: {name} stands {count} times in it"
        types = self.parse("[Content_Types].xml")
        defaults = {item.get("Extension", "").lower() for item in types.iterfind("{*}Default")}
        overrides = {item.get("PartName", "").lstrip("/") for item in types.iterfind("{*}Override")}
        for name in sorted(self.names - {"[Content_Types].xml"}):
            covered = name in overrides or name.rpartition(".")[2].lower() in defaults
            if not covered and not name.endswith("/"):
                yield f"package: {name} has no content type"
        for name in sorted(overrides - self.names):
            yield f"package: content type for {name}, which is not there"
        for rels in sorted(name for name in self.names if name.endswith(".rels")):
            folder, name = posixpath.split(rels)
            source = posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))
            for identifier, _, target in self._relationships(source):
                if target.partition("#")[0] and target.partition("#")[0] not in self.names:
                    yield f"package: {rels} {identifier} points to {target}, which is not there"

    def _workbook(self, workbook: etree._Element, names: list[str]) -> Iterator[str]:
        for name, count in Counter(name.lower() for name in names).items():
            if count > 1:
                yield f"workbook: {count} sheets are named {name}"
        known = {name.lower() for name in names}
        for element in workbook.iterfind("{*}definedNames/{*}definedName"):
            for quoted, plain in _SHEET_IN_NAME.findall(element.text or ""):
                sheet = quoted.replace("''", "'") or plain
                if "[" not in sheet and sheet.lower() not in known:
                    yield f"workbook: name {element.get('name')} points to sheet {sheet}, which is not there"
        calculation = workbook.find("{*}calcPr")
        if not self.recalculates and calculation is not None and calculation.get("fullCalcOnLoad") in ("1", "true"):
            yield "workbook: fullCalcOnLoad is set"

    def _sheet(self, part: str, styles: int, strings: int) -> Iterator[str]:
        root = self.parse(part)
        cells: dict[str, etree._Element] = {}
        rows: list[int] = []
        for row in root.iterfind("{*}sheetData/{*}row"):
            rows.append(int(row.get("r") or (rows[-1] + 1 if rows else 1)))
            columns: list[int] = []
            for cell in row.iterfind("{*}c"):
                address = cell.get("r") or f"{get_column_letter((columns[-1] if columns else 0) + 1)}{rows[-1]}"
                match = _CELL.fullmatch(address)
                if not match or int(match[2]) != rows[-1]:
                    yield f"{address} stands in row {rows[-1]}"
                    continue
                columns.append(column_index_from_string(match[1]))
                cells[address] = cell
                yield from (f"{address}: {finding}" for finding in self._cell(cell, styles, strings))
            if any(left >= right for left, right in pairwise(columns)):
                yield f"row {rows[-1]}: cells are doubled or out of order"
            for span in (row.get("spans") or "").split():
                first, _, last = span.partition(":")
                if columns and not int(first) <= min(columns) <= max(columns) <= int(last):
                    yield f"row {rows[-1]}: cells outside its spans"
        if any(above >= below for above, below in pairwise(rows)):
            yield "rows are doubled or out of order"
        yield from self._areas(root, cells)
        yield from self._formulas(cells)
        self.cells[part] = cells
        for _, kind, target in self._relationships(part):
            if kind == "table" and target in self.names:
                self.tables.append((part, target, self.parse(target)))

    def _cell(self, cell: etree._Element, styles: int, strings: int) -> Iterator[str]:
        if not 0 <= int(cell.get("s", "0")) < max(styles, 1):
            yield f"style {cell.get('s')} of {styles}"
        value = cell.findtext("{*}v")
        if cell.get("t") == "s" and not 0 <= int(value or -1) < strings:
            yield f"shared string {value} of {strings}"
        text = (
            "".join(element.text or "" for element in cell.iter("{*}t"))
            if cell.get("t") == "inlineStr"
            else value or ""
        )
        if _units(text) > MAX_TEXT:
            yield f"text longer than {MAX_TEXT:,}"
        order = [etree.QName(child).localname for child in cell]
        if order != sorted(order, key=["f", "v", "is", "extLst"].index):
            yield "its elements are out of order"

    def _areas(self, root: etree._Element, cells: dict[str, etree._Element]) -> Iterator[str]:
        dimension = root.find("{*}dimension")
        if dimension is not None:
            bounds = _bounds(dimension.get("ref", ""))
            outside = [address for address in cells if not _inside(_bounds(address), bounds)]
            if outside:
                yield f"dimension {dimension.get('ref')} leaves out {outside[0]}"
        merged = [element.get("ref", "") for element in root.iterfind("{*}mergeCells/{*}mergeCell")]
        for one, other in combinations(merged, 2):
            if _meet(_bounds(one), _bounds(other)):
                yield f"merged cells {one} and {other} overlap"

    def _formulas(self, cells: dict[str, etree._Element]) -> Iterator[str]:
        masters: set[str | None] = set()
        for address, cell in cells.items():
            formula = cell.find("{*}f")
            if formula is None or formula.get("t") != "shared":
                continue
            if formula.text:
                masters.add(formula.get("si"))
            elif formula.get("si") not in masters:
                yield f"{address}: shared formula {formula.get('si')} has no master"

    def _tables(self, strings: list[str]) -> Iterator[str]:
        for what, values in (
            ("id", [root.get("id", "") for *_, root in self.tables]),
            ("name", [root.get("displayName", "").casefold() for *_, root in self.tables]),
        ):
            for value, count in Counter(values).items():
                if count > 1:
                    yield f"tables: {what} {value} is used {count} times"
        for (part, _, one), (other_part, _, other) in combinations(self.tables, 2):
            if part == other_part and _meet(_bounds(one.get("ref", "")), _bounds(other.get("ref", ""))):
                yield f"tables {one.get('displayName')} and {other.get('displayName')} overlap"
        for part, _, root in self.tables:
            yield from (f"table {root.get('displayName')}: {finding}" for finding in self._table(part, root, strings))

    def _table(self, part: str, root: etree._Element, strings: list[str]) -> Iterator[str]:
        left, top, right, bottom = bounds = _bounds(root.get("ref", ""))
        header_rows, totals = int(root.get("headerRowCount", "1")), int(root.get("totalsRowCount", "0"))
        if bottom - top + 1 < header_rows + 1 + totals:
            yield f"{root.get('ref')} has no data row"
        for element in root.iter("{*}autoFilter", "{*}sortState", "{*}sortCondition"):
            kind = etree.QName(element).localname
            area = _bounds(element.get("ref", ""))
            if not _inside(area, (left, top, right, bottom - totals)):
                yield f"{kind} {element.get('ref')} is not inside its rows"
        names = [_unescaped(item.get("name", "")) for item in root.iterfind("{*}tableColumns/{*}tableColumn")]
        if len(names) != right - left + 1:
            yield f"{len(names)} columns in {root.get('ref')}"
        for name, count in Counter(name.lower() for name in names).items():
            if count > 1:
                yield f"{count} columns are named {name}"
        if header_rows:
            for column, name in enumerate(names, bounds[0]):
                cell = self.cells[part].get(f"{get_column_letter(column)}{top}")
                shown = None if cell is None else _text(cell, strings)
                if shown != name:
                    yield f"header {shown!r} is not its column's name {name!r}"

    def _chain(self, part_of: dict[str, str]) -> Iterator[str]:
        if "xl/calcChain.xml" not in self.names:
            return
        identifier = ""
        for entry in self.parse("xl/calcChain.xml").iterfind("{*}c"):
            identifier = entry.get("i", identifier)
            cell = self.cells.get(part_of.get(identifier, ""), {}).get(entry.get("r", ""))
            if cell is None or cell.find("{*}f") is None:
                yield f"calcChain: {entry.get('r')} of sheet {identifier} has no formula"

    def _count(self, part: str, path: str) -> int:
        return len(self.parse(part).findall(path)) if part in self.names else 0

    def _strings(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self.names:
            return []
        return [
            _unescaped("".join(t.text or "" for t in item.iter("{*}t") if not _phonetic(t)))
            for item in self.parse("xl/sharedStrings.xml").iterfind("{*}si")
        ]


def _phonetic(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname == "rPh"


def _text(cell: etree._Element, strings: list[str]) -> str | None:
    """Return the text a cell holds, None if what it holds is no text."""
    kind, value = cell.get("t"), cell.findtext("{*}v")
    if kind == "s":
        return strings[int(value or 0)]
    if kind == "inlineStr":
        return _unescaped("".join(element.text or "" for element in cell.iter("{*}t")))
    return _unescaped(value or "") if kind == "str" else None


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def _units(text: str) -> int:
    """Return the length of a stored text as Excel counts it: in UTF-16 units, after unescaping."""
    return len(_unescaped(text).encode("utf-16-le", "surrogatepass")) // 2


def _bounds(reference: str) -> Bounds:
    """Return left, top, right and bottom."""
    left, top, right, bottom = range_boundaries(reference)
    return int(left or 1), int(top or 1), int(right or 16_384), int(bottom or 1_048_576)


def _inside(inner: Bounds, outer: Bounds) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]

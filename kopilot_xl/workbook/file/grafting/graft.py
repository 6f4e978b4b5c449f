"""Sheets and defined names of one package, added to another with everything they need."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import unquote

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import quote_sheet
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.grafting.replacing import dependents, keep_own_settings
from kopilot_xl.workbook.file.grafting.styles import StyleMerge, no_styles
from kopilot_xl.workbook.file.grafting.xml import (
    OFFICE,
    R_ID,
    child_in_order,
    main,
    next_id,
    next_number,
    serialised,
)
from kopilot_xl.workbook.file.ooxml.edits import encoded
from kopilot_xl.workbook.file.ooxml.package import CONTENT_TYPES, Package, relationships_name

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONSHIP = f"{{{_PACKAGE}/relationships}}Relationship"
_OVERRIDE = f"{{{_PACKAGE}/content-types}}Override"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_LONGEST_SHEET_NAME = 31
_WORKBOOK_ORDER = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames", "calcPr",
)  # fmt: skip
_KEPT = re.compile("\ue000([^\ue000\ue001]*)\ue001")
_TABLE_FORMATS = (
    "headerRowDxfId", "dataDxfId", "totalsRowDxfId", "headerRowBorderDxfId", "tableBorderDxfId",
    "totalsRowBorderDxfId",
)  # fmt: skip


class Graft:
    """What is added to a package from another one, gathered until `finish`.

    The target's own parts keep their bytes, but for those that list the others: content types, the workbook, its
    relationships, and the style sheet, which grows at its ends.

    Args:
        target: the package that grows.
        source: the package that lends, a workbook of ours.

    Raises:
        BookError: one of them cannot be read, or the target's structure is protected.
    """

    def __init__(self, target: Package, source: Package) -> None:
        self.target, self.source = target, source
        self._workbook = target.parse(target.workbook)
        if self._workbook.find(f"{main('workbookProtection')}[@lockStructure]") is not None:
            protection = self._workbook.find(main("workbookProtection"))
            if protection is not None and protection.get("lockStructure") in ("1", "true", "on"):
                raise BookError(
                    t(
                        "{path}: the structure of the workbook is protected, so that no sheet can be added. "
                        "Unprotect it in Excel (Review, Protect Workbook) and try again.",
                        path=target.path,
                    )
                )
        self._types = target.parse(CONTENT_TYPES)
        self._links = _relationships(target, target.workbook)
        self._taken = {name.lower() for name in target.part_names}
        self._added: dict[str, bytes] = {}
        self._replaced: dict[str, bytes] = {}
        self._discarded: set[str] = set()
        self._copies: dict[str, str] = {}
        self._sheet_names: dict[str, str] = {}
        self._stand_ins: dict[str, str] = {}
        self._rewrite: Callable[[str], str] = str
        self._table_ids = [
            int(target.parse(name).get("id", "0"))
            for name in target.part_names
            if (target.content_type(name) or "").endswith("spreadsheetml.table+xml")
        ]
        self._open_styles()

    def _open_styles(self) -> None:
        part = next(
            (link.target for link in self.target.relationships(self.target.workbook) if link.kind == "styles"), None
        )
        source_part = next(
            link.target for link in self.source.relationships(self.source.workbook) if link.kind == "styles"
        )
        source = self.source.parse(source_part or "")
        if part is None:
            part = self._free_name("xl/styles.xml")
            self._styles = no_styles()
            self._declare(part, _STYLES_TYPE)
            self._relate(self._links, part, "styles")
            self._styles_part, self._new_styles = part, True
        else:
            self._styles = self.target.parse(part)
            self._styles_part, self._new_styles = part, False
        self.styles = StyleMerge(self._styles, source)

    @property
    def sheet_names(self) -> list[str]:
        """The names of the target's sheets, those added included."""
        return [sheet.get("name", "") for sheet in self._workbook.iterfind(f"{main('sheets')}/{main('sheet')}")]

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Have each formula that is added changed; what it puts between U+E000 and U+E001 is the target's already."""
        self._rewrite = change

    def stand_in(self, name: str, title: str) -> None:
        """Have what refers to a sheet of the source, which is not added, lead to a sheet of the target instead."""
        self._stand_ins[name] = title

    def add_sheets(self, *names: str) -> list[str]:
        """Add sheets of the source at the end of the tabs; return their names, others where they are taken.

        Raises:
            BookError: the source has no such sheet.
        """
        found = [self._source_sheet(name) for name in names]
        titles = [self._titled(name) for name in names]  # all of them first: sheets refer to one another
        sheets = child_in_order(self._workbook, "sheets", _WORKBOOK_ORDER)
        for title, (sheet, part) in zip(titles, found, strict=True):
            number = next_number([int(known.get("sheetId", "0")) for known in sheets])
            made = etree.SubElement(sheets, main("sheet"), nsmap={"r": OFFICE})
            made.set("name", title)
            made.set("sheetId", str(number))
            if sheet.get("state", "visible") != "visible":
                made.set("state", str(sheet.get("state")))
            made.set(R_ID, self._relate(self._links, self._copy(part), "worksheet"))
        return titles

    def replace_sheet(
        self, name: str, part: str, retired_names: Collection[str] = (), inputs: Mapping[str, Value] | None = None
    ) -> None:
        """Put a sheet of the source in the place of a sheet of the target, which keeps its tab and its title.

        Its view, the colour of its tab and its protection stay. The charts, tables and settings of the printer that
        were on it go; names that lead to cells of it lead where the source has them.

        Args:
            name: the sheet's name in the source.
            part: the part of the sheet in the target.
            retired_names: names that the source does not have any more, which go.
            inputs: what its named cells are to hold that the user fills, by name.

        Raises:
            BookError: the source has no such sheet, or the target's cannot be read.
        """
        _, source_part = self._source_sheet(name)
        title = self._title_of(part)
        self._sheet_names[name] = title
        self._copies[source_part] = part
        self._discard(dependents(self.target, part))
        before = self.target.parse(part)
        if before.find(f".//{main('f')}") is not None:
            self._discard_calculation_chain()
        links = self._copied_links(source_part)
        root = etree.fromstring(self._sheet_content(source_part))
        keep_own_settings(root, before)
        for cell, value in (inputs or {}).items():
            self._fill(root, cell, value)
        self._replaced[part] = serialised(root)
        place = relationships_name(part)
        if self.target.has(place):
            self._replaced[place] = serialised(links)
        elif len(links):
            self._added[place] = serialised(links)
        self._lead_names(name, title, retired_names)

    def _fill(self, root: etree._Element, name: str, value: Value) -> None:
        """Put a value into a named cell of a sheet of the source."""
        names = self.source.parse(self.source.workbook).iterfind(f"{main('definedNames')}/{main('definedName')}")
        address = next(((each.text or "") for each in names if each.get("name") == name), "").rpartition("!")[2]
        cell = root.find(f".//{main('c')}[@r='{address.replace('$', '').partition(':')[0]}']")
        if cell is not None and value is not None:
            kind, text = encoded(value, date1904=False)
            cell.set("t", kind or "n")
            for child in list(cell):
                cell.remove(child)
            etree.SubElement(cell, main("v")).text = text

    def _lead_names(self, name: str, title: str, retired: Collection[str]) -> None:
        """Have the names of a replaced sheet lead where the source has them."""
        gone = {each.casefold() for each in retired}
        index = str(self.sheet_names.index(title))
        for known in self._names():
            local = known.get("localSheetId")
            printed = local == index and known.get("name", "").startswith("_xlnm.Print")
            if printed or (local is None and known.get("name", "").casefold() in gone):
                child_in_order(self._workbook, "definedNames", _WORKBOOK_ORDER).remove(known)
        book = self.source.parse(self.source.workbook)
        titles = [sheet.get("name", "") for sheet in book.iterfind(f"{main('sheets')}/{main('sheet')}")]
        for found in book.iterfind(f"{main('definedNames')}/{main('definedName')}"):
            local, formula = found.get("localSheetId"), found.text or ""
            if local is None and _mentions(formula, name):
                self.set_name(found.get("name", ""), self._renamed(formula))
            elif local is not None and titles[int(local)] == name:
                self._new_name(found.get("name", ""), self._renamed(formula)).set("localSheetId", index)

    def _title_of(self, part: str) -> str:
        """The name of the target's sheet in a part."""
        wanted = {link.id for link in self.target.relationships(self.target.workbook) if link.target == part}
        sheets = self._workbook.iterfind(f"{main('sheets')}/{main('sheet')}")
        return next(sheet.get("name", "") for sheet in sheets if sheet.get(R_ID) in wanted)

    def _discard(self, parts: Collection[str]) -> None:
        """Leave parts out, with their relationships and content types."""
        for part in parts:
            self._discarded |= {name for name in (part, relationships_name(part)) if self.target.has(name)}
        gone = {part.lower() for part in parts}
        for override in list(self._types):
            if unquote(override.get("PartName", "")).lstrip("/").lower() in gone:
                self._types.remove(override)

    def _discard_calculation_chain(self) -> None:
        """Leave out the calculation chain, which may name no cell without a formula; Excel makes a new one."""
        for link in self.target.relationships(self.target.workbook):
            if link.kind == "calcChain" and link.target:
                self._discard([link.target])
                for element in list(self._links):
                    if element.get("Id") == link.id:
                        self._links.remove(element)

    def add_names(self, wanted: set[str] | None = None) -> list[str]:
        """Add the source's defined names that the target lacks, or that lead nowhere there; return them.

        A name that leads to a sheet comes only with that sheet. `wanted` limits those for the whole workbook to these.
        """
        there = {name.get("name", "").casefold(): name for name in self._names() if name.get("localSheetId") is None}
        book = self.source.parse(self.source.workbook)
        titles = [sheet.get("name", "") for sheet in book.iterfind(f"{main('sheets')}/{main('sheet')}")]
        added = []
        for name in book.iterfind(f"{main('definedNames')}/{main('definedName')}"):
            title, local, formula = name.get("name", ""), name.get("localSheetId"), name.text or ""
            if not all(sheet in self._sheet_names for sheet in titles if _mentions(formula, sheet)):
                continue
            if local is not None:
                sheet = titles[int(local)]
                if sheet in self._sheet_names:
                    made = self._new_name(title, self._renamed(formula))
                    made.set("localSheetId", str(self.sheet_names.index(self._sheet_names[sheet])))
                continue
            known = there.get(title.casefold())
            if wanted is not None and title not in wanted:
                continue
            if known is None:
                self._new_name(title, self._renamed(formula))
            elif "#REF!" in (known.text or ""):
                known.text = self._renamed(formula)
            else:
                continue
            added.append(title)
        return added

    def _names(self) -> list[etree._Element]:
        return self._workbook.findall(f"{main('definedNames')}/{main('definedName')}")

    def set_name(self, name: str, formula: str) -> None:
        """Add a defined name, or have it lead elsewhere."""
        for known in self._names():
            if known.get("name", "").casefold() == name.casefold() and known.get("localSheetId") is None:
                known.text = formula
                return
        self._new_name(name, formula)

    def finish(self) -> None:
        """Hand everything to the target, which `save` then writes."""
        for part in self._discarded:
            self.target.discard(part)
        for part, content in self._replaced.items():
            self.target.replace(part, content)
        for part, content in self._added.items():
            self.target.add(part, content)
        if self._new_styles:
            self.target.add(self._styles_part, serialised(self._styles))
        else:
            self._replace(self._styles_part, self._styles)
        self._replace(CONTENT_TYPES, self._types)
        self._replace(self.target.workbook, self._workbook)
        links = relationships_name(self.target.workbook)
        if self.target.has(links):
            self._replace(links, self._links)
        else:
            self.target.add(links, serialised(self._links))

    def _replace(self, part: str, root: etree._Element) -> None:
        if etree.tostring(root, method="c14n2") != etree.tostring(self.target.parse(part), method="c14n2"):
            self.target.replace(part, serialised(root))

    # parts

    def _source_sheet(self, name: str) -> tuple[etree._Element, str]:
        links = {link.id: link.target for link in self.source.relationships(self.source.workbook)}
        for sheet in self.source.parse(self.source.workbook).iterfind(f"{main('sheets')}/{main('sheet')}"):
            if sheet.get("name") == name:
                return sheet, links.get(sheet.get(R_ID, "")) or ""
        raise BookError(t("{path} has no sheet {name}.", path=self.source.path, name=name))

    def _copy(self, part: str) -> str:
        """Copy a part of the source and all it refers to; return its name in the target."""
        if part in self._copies:
            return self._copies[part]
        name = self._copies[part] = self._free_name(part)
        kind = self.source.content_type(part) or "application/xml"
        self._declare(name, kind)
        content = self.source.read(part)
        links = self._copied_links(part)
        if kind.endswith("worksheet+xml"):
            content = self._sheet_content(part)
        elif kind.endswith("table+xml"):
            content = self._table_content(part)
        elif kind.endswith("drawingml.chart+xml"):
            content = self._chart_content(part)
        self._added[name] = content
        if len(links):
            self._added[relationships_name(name)] = serialised(links)
        return name

    def _copied_links(self, part: str) -> etree._Element:
        """The relationships of a part of the source, leading to copies of what they lead to there."""
        links = _relationships(self.source, part)
        for link in links:
            if link.get("TargetMode") != "External":
                found = _target(part, link.get("Target", ""))
                link.set("Target", "/" + self._copy(found))
        return links

    def _sheet_content(self, part: str) -> bytes:
        """A sheet's bytes with the target's numbers of its formats, and its texts in its cells."""
        root = self.source.parse(part)
        for properties in root.iterfind(main("sheetPr")):
            properties.attrib.pop("codeName", "")  # one of the target may have it; Excel gives the new one its own
        strings = self._source_strings() if root.find(f".//{main('c')}[@t='s']") is not None else []
        for view in root.iter(main("sheetView")):
            if "tabSelected" in view.attrib:
                del view.attrib["tabSelected"]
        for cell in root.iter(main("c")):
            cell.set("s", str(self.styles.cell_format(int(cell.get("s", "0")))))
            value = cell.find(main("v"))
            if cell.get("t") == "s" and value is not None and value.text:
                cell.set("t", "inlineStr")
                cell.remove(value)
                text = etree.SubElement(etree.SubElement(cell, main("is")), main("t"))
                text.text = strings[int(value.text)]
                text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        for row in root.iter(main("row")):
            if row.get("s"):
                row.set("s", str(self.styles.cell_format(int(row.get("s", "0")))))
        for column in root.iter(main("col")):
            column.set("style", str(self.styles.cell_format(int(column.get("style", "0")))))
        for rule in root.iter(main("cfRule")):
            if rule.get("dxfId"):
                rule.set("dxfId", str(self.styles.differential(int(rule.get("dxfId", "0")))))
        for formula in root.iter(main("f"), main("formula"), main("formula1"), main("formula2")):
            formula.text = self._renamed(formula.text or "")
        for link in root.iter(main("hyperlink")):
            if link.get("location"):
                link.set("location", self._renamed(link.get("location", "")))
        return serialised(root)

    def _table_content(self, part: str) -> bytes:
        root = self.source.parse(part)
        number = next_number(self._table_ids)
        self._table_ids.append(number)
        root.set("id", str(number))
        for element in (root, *root.iter(main("tableColumn"))):
            for attribute in _TABLE_FORMATS:
                if element.get(attribute):
                    element.set(attribute, str(self.styles.differential(int(element.get(attribute, "0")))))
        return serialised(root)

    def _chart_content(self, part: str) -> bytes:
        root = self.source.parse(part)
        for formula in root.iter("{*}f"):
            formula.text = self._renamed(formula.text or "")
        return serialised(root)

    def _source_strings(self) -> list[str]:
        part = next(
            (item.target for item in self.source.relationships(self.source.workbook) if item.kind == "sharedStrings"),
            None,
        )
        if part is None:
            return []
        items = self.source.parse(part).iterfind(main("si"))
        return ["".join(text.text or "" for text in item.iter(main("t"))) for item in items]

    # names and numbers

    def _free_name(self, part: str) -> str:
        """A part's name that the target does not have, as like to the source's as can be."""
        folder, file = posixpath.split(part)
        stem, ending = posixpath.splitext(file)
        name, number = part, 0
        plain = re.sub(r"(?<!\d)\d++$", "", stem)
        while name.lower() in self._taken:
            number += 1
            name = posixpath.join(folder, f"{plain}{number}{ending}")
        self._taken |= {name.lower(), relationships_name(name).lower()}
        return name

    def _titled(self, name: str) -> str:
        """A sheet's name in the target: its own, unless that is taken."""
        taken = {title.casefold() for title in (*self.sheet_names, *self._sheet_names.values())}
        title, number = name, 1
        while title.casefold() in taken:
            ending = " (Kopilot)" if number == 1 else f" (Kopilot {number})"
            title, number = name[: _LONGEST_SHEET_NAME - len(ending)] + ending, number + 1
        self._sheet_names[name] = title
        return title

    def _new_name(self, name: str, formula: str) -> etree._Element:
        names = child_in_order(self._workbook, "definedNames", _WORKBOOK_ORDER)
        made = etree.SubElement(names, main("definedName"), name=name)
        made.text = formula
        return made

    def _renamed(self, formula: str) -> str:
        """A formula whose references to sheets lead to those sheets' names in the target."""
        names = {old: new for old, new in (self._stand_ins | self._sheet_names).items() if old != new}
        pieces = _KEPT.split(self._rewrite(formula))
        if names:
            quoted = "|".join(re.escape("'" + old.replace("'", "''") + "'") for old in names)
            plain = "|".join(map(re.escape, names))
            # In one pass: one sheet's new name may be another's old one.
            pattern = re.compile(rf"(?:({quoted})|(?<![\w.'\"])({plain}))!")

            def lead(match: re.Match[str]) -> str:
                old = match[2] or match[1][1:-1].replace("''", "'")
                return f"{quote_sheet(names[old])}!"

            pieces[::2] = [pattern.sub(lead, piece) for piece in pieces[::2]]
        return "".join(pieces)

    def _declare(self, part: str, content_type: str) -> None:
        etree.SubElement(self._types, _OVERRIDE, PartName=f"/{part}", ContentType=content_type)

    @staticmethod
    def _relate(links: etree._Element, target: str, kind: str) -> str:
        """Add a relationship to a part; return its id."""
        made = etree.SubElement(links, _RELATIONSHIP, Id=next_id(links), Type=f"{OFFICE}/{kind}", Target="/" + target)
        return str(made.get("Id"))


def _relationships(package: Package, part: str) -> etree._Element:
    """Return the tree of a part's relationships, an empty one where it has none."""
    name = relationships_name(part)
    if package.has(name):
        return package.parse(name)
    space = f"{_PACKAGE}/relationships"
    return etree.Element(f"{{{space}}}Relationships")


def _mentions(formula: str, sheet: str) -> bool:
    """Tell whether a formula refers to a sheet."""
    quoted = "'" + sheet.replace("'", "''") + "'!"
    return quoted in formula or re.search(rf"(?<![\w.'\"]){re.escape(sheet)}!", formula) is not None


def _target(source: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/" + posixpath.dirname(source), target)).lstrip("/")

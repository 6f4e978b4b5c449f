"""What a workbook package holds: its worksheets, tables and defined names, and the parts they are in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.book import find_named, folded, name_key
from kopilot_xl.workbook.file.ooxml import markup, worksheet
from kopilot_xl.workbook.file.ooxml.package import Package

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!(),]+))!(\$?[A-Za-z]{0,3}\$?[0-9]*(?::\$?[A-Za-z]{0,3}\$?[0-9]*)?)(?=,|$)"
)


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its name and the part it is in."""

    name: str
    part: str


@dataclass(frozen=True)
class TablePart:
    """A table that has a part of its own, and the area it states."""

    name: str
    sheet: Sheet
    part: str
    area: Area
    root: etree._Element


class Structure:
    """The worksheets, tables and defined names of a workbook package, as it was opened.

    Attributes:
        package: the package.
        sheets: the worksheets by `name_key`, in the order of their tabs; chart sheets hold no cells.
        date1904: whether the workbook counts days from 1904.

    Raises:
        BookError: it has no worksheet, or two of the same name or part.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self._workbook = package.parse(package.workbook)
        self.sheets = self._find_sheets()
        properties = self._workbook.find("{*}workbookPr")
        self.date1904 = properties is not None and properties.get("date1904") in ("1", "true", "on")

    @property
    def name(self) -> str:
        """The file's name, as messages call it."""
        return self.package.path.name

    def sheet(self, name: str) -> Sheet | None:
        """Return the worksheet that a name means, None where there is none."""
        return find_named(self.sheets, name)

    @cached_property
    def tables(self) -> dict[str, TablePart]:
        """The tables that have a part of their own, by `name_key`, in the order of the sheets.

        Raises:
            BookError: a table part is damaged, or two tables have the same name.
        """
        tables: dict[str, TablePart] = {}
        for sheet in self.sheets.values():
            for item in self.package.relationships(sheet.part):
                if item.kind == "table" and item.target:
                    table = self._table_part(sheet, item.target)
                    if name_key(table.name) in tables:
                        raise BookError(
                            t(
                                "{path} is damaged: it has the table {table} twice. Let Excel repair it (Open, "
                                "Open and Repair).",
                                path=self.package.path,
                                table=markup.shortened(table.name),
                            )
                        )
                    tables[name_key(table.name)] = table
        return tables

    def named_area(self, name: str) -> tuple[Sheet, Area]:
        """Return the sheet and the (first) area that a defined name refers to.

        Raises:
            MissingError: there is no such name, or it points nowhere.
        """
        texts = self._names.get(folded(name))
        if not texts:
            raise MissingError(
                t(
                    "{book} has no cell named {name}: select the cell and type {name} into the Name Box in Excel.",
                    book=self.name,
                    name=name,
                )
            )
        # A name for the whole workbook comes before one that a single sheet has for itself.
        text = min(texts, key=lambda item: item[0])[1].removeprefix("=")
        match = _REFERENCE.match(text)
        sheet = self.sheet((match[1] or "").replace("''", "'") or match[2]) if match else None
        try:
            area = Area.parse(match[3]) if match else None
        except ValueError:
            area = None
        if "#REF!" in text or sheet is None or area is None:
            raise MissingError(
                t(
                    "The name {name} in {book} points nowhere ({text}): restore it, or point it to its cell again "
                    "(Formulas, Name Manager).",
                    name=name,
                    book=self.name,
                    text=markup.shortened(text) or "it is empty",
                )
            )
        return sheet, area

    @cached_property
    def _names(self) -> dict[str, list[tuple[bool, str]]]:
        """The texts of the defined names, by `folded` name, each with whether a single sheet has it for itself."""
        names: dict[str, list[tuple[bool, str]]] = {}
        for element in self._workbook.iterfind("{*}definedNames/{*}definedName"):
            text = (element.get("localSheetId") is not None, (element.text or "").strip())
            names.setdefault(folded(element.get("name", "")), []).append(text)
        return names

    def _find_sheets(self) -> dict[str, Sheet]:
        path = self.package.path
        relationships = {item.id: item for item in self.package.relationships(self.package.workbook)}
        sheets: dict[str, Sheet] = {}
        parts: set[str] = set()
        for element in self._workbook.iterfind("{*}sheets/{*}sheet"):
            identifier = next((value for name, value in element.items() if str(name).endswith("}id")), "")
            item = relationships.get(str(identifier))
            name = element.get("name", "")
            if item and item.kind == "worksheet" and item.target and name:
                if name_key(name) in sheets or item.target.lower() in parts:
                    raise BookError(
                        t(
                            "{path} is damaged: it has the sheet {name} twice. Let Excel repair it (Open, Open "
                            "and Repair).",
                            path=path,
                            name=markup.shortened(name),
                        )
                    )
                parts.add(item.target.lower())
                sheets[name_key(name)] = Sheet(name, item.target)
        if not sheets:
            raise BookError(t("{path} has no worksheet that can be read. Open it in Excel and save it.", path=path))
        return sheets

    def _table_part(self, sheet: Sheet, part: str) -> TablePart:
        root = self.package.parse(part)
        area = self.package.explain(part, lambda: worksheet.area_of(root.get("ref", "")))
        return TablePart(root.get("displayName") or root.get("name") or "", sheet, part, area, root)


def unescaped(text: str) -> str:
    """Return a name from an attribute, where Excel writes a line break as `_x000a_`."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)

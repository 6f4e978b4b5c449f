"""Small steps on the element trees of a package's parts."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
R_ID = f"{{{OFFICE}}}id"

SHEET_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""The children of a worksheet in the order in which the schema wants them. Source: ECMA-376, part 1, 18.3.1.99."""


def main(name: str) -> str:
    """Return the full name of an element of spreadsheets."""
    return f"{{{MAIN}}}{name}"


def serialised(root: etree._Element) -> bytes:
    """Return a part's bytes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def canonical(element: etree._Element) -> str:
    """Return what two elements of the same meaning have in common, whatever their prefixes."""
    return str(etree.canonicalize(etree.tostring(element, encoding="unicode", with_tail=False), rewrite_prefixes=True))


def child_in_order(parent: etree._Element, name: str, order: Sequence[str]) -> etree._Element:
    """Return the child of that name, made where the schema's order of children wants it if it is not there."""
    found = parent.find(main(name))
    if found is not None:
        return found
    made = etree.Element(main(name))
    before = set(order[: order.index(name)])
    at = 0
    for index, child in enumerate(parent):
        if isinstance(child.tag, str) and etree.QName(child).localname in before:
            at = index + 1
    parent.insert(at, made)
    return made


def next_number(taken: Sequence[int], first: int = 1) -> int:
    """Return a number beyond all that are taken."""
    return max([first - 1, *taken]) + 1


def next_id(links: etree._Element) -> str:
    """Return an id that no relationship of a part has."""
    taken = {link.get("Id", "") for link in links}
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    return f"rId{number}"

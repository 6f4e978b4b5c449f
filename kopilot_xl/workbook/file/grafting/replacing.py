"""What goes with a sheet that is replaced, and what of it stays."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from kopilot_xl.workbook.file.grafting.xml import SHEET_ORDER, main
from kopilot_xl.workbook.file.ooxml.package import Package, relationships_name

_VIEW = ("tabSelected", "zoomScale", "zoomScaleNormal", "zoomScalePageLayoutView", "zoomScaleSheetLayoutView")


def dependents(package: Package, part: str) -> set[str]:
    """Return the parts that only a part leads to, by itself or through others: its drawings, charts and tables."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for link in package.relationships(waiting.pop()):
            if link.target and link.target not in found and link.target != part and package.has(link.target):
                found.add(link.target)
                waiting.append(link.target)
    rels = {relationships_name(name): name for name in package.part_names if package.has(relationships_name(name))}
    shared = True
    while shared:  # what another part leads to stays, with all that it leads to
        elsewhere = {
            link.target
            for name in ("", *rels.values())
            if name != part and name not in found
            for link in package.relationships(name)
        }
        shared = bool(found & elsewhere)
        found -= elsewhere
    return found


def keep_own_settings(root: etree._Element, before: etree._Element) -> None:
    """Give a new sheet the view, the tab's colour and name for macros, and the protection of the one it replaces."""
    old, new = before.find(f".//{main('sheetView')}"), root.find(f".//{main('sheetView')}")
    if old is not None and new is not None:
        for name in _VIEW:
            if (value := old.get(name)) is not None:
                new.set(name, value)
    properties = before.find(main("sheetPr"))
    if properties is not None:
        made = root.find(main("sheetPr"))
        if made is None:
            made = etree.Element(main("sheetPr"))
            root.insert(0, made)
        if code_name := properties.get("codeName"):
            made.set("codeName", code_name)
        colour = properties.find(main("tabColor"))
        if colour is not None:
            for known in made.findall(main("tabColor")):
                made.remove(known)
            made.insert(0, deepcopy(colour))
    protection = before.find(main("sheetProtection"))
    if protection is not None:
        before_it = set(SHEET_ORDER[: SHEET_ORDER.index("sheetProtection")])
        at = sum(isinstance(child.tag, str) and etree.QName(child).localname in before_it for child in root)
        root.insert(at, deepcopy(protection))

"""Our macros and ribbon in a workbook that somebody else made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lxml import etree

from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.file.grafting.xml import main, next_id, serialised
from kopilot_xl.workbook.file.ooxml.package import CONTENT_TYPES, Package, relationships_name

_MAIN_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_VBA_TYPE = "application/vnd.ms-office.vbaProject"
_VBA_LINK = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
_RIBBON_LINK = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"
_RIBBON = "customUI/customUI.xml"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"

PREFIX = "Kopilot"
"""What the names of all our modules begin with, but for the workbook's own."""

WORKBOOK_MODULE = "ThisWorkbook"

_RELEASED = frozenset({"eff8e8d529cd132e", "88a3037a7a060a78"})
"""The workbook's own module in each version so far, as `_mark` gives it: 0.1.0, and the one at hand."""


class Outcome(Enum):
    """What became of our macros in a workbook."""

    SAME = marked("they are there")
    ADDED = marked("they were added")
    REPLACED = marked("they are those of this version now")
    LEFT = marked("they were left as they are")


@dataclass(frozen=True)
class Macros:
    """What became of our macros; `reason` says why they were left, `kept` names the owner's own modules beside them."""

    outcome: Outcome
    reason: str = ""
    kept: tuple[str, ...] = ()


def add_macros(target: Package, source: Package) -> Macros:
    """Give a workbook the source's macros; those of its owner's own stay beside them.

    Where that is not safe (a project that is signed or locked, code of the owner's own in the workbook's module) the
    macros are left as they are.

    Raises:
        ValueError: the source has no macros.
    """
    ours = vba_part(source)
    theirs = vba_part(target)
    if ours is None:
        raise ValueError(t("{path} has no macros", path=source.path))
    if theirs is None:
        declare(target, "xl/vbaProject.bin", _VBA_TYPE)
        links = target.parse_current(relationships_name(target.workbook))
        _relate(links, _VBA_LINK, "/xl/vbaProject.bin")
        target.replace(relationships_name(target.workbook), serialised(links))
        target.add("xl/vbaProject.bin", _without_sheets(source, ours))
        _set_code_name(target)
        return Macros(Outcome.ADDED)
    if target.read(theirs) == source.read(ours):
        return Macros(Outcome.SAME)
    return _merge(target, theirs, source)


def _without_sheets(source: Package, part: str) -> bytes:
    """Return the source's project without the modules of its sheets: the target's are others."""
    from pyopenvba import ExcelFile

    from kopilot_xl.workbook.file.grafting.vba_project import without_cache

    with TemporaryDirectory() as folder:
        draft = Path(folder, "draft.xlsm")
        draft.write_bytes(source.data)
        with ExcelFile(draft) as file:
            project = file.vba_project()
            for name in [module.name for module in project.modules]:
                if not _is_ours(name):
                    project.delete_module(name)
            file.save(draft)
        return without_cache(Package(draft).read(part))


def _merge(target: Package, part: str, source: Package) -> Macros:
    """Replace our modules in a project, and keep the others."""
    from pyopenvba import ExcelFile
    from pyopenvba.exceptions import PyOpenVBAError

    from kopilot_xl.workbook.file.grafting.vba_project import without_cache

    try:
        with TemporaryDirectory() as folder:
            draft = Path(folder, "draft.xlsm")
            draft.write_bytes(target.data)
            with ExcelFile(source.path) as lending:
                wanted = {module.name: str(module.body) for module in lending.vba_project().modules}
            with ExcelFile(draft) as file:
                if file.vba_signature().present:
                    return Macros(Outcome.LEFT, t("the project is signed, and a change would void the signature"))
                project = file.vba_project()
                if project.protection.has_password:
                    return Macros(Outcome.LEFT, t("the project is locked with a password"))
                found = {module.name: str(module.body) for module in project.modules}
                own = tuple(sorted(name for name, body in found.items() if not _is_ours(name) and body.strip()))
                if _is_own_code(found.get(WORKBOOK_MODULE, "")):
                    return Macros(
                        Outcome.LEFT, t("{workbook_module} has code of your own", workbook_module=WORKBOOK_MODULE), own
                    )
                if all(found.get(name) == wanted[name] for name in wanted if _is_ours(name)):
                    return Macros(Outcome.SAME, kept=own)
                _replace_modules(project, found, wanted)
                file.save(draft)
            target.replace(part, without_cache(Package(draft).read(part)))
    except (PyOpenVBAError, OSError, ValueError, LookupError, RuntimeError) as error:
        return Macros(Outcome.LEFT, t("the project cannot be read ({error})", error=str(error)[:80]))
    return Macros(Outcome.REPLACED, kept=own)


def _replace_modules(project: Any, found: dict[str, str], wanted: dict[str, str]) -> None:
    for name in found:
        if name.startswith(PREFIX):
            project.delete_module(name)
    for name, body in wanted.items():
        if name.startswith(PREFIX):
            project.add_module(name, body)
    if WORKBOOK_MODULE in found:
        project.get_module(WORKBOOK_MODULE).body = wanted[WORKBOOK_MODULE]


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) or name == WORKBOOK_MODULE


def _is_own_code(body: str) -> bool:
    """Tell whether the workbook's module has code that no version of ours put there."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    return any(line != "Option Explicit" for line in lines) and _mark(body) not in _RELEASED


def _mark(body: str) -> str:
    """Return what tells one module from another, whatever their line ends and blanks at ends of lines."""
    text = "\n".join(line.rstrip() for line in body.strip().splitlines())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def add_ribbon(target: Package, source: Package) -> bool:
    """Give a workbook the source's ribbon; False if it has another ribbon of its owner's own."""
    content = source.read(_RIBBON)
    links = [link for link in target.relationships() if link.kind == "extensibility"]
    if any(link.target and link.target.lower() != _RIBBON.lower() for link in links):
        return False
    if links:
        if b"Kopilot" not in target.read(_RIBBON):
            return False
        target.replace(_RIBBON, content)
        return True
    root = target.parse_current("_rels/.rels")
    _relate(root, _RIBBON_LINK, _RIBBON)
    target.replace("_rels/.rels", serialised(root))
    target.add(_RIBBON, content)
    declare(target, _RIBBON, "application/xml")
    return True


def vba_part(package: Package) -> str | None:
    """Return the part that holds a workbook's macros, None where it has none."""
    return next((link.target for link in package.relationships(package.workbook) if link.kind == "vbaProject"), None)


def declare(package: Package, part: str, content_type: str) -> None:
    """State the content type of a part."""
    root = package.parse_current(CONTENT_TYPES)
    for override in root.iterchildren(f"{{{_TYPES}}}Override"):
        if override.get("PartName", "").lower() == f"/{part}".lower():
            override.set("ContentType", content_type)
            break
    else:
        etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)
    package.replace(CONTENT_TYPES, serialised(root))


def _set_code_name(target: Package) -> None:
    """Have the workbook itself be the module that our macros for it are in."""
    root = target.parse_current(target.workbook)
    properties = root.find(main("workbookPr"))
    if properties is None:
        properties = etree.Element(main("workbookPr"))
        before = [child for child in root if etree.QName(child).localname in ("fileVersion", "fileSharing")]
        root.insert(root.index(before[-1]) + 1 if before else 0, properties)
    properties.set("codeName", WORKBOOK_MODULE)
    target.replace(target.workbook, serialised(root))
    declare(target, target.workbook, _MAIN_TYPE)


def _relate(links: etree._Element, kind: str, target: str) -> None:
    etree.SubElement(links, f"{{{_LINKS}}}Relationship", Id=next_id(links), Type=kind, Target=target)

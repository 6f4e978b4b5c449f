"""Build the workbooks from their sources: `python -m kopilot_xl.workbook.build`."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import Workbook, load_workbook
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.worksheet import Worksheet
from pyopenvba import ExcelFile
from pyopenvba.vba import VBAModuleKind

from kopilot_xl.workbook.file.grafting.vba_project import DOCUMENT, code_name, with_documents, without_cache
from kopilot_xl.workbook.sheets import (
    actions,
    client_data,
    clients,
    facts,
    history,
    outlook,
    portfolio_grid,
    problems,
    registry,
    snapshot,
    sources,
    transactions,
)
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, layouts, styles, vba_letters, vba_names
from kopilot_xl.workbook.template import TEMPLATE as TEMPLATE

HERE = Path(__file__).parent
SOURCES = HERE / "vba"
RIBBON = HERE / "ribbon.xml"
RIBBON_PART = "customUI/customUI.xml"
VBA_PART = "xl/vbaProject.bin"
RIBBON_RELATIONSHIP = (
    b'<Relationship Id="KopilotRibbon" '
    b'Type="http://schemas.microsoft.com/office/2006/relationships/ui/extensibility" Target="customUI/customUI.xml"/>'
)
"""The schema of 2006, which openpyxl carries along; that of 2009 it drops."""

CALC_ID = 191029
"""Excel's calculation engine of the workbook; an older number would make it recalculate everything on opening."""
MADE_ON = datetime(2026, 1, 1)
"""What every build writes as its date, so that two builds are the same to the byte."""
XLWINGS_SHEET = "xlwings.conf"
WORKBOOK_MODULE = "ThisWorkbook"

SHEETS: dict[str, Callable[[Worksheet], None]] = {
    sheet.name: getattr(layouts, sheet.module).build for sheet in registry.SHEETS if not sheet.macro_free
}
"""The sheets in tab order; the settings for xlwings come last."""
MACRO_FREE_SHEETS: dict[str, Callable[[Worksheet], None]] = {
    sheet.name: getattr(layout, "build_macro_free", layout.build)
    for sheet in registry.SHEETS
    for layout in [getattr(layouts, sheet.module)]
}
"""The same of the macro-free edition, in which formulas do what the macros do in the other one."""

_IDS = (
    (clients.TABLE, clients.CLIENT_ID),
    (transactions.TABLE, transactions.CLIENT_ID),
    (actions.TABLE, actions.CLIENT_ID),
)


def build_template(path: Path) -> None:
    """Write the empty workbook of the edition that the file's ending means."""
    macro_free = path.suffix == MACRO_FREE_TEMPLATE.suffix
    sheets = MACRO_FREE_SHEETS if macro_free else SHEETS
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.xlsm"
        names = [code_name(number) for number in range(1, len(sheets) + 2)]  # xlwings has a sheet too
        _with_macros(raw, names[1:])
        book = load_workbook(raw, keep_vba=not macro_free)
        _draw(book, sheets)
        if not macro_free:
            _set_up_xlwings(book)
            for drawn, name in zip(book.worksheets, names, strict=True):
                drawn.sheet_properties.codeName = name
        ignored = _ignored_errors(book)
        book.save(raw)
        if book.vba_archive is not None:
            book.vba_archive.close()
        parts = _parts(raw)
    for sheet, marks in ignored.items():
        part = f"xl/worksheets/sheet{list(sheets).index(sheet) + 1}.xml"
        text = f"<ignoredErrors>{marks}</ignoredErrors>".encode()
        parts[part] = _insert_before(parts[part], rb"<(?:drawing|legacyDrawing|tableParts)\b", text)
    part = f"xl/worksheets/sheet{list(sheets).index(clients.TABLE.name) + 1}.xml"
    parts[part] = re.sub(rb'(<c r="[A-Z]+2"[^>]*)(><f>[^<]*</f>)<v ?/?>(?:</v>)?', rb'\1 t="str"\2<v></v>', parts[part])
    if not macro_free:
        parts[VBA_PART] = without_cache(with_documents(parts[VBA_PART], names[1:]))
        part = f"xl/worksheets/sheet{list(sheets).index(portfolio_grid.SHEET) + 1}.xml"
        cell = re.escape(portfolio_grid.HIDDEN[portfolio_grid.DATA_STATE].cell.encode())
        blank = rb'(<c r="' + cell + rb'"[^>]*)(><f>[^<]*</f>)<v ?/?>(?:</v>)?'
        parts[part] = re.sub(blank, rb'\1 t="str"\2<v></v>', parts[part])
        parts[RIBBON_PART] = RIBBON.read_bytes()
        parts["_rels/.rels"] = _insert_before(parts["_rels/.rels"], rb"</Relationships>", RIBBON_RELATIONSHIP)
    _pack(path, parts)


def modules() -> dict[str, str]:
    """Return the source of each VBA module: the files of `vba/`, and those that are made of what Python knows."""
    kept = {each.stem: each.read_text(encoding="ascii") for each in (*SOURCES.glob("*.bas"), *SOURCES.glob("*.cls"))}
    kept |= {each.MODULE: each.source() for each in (vba_letters, vba_names)}
    return {name: "\r\n".join(kept[name].splitlines()) + "\r\n" for name in sorted(kept)}


def _with_macros(path: Path, documents: Sequence[str]) -> None:
    """Write a workbook with one sheet, all macros, and the modules of further sheets."""
    with ExcelFile.create_new(path) as made:
        project = made.vba_project()
        project.delete_module("Module1")
        for name, source in modules().items():
            if name == WORKBOOK_MODULE:
                project.get_module(name).body = source
            else:
                project.add_module(name, source)
        for name in documents:
            source = "\r\n".join(DOCUMENT.format(name=name).splitlines()) + "\r\n"
            project.add_module(name, source, kind=VBAModuleKind.other)
        made.save(path)


def _draw(book: Workbook, sheets: Mapping[str, Callable[[Worksheet], None]]) -> None:
    """Lay out every sheet."""
    # The style of every cell nobody styled: openpyxl offers no way of its own to change it.
    book._fonts = IndexedList([styles.font()])  # type: ignore[attr-defined]
    book._named_styles["Normal"].font = styles.font()  # type: ignore[attr-defined]
    if book.loaded_theme:
        book.loaded_theme = re.sub(rb'typeface="Aptos[^"]*"', f'typeface="{styles.FONT}"'.encode(), book.loaded_theme)
    first, *others = sheets
    book.worksheets[0].title = first
    for title in others:
        book.create_sheet(title)
    for title, draw in sheets.items():
        draw(book[title])
    for hidden in (history.TABLE.name, client_data.CLIENTS, client_data.ROWS, client_data.LOG):
        book[hidden].sheet_state = "hidden"
    for hidden in (snapshot.SHEET, sources.SHEET):
        book[hidden].sheet_state = "veryHidden"
    if facts.SHEET in sheets:
        book[facts.SHEET].sheet_state = "hidden"
    book.active = 0
    (view,) = book.views
    view.xWindow, view.yWindow, view.windowWidth, view.windowHeight = 0, 0, 28800, 16000
    book.calculation.calcId = CALC_ID
    book.calculation.fullCalcOnLoad = None
    about = book.properties
    about.title, about.creator, about.lastModifiedBy = "Client portfolio", "Kopilot XL", "Kopilot XL"
    about.created = about.modified = MADE_ON


def _set_up_xlwings(book: Workbook) -> None:
    """Add the sheet with the settings for xlwings."""
    conf = book.create_sheet(XLWINGS_SHEET)
    conf["A1"], conf["B1"] = "ADD_WORKBOOK_TO_PYTHONPATH", False
    conf.sheet_state = "hidden"
    styles.widths(conf, (36, 12))


def _ignored_errors(book: Workbook) -> dict[str, str]:
    """What Excel is not to mark with a green corner, sheet by sheet: ids that are texts, calculated columns."""
    texts = [(each.name, styles.down(each, column)) for each, column in _IDS]
    texts.append((problems.TABLE.name, styles.down(problems.TABLE, problems.VALUE)))
    texts.append((outlook.SHEET, styles.down(outlook.DEPARTURES, outlook.CLIENT_ID, outlook.CORNER)))
    for name in (portfolio_grid.LIST_IDS, *portfolio_grid.DO_NEXT.values()):
        texts += [(sheet, cells.replace("$", "")) for sheet, cells in book.defined_names[name].destinations]
    marks = [(sheet, f'<ignoredError sqref="{cells}" numberStoredAsText="1"/>') for sheet, cells in texts]
    for table, column in (
        (clients.TABLE, clients.SEGMENT),
        (clients.TABLE, clients.IN_ACTIONS),
        (problems.TABLE, problems.GO_TO),
    ):
        marks.append((table.name, f'<ignoredError sqref="{styles.down(table, column)}" calculatedColumn="1"/>'))
    return {sheet: "".join(mark for where, mark in marks if where == sheet) for sheet, _ in marks}


def _insert_before(xml: bytes, pattern: bytes, text: bytes) -> bytes:
    """Insert a text before the first match.

    Raises:
        ValueError: nothing matches.
    """
    match = re.search(pattern, xml)
    if match is None:
        raise ValueError(f"no {pattern!r} to insert before")
    return xml[: match.start()] + text + xml[match.start() :]


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {each: package.read(each) for each in package.namelist()}


def _pack(path: Path, parts: Mapping[str, bytes]) -> None:
    """Write the parts as a package that depends on nothing but them: fixed order, dates and properties."""
    fixed = dict(parts)
    stamp = MADE_ON.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    core, app = "docProps/core.xml", "docProps/app.xml"
    fixed[core] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, fixed[core])
    fixed[app] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        b"<Application>Microsoft Excel</Application><AppVersion>16.0300</AppVersion></Properties>"
    )
    first = "[Content_Types].xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for each in (first, *sorted(set(fixed) - {first})):
            entry = zipfile.ZipInfo(each, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 0, 0
            package.writestr(entry, fixed[each])

"""Put pending writes into the parts of a workbook package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kopilot_xl import interrupts
from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.calculated import with_rules
from kopilot_xl.workbook.file.following import follow_elsewhere, followed_sheet, table_resize
from kopilot_xl.workbook.file.layout import Layouts
from kopilot_xl.workbook.file.ooxml import sheet_editor, worksheet
from kopilot_xl.workbook.file.ooxml.edits import Edit, Edits, Move
from kopilot_xl.workbook.file.ooxml.joined_rows import dressed, reaching
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.ooxml.shown_rows import with_rows_shown
from kopilot_xl.workbook.file.parts import Sheet, Structure
from kopilot_xl.workbook.file.reading import SheetReader
from kopilot_xl.workbook.file.resizing import prepare, resize, resized_part
from kopilot_xl.workbook.file.writing import PendingWrites
from kopilot_xl.workbook.references import TableResize


def apply(writes: PendingWrites, structure: Structure, reader: SheetReader, layouts: Layouts) -> None:
    """Have the package of a workbook saved with what is pending, and with nothing else changed.

    Raises:
        SaveError: a cell to be written is merged away or in the reach of an array formula.
        BookError: a part to be written is damaged.
        Stopped: a signal arrived.
    """
    package = structure.package
    package.revert()
    edits = {part: {row: dict(columns) for row, columns in of.edits.items()} for part, of in writes.sheets.items()}
    moves: dict[str, list[Move]] = {part: [] for part in edits}
    joined: dict[str, list[Area]] = {part: [] for part in edits}
    shown: dict[str, list[Area]] = {part: [] for part in edits}
    grown: dict[str, list[Area]] = {part: [] for part in edits}
    resizes: list[TableResize] = []
    for key, height in writes.heights.items():
        layout = layouts.of(key)
        if resized := table_resize(layout, height):
            resizes.append(resized)
        resize(layout, height, edits[layout.sheet.part], moves[layout.sheet.part])
        if height > layout.height:
            last = layout.header_row + layout.height
            added = Area(last + 1, layout.first_column, layout.header_row + height, layout.last_column)
            grown[layout.sheet.part].append(added)
        if layout.joined:
            bottom = layout.header_row + layout.height
            rows = Area(bottom - layout.joined + 1, layout.first_column, bottom, layout.last_column)
            joined[layout.sheet.part].append(rows)
            prepare(rows, edits[layout.sheet.part], reader.values(layout.sheet), layout.formulas)
        if layout.part:
            part = with_rules(package.read(layout.part), writes.rules.get(key, {}))
            package.replace(layout.part, resized_part(part, layout, height, show_all=key in writes.rewritten))
        if key in writes.rewritten:
            bottom = layout.header_row + max(height, layout.height) + layout.totals
            shown[layout.sheet.part].append(replace(layout.area, top=layout.header_row + 1, bottom=bottom))
    for key in writes.rules.keys() - writes.heights.keys():
        if part_name := layouts.of(key).part:
            package.replace(part_name, with_rules(package.read(part_name), writes.rules[key]))
    loses_formula = False
    for sheet in structure.sheets.values():
        followed = followed_sheet(sheet, reader, resizes) if resizes else None
        if sheet.part not in edits:
            if followed is not None:
                package.replace(sheet.part, followed, held=reader.xml(sheet))
            continue
        interrupts.checkpoint()
        before, content = reader.xml(sheet), writes.sheets[sheet.part].content
        after = _edited(structure, sheet, followed or before, content, edits[sheet.part], moves[sheet.part])
        for rows in joined[sheet.part]:
            after = dressed(after, rows)
        for rows in grown[sheet.part]:
            after = reaching(after, rows)
        for rows in shown[sheet.part]:
            after = with_rows_shown(after, rows)
        package.replace(sheet.part, after, held=before)
        may_lose = content is not None or moves[sheet.part] or _clears_formulas(edits[sheet.part])
        loses_formula = loses_formula or bool(may_lose and _loses_formula(reader.formulas(sheet), after))
    if resizes:
        follow_elsewhere(package, resizes)
    if loses_formula:
        _drop_calculation_chain(package)


def _edited(
    structure: Structure,
    sheet: Sheet,
    xml: bytes,
    content: Sequence[Sequence[Value]] | None,
    edits: Edits,
    moves: Sequence[Move],
) -> bytes:
    def work() -> bytes:
        if content is not None:
            return sheet_editor.fill(xml, content, date1904=structure.date1904)
        return sheet_editor.edit(xml, edits, moves=moves, date1904=structure.date1904)

    try:
        return structure.package.explain(sheet.part, work)
    except SaveError as error:
        raise SaveError(
            t("{structure}, sheet {sheet}: {error}", structure=structure.name, sheet=sheet.name, error=error)
        ) from error


def _clears_formulas(edits: Edits) -> bool:
    """Tell whether an edit takes away a formula, if there is one."""
    return any(
        type(change) is Edit and not change.keep_formula for columns in edits.values() for change in columns.values()
    )


def _loses_formula(formulas: Sequence[worksheet.Formula], after: bytes) -> bool:
    """Tell whether a cell that had one of these formulas has none after the edit."""
    if not formulas:
        return False
    kept = {(formula.row, formula.column) for formula in worksheet.formulas(after)}
    return any((formula.row, formula.column) not in kept for formula in formulas)


def _drop_calculation_chain(package: Package) -> None:
    """Leave out the calculation chain, which may name no cell without a formula; Excel makes a new one."""
    for item in package.relationships(package.workbook):
        if item.kind == "calcChain" and item.target and package.has(item.target):
            package.remove(item.target, source=package.workbook)

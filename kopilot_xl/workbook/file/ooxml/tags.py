"""Names of the elements of a worksheet."""

from __future__ import annotations

from kopilot_xl.workbook.file.ooxml import markup

_CELL = f"{{{markup.MAIN_NAMESPACE}}}c"
_ROW = f"{{{markup.MAIN_NAMESPACE}}}row"
_DATA = f"{{{markup.MAIN_NAMESPACE}}}sheetData"
_VALUE = f"{{{markup.MAIN_NAMESPACE}}}v"
_FORMULA = f"{{{markup.MAIN_NAMESPACE}}}f"
_INLINE = f"{{{markup.MAIN_NAMESPACE}}}is"
_HOLDERS = (_FORMULA, _VALUE, _INLINE)
_TEXT = f"{{{markup.MAIN_NAMESPACE}}}t"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

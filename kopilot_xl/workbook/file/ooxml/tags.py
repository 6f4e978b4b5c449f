"""Names of the elements of a worksheet."""

from __future__ import annotations

from kopilot_xl.workbook.file.ooxml import markup

CELL = f"{{{markup.MAIN_NAMESPACE}}}c"
ROW = f"{{{markup.MAIN_NAMESPACE}}}row"
DATA = f"{{{markup.MAIN_NAMESPACE}}}sheetData"
VALUE = f"{{{markup.MAIN_NAMESPACE}}}v"
FORMULA = f"{{{markup.MAIN_NAMESPACE}}}f"
INLINE = f"{{{markup.MAIN_NAMESPACE}}}is"
HOLDERS = (FORMULA, VALUE, INLINE)
TEXT = f"{{{markup.MAIN_NAMESPACE}}}t"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"

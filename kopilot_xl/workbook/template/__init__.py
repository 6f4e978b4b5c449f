"""The empty workbooks, built from their sources."""

from os import PathLike
from pathlib import Path

TEMPLATE = Path(__file__).with_name("template.xlsm")
"""The empty workbook that every new one with macros starts as."""
MACRO_FREE_TEMPLATE = Path(__file__).with_name("template.xlsx")
"""The empty workbook that every new one without macros starts as."""
TEMPLATES = {template.suffix: template for template in (TEMPLATE, MACRO_FREE_TEMPLATE)}
"""The two editions: the ending of a new workbook decides which it is."""


def template_for(path: str | PathLike[str]) -> Path:
    """Return the empty workbook of the edition that a file's ending means: without macros only where it is .xlsx."""
    return TEMPLATES.get(Path(path).suffix.lower(), TEMPLATE)

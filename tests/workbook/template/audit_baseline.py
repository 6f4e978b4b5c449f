"""What the validator says of any workbook that openpyxl writes, and why each of these findings is harmless."""

from __future__ import annotations

KNOWN = {
    ("/xl/styles.xml", "Unexpected element 'b' found"): "openpyxl writes a font's parts in an order of its own",
    ("/xl/styles.xml", "Unexpected element 'color' found"): "the same",
    ("/xl/worksheets/", "inline-string cell(s)"): "texts stand in their cells; Excel moves them when it saves",
}
"""The start of the part's name and a piece of the finding, with the reason."""


def is_known(part: str, finding: str) -> bool:
    """Tell whether a finding is one of the known ones."""
    return any(part.startswith(start) and piece in finding for start, piece in KNOWN)

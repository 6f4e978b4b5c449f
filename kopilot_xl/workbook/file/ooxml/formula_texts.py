"""Change the text of formulas in worksheet XML, and nothing else of the sheet."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.shared_formulas import expand_group, members_by_group, own_text
from kopilot_xl.workbook.file.ooxml.tags import FORMULA
from kopilot_xl.workbook.file.ooxml.worksheet import Layout, walk


def changed(xml: bytes, change: Callable[[int, int, str], str]) -> bytes:
    """Return a worksheet with formulas changed: `change` gets row, column and text, and returns the new text.

    Formulas that are shared are written out where one of them changes.

    Raises:
        BookError: the XML is damaged.
        SaveError: a shared formula cannot be written out.
    """
    xml = markup.as_utf8(xml)
    layout = Layout.of(xml)
    head, tail = (
        layout.root_tag + xml[layout.start : layout.inner],
        b"</" + layout.name + b"></" + layout.root_name + b">",
    )
    if layout.inner == layout.end:
        return xml
    try:
        root = etree.fromstring(head + xml[layout.inner : layout.inner_end] + tail, markup.new_parser())
    except etree.XMLSyntaxError as error:
        raise BookError(t("its XML is damaged ({error})", error=error)) from error
    for members in members_by_group(root).values():
        if any(change(row, column, text) != text for row, column, text in own_text(members)):
            expand_group(members)
    touched = False
    for row, column, cell in walk(root):
        formula = cell.find(FORMULA)
        if formula is None or not formula.text:
            continue
        new = change(row, column, formula.text)
        if new != formula.text:
            formula.text, touched = new, True
    if not touched:
        return xml
    written = etree.tostring(root[0], encoding="UTF-8", with_tail=False)
    return xml[: layout.inner] + written[written.index(b">") + 1 : written.rindex(b"</")] + xml[layout.inner_end :]

"""What the reader of other programs' workbooks is given: no file whose sizes and texts are not known."""

from __future__ import annotations

from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.archive import Archive
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.file.parts import Structure
from kopilot_xl.workbook.file.reader_input import readable_parts
from kopilot_xl.workbook.file.reading import MAX_SPARSE, SheetReader

_CONTENT = "content.xml"


def checked_excel(path: Path) -> bytes:
    """Return an Excel workbook (.xlsx, .xlsm) whose sheets may be read: no value far away, no text without end.

    It is the very same where nothing in it is unusual.

    Raises:
        BookError: it is not a usual workbook; the text says why.
    """
    package = Package(path)
    structure = Structure(package)
    reader = SheetReader(structure)
    sheets = [sheet for sheet in structure.sheets.values() if package.has(sheet.part)]
    for sheet in sheets:
        reader.check_extent(sheet)
    for part, content in readable_parts(structure, sheets, reader.xml).items():
        package.replace(part, content)
    return package.to_bytes()


def check_archive(path: Path, data: bytes) -> None:
    """Make sure that a workbook that is a zip archive unpacks to no more than a workbook does.

    Raises:
        BookError: it does not, or is damaged.
    """
    archive = Archive(data, str(path))
    content = archive.find(_CONTENT)
    if content is not None and archive.find("mimetype") is not None:
        _check_repeats(path, archive.read(content))


def _check_repeats(path: Path, xml: bytes) -> None:
    """Refuse an OpenDocument sheet of which a few values are said to be there a million times."""
    xml = markup.as_utf8(xml)
    markup.refuse_doctype(xml)
    cells = in_row = 0
    rows = 1
    for tag in markup.tags(xml):
        name = markup.local_name(tag["name"])
        if name == b"table-row":
            if not tag["close"]:
                rows, in_row = _repeats(tag[0], "table:number-rows-repeated"), 0
            else:
                cells += rows * in_row
        elif name in (b"table-cell", b"covered-table-cell") and not tag["close"] and b"value" in tag["attributes"]:
            in_row += _repeats(tag[0], "table:number-columns-repeated")
        if cells + in_row > MAX_SPARSE:
            raise BookError(
                t(
                    "{path} has a value that is repeated over more than {cells:,} cells: this is not a usual "
                    "workbook. Check where it comes from.",
                    path=path,
                    cells=MAX_SPARSE,
                )
            )


def _repeats(tag: bytes, name: str) -> int:
    return markup.number(markup.attribute(tag, name), 1)

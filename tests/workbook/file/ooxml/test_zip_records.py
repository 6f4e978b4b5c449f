"""An archive made of given entries."""

from __future__ import annotations

import zipfile
from io import BytesIO

from kopilot_xl.workbook.file.ooxml.archive import Archive
from kopilot_xl.workbook.file.ooxml.zip_records import ZipEntry, archive_of


def test_an_archive_of_entries_holds_them_as_they_are_packed() -> None:
    content = b"<a>" + b"x" * 5_000 + b"</a>"
    source = BytesIO()
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as entries:
        entries.writestr("xl/été.xml", content)
    packed = Archive(source.getvalue(), "a test").packed("xl/été.xml")
    assert len(packed.data) < len(content) == packed.size
    made = archive_of({"xl/été.xml": packed, "plain.xml": ZipEntry.stored(b"<b/>"), "empty.xml": ZipEntry.stored(b"")})
    with zipfile.ZipFile(BytesIO(made)) as entries:
        assert entries.testzip() is None
        assert {name: entries.read(name) for name in entries.namelist()} == {
            "xl/été.xml": content, "plain.xml": b"<b/>", "empty.xml": b"",
        }  # fmt: skip
    assert packed.data in made

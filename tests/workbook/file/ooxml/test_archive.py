"""Any zip archive: read with care, and rewritten entry by entry."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.file.ooxml import archive
from tests.workbook.file.ooxml.test_package import SHEET, Unseekable
from tests.workbook.workbooks import changed_entries, raw_entries


def test_overlapping_entries_are_refused(book: Path) -> None:
    data = bytearray(book.read_bytes())
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    with pytest.raises(BookError, match="is damaged"):
        archive.Archive(bytes(data), "book.xlsx")


def with_descriptors(source: Path) -> bytes:
    stream = Unseekable()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    return stream.getvalue()


def with_zip64_fields(source: Path) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            with new.open(info.filename, "w", force_zip64=True) as entry:
                entry.write(old.read(info))
    return stream.getvalue()


def with_zip64_directory(source: Path) -> bytes:
    """Write offsets, sizes and the directory's place as 64-bit fields, as archives over 4 GB have them."""
    data = source.read_bytes()
    end = data.rindex(b"PK\5\6")
    count, _, start = struct.unpack_from("<HLL", data, end + 10)
    directory, position = b"", start
    for _ in range(count):
        fields = list(struct.unpack_from("<4s6H3L5H2L", data, position))
        length = 46 + fields[10] + fields[11] + fields[12]
        tail = data[position + 46 : position + length]
        extra = struct.pack("<HHQQQ", 1, 24, fields[9], fields[8], fields[16])
        name, rest = tail[: fields[10]], tail[fields[10] :]
        fields[8] = fields[9] = fields[16] = 0xFFFFFFFF
        fields[11] += len(extra)
        directory += struct.pack("<4s6H3L5H2L", *fields) + name + extra + rest
        position += length
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start) + struct.pack(
        "<4sLQL", b"PK\6\7", 0, start + len(directory), 1
    )
    plain = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:start] + directory + end64 + plain


def with_comment(source: Path) -> bytes:
    with zipfile.ZipFile(source, "a") as file:
        file.comment = b"made by hand"
    return source.read_bytes()


def with_prefix(source: Path) -> bytes:
    return b"#!stub\n" + source.read_bytes()


KINDS = [with_descriptors, with_zip64_fields, with_zip64_directory, with_comment, with_prefix]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("removed", [False, True], ids=["kept", "removed"])
def test_every_kind_of_zip_is_rewritten(make: Callable[[Path], bytes], removed: bool, book: Path) -> None:
    book.write_bytes(make(book))
    before = {info.filename: zipfile.ZipFile(book).read(info) for info in zipfile.ZipFile(book).infolist()}
    old = archive.Archive(book.read_bytes(), "book")
    gone = ["docProps/app.xml"] if removed else []
    new = old.rewritten({"xl/styles.xml": b"<new/>" * 100}, gone)
    with zipfile.ZipFile(BytesIO(new)) as file:
        assert file.testzip() is None
        found = {info.filename: file.read(info) for info in file.infolist()}
        assert file.comment == zipfile.ZipFile(book).comment
        assert not file.getinfo("xl/styles.xml").flag_bits & 0b1110
    expected = {**before, "xl/styles.xml": b"<new/>" * 100}
    assert found == {name: content for name, content in expected.items() if name not in gone}
    again = archive.Archive(new, "book")
    assert again.rewritten({"xl/styles.xml": before["xl/styles.xml"]}).count(b"PK\3\4") >= len(found)


def test_descriptors_and_extra_fields_are_copied(book: Path) -> None:
    data = with_descriptors(book)
    new = archive.Archive(data, "book").rewritten({SHEET: b"<new/>"})
    assert changed_entries(data, new) == {SHEET}
    assert any(b"PK\7\10" in entry for entry in raw_entries(new).values())
    assert b"PK\7\10" not in raw_entries(new)[SHEET]

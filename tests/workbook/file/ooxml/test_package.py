"""An Office package: what is refused and how, and saving that leaves every other byte alone."""

from __future__ import annotations

import errno
import os
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.workbook.file import saving
from kopilot_xl.workbook.file.ooxml import archive
from kopilot_xl.workbook.file.ooxml.package import Package
from tests.invariants import assert_sound
from tests.systems import links
from tests.workbook.workbooks import by_hand, changed_entries, rich, sheet_xml, signed, with_parts

SHEET = "xl/worksheets/sheet1.xml"
COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")


def zip_of(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def doubled(path: Path) -> Path:
    by_hand(path, sheet_xml())
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(SHEET, "")
    return path


def truncated(path: Path) -> Path:
    data = rich(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def with_content_type(kind: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        by_hand(path, sheet_xml())
        old = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        return with_parts(path, {"[Content_Types].xml": lambda data: data.replace(old, kind.encode())})

    return make


def encrypted(path: Path) -> Path:
    data = bytearray(by_hand(path, sheet_xml()).read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    return path


def strict(path: Path) -> Path:
    by_hand(path, sheet_xml())
    old, new = b"http://schemas.openxmlformats.org/officeDocument/2006", b"http://purl.oclc.org/ooxml/officeDocument"
    return with_parts(path, {"_rels/.rels": lambda data: data.replace(old, new)})


def strict_workbook(path: Path) -> Path:
    by_hand(path, sheet_xml())
    old, new = b"http://schemas.openxmlformats.org/spreadsheetml/2006", b"http://purl.oclc.org/ooxml/spreadsheetml"
    return with_parts(path, {"xl/workbook.xml": lambda data: data.replace(old, new)})


def holding(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda path: path, "There is no file .*check its name and folder"),
    "folder": (lambda path: path.parent, "is a folder: name the workbook"),
    "empty": (holding(b""), "is empty: restore it from a backup"),
    "csv": (holding(b"Client;Date\nA1;2026-01-01\n"), "not an Excel workbook.*CSV.*Excel Workbook"),
    "xls": (holding(COMPOUND + b"\0" * 99 + "Workbook\0".encode("utf-16-le")), r"97-2003.*Save it.*\.xlsx"),
    "very old xls": (holding(COMPOUND + "Book\0".encode("utf-16-le")), r"97-2003 workbook \(\.xls\)"),
    "password": (holding(COMPOUND + "EncryptedPackage".encode("utf-16-le")), "remove the password"),
    "old other": (holding(COMPOUND + b"\0" * 600), "old Office file but no Excel workbook"),
    "xlsb": (with_content_type("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), r"\(\.xlsb\). Save it"),
    "docx": (
        with_content_type("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
        "is a Word document",
    ),
    "other package": (with_content_type("application/vnd.example+xml"), "is not an Excel workbook"),
    "ods": (
        lambda path: zip_of(path, {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
        "is an OpenDocument file. Save it",
    ),
    "zip": (lambda path: zip_of(path, {"readme.txt": "hello"}), "a zip file but no Excel workbook"),
    "no workbook part": (
        lambda path: with_parts(by_hand(path, sheet_xml()), {"xl/workbook.xml": lambda _: None}),
        "Office package without a workbook",
    ),
    "doubled": (doubled, f"two parts named {SHEET}: open it in Excel"),
    "doubled but for case": (
        lambda path: zip_of(path, {"a.xml": "", "A.XML": ""}),
        "two parts named A.XML",
    ),
    "dots": (lambda path: zip_of(path, {"xl/../../evil.xml": ""}), "leads outside the file"),
    "absolute": (lambda path: zip_of(path, {"/etc/passwd": ""}), "leads outside the file"),
    "drive": (lambda path: zip_of(path, {"C:/evil.xml": ""}), "leads outside the file"),
    "truncated": (truncated, "is damaged: get an undamaged copy"),
    "only a head": (holding(b"PK\3\4" + b"\0" * 50), "is damaged"),
    "encrypted entry": (encrypted, "is damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_workbook_is_refused_with_a_way_out(case: str, tmp_path: Path) -> None:
    make, message = REFUSED[case]
    path = make(tmp_path / "input.xlsx")
    with pytest.raises(BookError, match=message) as refusal:
        Package(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("make", [strict, strict_workbook])
def test_a_strict_workbook_is_read_and_not_saved(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "input.xlsx")
    before = path.read_bytes()
    package = Package(path)
    assert package.read(package.workbook)
    for work in (package.check_editable, package.save, lambda: package.save(tmp_path / "other.xlsx")):
        with pytest.raises(BookError, match=r"input\.xlsx is a Strict Open XML.*not Strict"):
            work()
    assert path.read_bytes() == before
    assert not (tmp_path / "other.xlsx").exists()


def test_a_bomb_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1000)
    with pytest.raises(BookError, match="would unpack to more than"):
        Package(book)


def test_an_unreadable_file_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BookError, match="cannot be read: Permission denied"):
        Package(book)


@pytest.mark.parametrize("damage", ["content", "deflate", "name"])
def test_a_damaged_part_is_named(damage: str, book: Path) -> None:
    data = bytearray(book.read_bytes())
    info = zipfile.ZipFile(book).getinfo(SHEET)
    body = info.header_offset + 30 + len(SHEET)
    if damage == "content":
        data[body + info.compress_size // 2] ^= 0xFF
    elif damage == "deflate":
        data[body : body + 20] = b"\xff" * 20
    else:
        data[body - 1] ^= 1
    book.write_bytes(data)
    with pytest.raises(BookError, match=rf"is damaged.*Its part {SHEET} cannot be read"):
        Package(book).read(SHEET)


def test_parts_are_found_without_case_and_missing_ones_are_named(book: Path) -> None:
    package = Package(book)
    assert package.read(SHEET.upper()) == package.read(SHEET)
    assert not package.has("xl/nothing.xml")
    with pytest.raises(BookError, match=r"part xl/nothing\.xml is missing"):
        package.read("xl/nothing.xml")
    with pytest.raises(BookError, match="has no part"):
        package.remove("xl/nothing.xml", source="xl/workbook.xml")


@pytest.mark.parametrize(
    "target",
    ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/worksheets/./sheet1.xml", "worksheets\\sheet1.xml"],
)
def test_relationship_targets(target: str, book: Path) -> None:
    old = b"/xl/worksheets/sheet1.xml"
    with_parts(book, {"xl/_rels/workbook.xml.rels": lambda data: data.replace(old, target.encode())})
    found = [item.target for item in Package(book).relationships("xl/workbook.xml") if item.kind == "worksheet"]
    assert found == [SHEET]


def test_relationships_with_escapes_and_outside(book: Path) -> None:
    rels = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="a" Type="x/y/table" Target="../my%20tables/t.xml#here"/>'
        b'<Relationship Id="b" Type="x/hyperlink" Target="https://example.org" TargetMode="External"/></Relationships>'
    )
    with_parts(book, {"xl/worksheets/_rels/sheet1.xml.rels": lambda _: rels})
    first, second = Package(book).relationships(SHEET)
    assert (first.kind, first.target) == ("table", "xl/my tables/t.xml")
    assert second.target is None


def test_a_doctype_is_refused(book: Path) -> None:
    with_parts(book, {"xl/styles.xml": lambda _: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})
    with pytest.raises(BookError, match=r"xl/styles\.xml, its XML has a DOCTYPE"):
        Package(book).parse("xl/styles.xml")


def test_saving_without_changes_gives_the_same_file(book: Path, tmp_path: Path) -> None:
    package = Package(book)
    package.replace(SHEET, b"<other/>")
    package.replace(SHEET, package.read(SHEET))
    stamp = book.stat().st_mtime_ns
    package.save()
    assert book.stat().st_mtime_ns == stamp
    package.save(tmp_path / "copy.xlsx")
    assert (tmp_path / "copy.xlsx").read_bytes() == book.read_bytes()


def test_only_the_replaced_entry_changes(tmp_path: Path) -> None:
    path = rich(tmp_path / "rich.xlsx")
    before = path.read_bytes()
    package = Package(path)
    package.replace(SHEET, package.read(SHEET) + b"<!-- end -->")
    package.save()
    after = path.read_bytes()
    assert changed_entries(before, after) == {SHEET}
    assert zipfile.ZipFile(path).testzip() is None
    assert zipfile.ZipFile(path).read(SHEET).endswith(b"<!-- end -->")
    old, new = (zipfile.ZipFile(BytesIO(data)).getinfo(SHEET) for data in (before, after))
    assert (old.date_time, old.external_attr, old.filename) == (new.date_time, new.external_attr, new.filename)
    assert_sound(path)


class Unseekable(BytesIO):
    """A stream that cannot go back, so that zipfile writes data descriptors behind the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, offset: int, whence: int = 0) -> int:
        raise OSError


def test_removing_a_part_takes_its_type_and_relationship_along(tmp_path: Path) -> None:
    path = rich(tmp_path / "rich.xlsx")
    package = Package(path)
    package.remove("xl/styles.xml", source="xl/workbook.xml")
    package.save()
    again = Package(path)
    assert not again.has("xl/styles.xml")
    assert b"styles" not in again.read("[Content_Types].xml") + again.read("xl/_rels/workbook.xml.rels")
    package.revert()
    package.save()
    assert Package(path).has("xl/styles.xml")


# saving


def changed_package(path: Path) -> Package:
    package = Package(path)
    package.replace(SHEET, package.read(SHEET) + b"<!-- new -->")
    return package


def leftovers(folder: Path) -> list[str]:
    return [item.name for item in folder.iterdir() if item.name.startswith(".kopilot-xl-")]


def test_a_file_changed_meanwhile_is_not_overwritten(book: Path) -> None:
    package = changed_package(book)
    theirs = book.read_bytes() + b"theirs"
    book.write_bytes(theirs)
    with pytest.raises(SaveError, match="changed meanwhile: refresh it again"):
        package.save()
    assert book.read_bytes() == theirs
    book.unlink()
    with pytest.raises(SaveError, match="changed meanwhile"):
        package.save(book)


def test_saving_twice_is_no_change_meanwhile(book: Path) -> None:
    package = changed_package(book)
    package.save()
    first = book.read_bytes()
    package.save()
    assert book.read_bytes() == first


@pytest.mark.parametrize(
    ("lock", "program"), [("~$book.xlsx", "Excel"), (".~lock.book.xlsx#", "LibreOffice")], ids=["Excel", "LibreOffice"]
)
def test_an_open_workbook_is_not_overwritten(lock: str, program: str, book: Path) -> None:
    before = book.read_bytes()
    package = changed_package(book)
    (book.parent / lock).write_text("")
    with pytest.raises(SaveError, match=f"is open in {program}: close it there, or delete"):
        package.save()
    with pytest.raises(SaveError, match=f"is open in {program}"):
        saving.check_writable(book)
    assert book.read_bytes() == before


@links
def test_a_lock_beside_the_file_behind_a_link_counts(book: Path, tmp_path: Path) -> None:
    link = tmp_path / "links" / "here.xlsx"
    link.parent.mkdir()
    link.symlink_to(book)
    (book.parent / "~$book.xlsx").write_text("")
    with pytest.raises(SaveError, match="is open in Excel"):
        saving.check_writable(link)


def test_what_cannot_be_written_is_said_early(book: Path, tmp_path: Path) -> None:
    saving.check_writable(book)
    saving.check_writable(tmp_path / "new.xlsx")
    with pytest.raises(SaveError, match="there is no folder"):
        saving.check_writable(tmp_path / "nowhere" / "book.xlsx")
    with pytest.raises(SaveError, match="is a folder: name a file in it"):
        saving.check_writable(tmp_path)
    book.chmod(0o444)
    with pytest.raises(SaveError, match="is read-only: allow writing"):
        saving.check_writable(book)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no read-only folders")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o555)
    try:
        with pytest.raises(SaveError, match=r"its folder .* is read-only"):
            saving.check_writable(folder / "book.xlsx")
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        ("replace", PermissionError(errno.EACCES, "Permission denied"), "was not saved: no permission"),
        ("fsync", OSError(errno.ENOSPC, "No space left on device"), "no room left on the disk"),
        ("fsync", OSError(errno.EIO, "Input/output error"), "was not saved: Input/output error"),
    ],
)
def test_a_failed_save_leaves_the_old_file(
    function: str, error: OSError, message: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = book.read_bytes()
    package = changed_package(book)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        with pytest.raises(SaveError, match=message) as refusal:
            package.save()
    assert "\n" not in str(refusal.value)
    assert book.read_bytes() == before
    assert leftovers(book.parent) == []
    package.save()
    assert book.read_bytes() != before


def test_an_interruption_leaves_the_old_file(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()
    package = changed_package(book)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        package.save()
    assert book.read_bytes() == before
    assert leftovers(book.parent) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = changed_package(book)
    before = book.read_bytes()
    plain = os.open

    def on_full_disk(path: str | Path, flags: int, mode: int = 0o777) -> int:
        return plain("/dev/full" if ".kopilot-xl-" in str(path) else path, flags & ~os.O_EXCL, mode)

    monkeypatch.setattr(os, "open", on_full_disk)
    with pytest.raises(SaveError, match="no room left on the disk"):
        package.save()
    assert book.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other modes")
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o640])
def test_the_mode_is_kept(mode: int, book: Path) -> None:
    book.chmod(mode)
    changed_package(book).save()
    assert book.stat().st_mode & 0o777 == mode


@links
def test_a_link_stays_a_link(book: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    before = book.read_bytes()
    package = changed_package(link)
    package.save()
    assert link.is_symlink()
    assert book.read_bytes() != before
    package.save(book)


def test_saving_elsewhere_leaves_the_original(book: Path, tmp_path: Path) -> None:
    before = book.read_bytes()
    other = tmp_path / "other.xlsx"
    other.write_bytes(b"old")
    changed_package(book).save(other)
    assert book.read_bytes() == before
    assert changed_entries(before, other.read_bytes()) == {SHEET}


def test_signatures_go_where_anything_changes_and_only_then(path: Path, tmp_path: Path) -> None:
    signed(path)
    package = Package(path)
    assert package.is_signed
    package.save(tmp_path / "same.xlsx")
    assert (tmp_path / "same.xlsx").read_bytes() == path.read_bytes()
    package.replace("docProps/core.xml", package.read("docProps/core.xml").replace(b"</", b" </", 1))
    package.save(tmp_path / "other.xlsx")
    after = Package(tmp_path / "other.xlsx")
    assert not after.is_signed
    assert not [name for name in after.part_names if "signature" in name or "cer" in name]
    for part in ("[Content_Types].xml", "_rels/.rels"):
        assert b"sig1" not in after.read(part)
        assert b"origin" not in after.read(part).replace(b"signature-origin", b"")
    assert [item.kind for item in after.relationships()] == [
        item.kind for item in package.relationships() if item.kind != "origin"
    ]
    assert_sound(tmp_path / "other.xlsx")

"""An Office package on disk: its parts, relationships and content types, and saving some parts anew."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.file import windows
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.archive import MAX_UNPACKED, Archive
from kopilot_xl.workbook.file.ooxml.zip_records import ZipEntry
from kopilot_xl.workbook.file.saving import check_writable, write_atomically

CONTENT_TYPES = "[Content_Types].xml"
"""The part that states the content type of every other."""
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_STRICT = b"purl.oclc.org/ooxml"
_SIGNATURE = "/digital-signature/origin"
_SAVE_AS = marked("Save it in Excel as Excel Workbook (.xlsx) and try again.")
_OTHER_OFFICE = {
    "wordprocessingml": marked("a Word document"),
    "presentationml": marked("a PowerPoint presentation"),
    "visio": marked("a Visio drawing"),
}
_ELEMENT = (
    rb"<(?:[\w.-]++:)?%s(?=[\s/>])(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+(?:(?<=/)>|>\s*+</(?:[\w.-]++:)?%s\s*+>)"
)
_RELATIONSHIP = re.compile(_ELEMENT % (b"Relationship", b"Relationship"))
_OVERRIDE = re.compile(_ELEMENT % (b"Override", b"Override"))

_T = TypeVar("_T")


@dataclass(frozen=True)
class Relationship:
    """A relationship from one part to another: `kind` is the last word of its type, as in `worksheet`.

    `target` is a part's name, or None where the relationship leads outside the package.
    """

    id: str
    kind: str
    target: str | None


class Package:
    """An Excel workbook as a package of parts. Reading sees it as it was opened.

    Raises:
        BookError: there is no such file, or it is not a workbook that can be worked on; the text says which
            and what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._stamp = _stamp(self.path)
        self.data = _read_file(self.path)
        _refuse_other_kinds(self.path, self.data)
        self._on_disk = self.data
        self._archive = Archive(self.data, str(self.path))
        self._replaced: dict[str, bytes] = {}
        self._added: dict[str, bytes] = {}
        self._removed: set[str] = set()
        self._types: tuple[dict[str, str], dict[str, str]] | None = None
        self.workbook = self._find_workbook()

    @property
    def part_names(self) -> list[str]:
        """The names of all parts, in the package's order."""
        return self._archive.names

    def has(self, part: str) -> bool:
        """Tell whether there is such a part; names are compared without case."""
        return self._archive.find(part) is not None

    def size(self, part: str) -> int:
        """Return how many bytes a part has, 0 where it is missing."""
        name = self._archive.find(part)
        return 0 if name is None else self._archive.size(name)

    def read(self, part: str) -> bytes:
        """Return a part's bytes, as they were when the package was opened.

        Raises:
            BookError: there is no such part, or it is damaged.
        """
        name = self._archive.find(part)
        if name is None:
            raise BookError(
                t(
                    "{path} is damaged: its part {part} is missing. Let Excel repair it (Open, Open and Repair).",
                    path=self.path,
                    part=part,
                )
            )
        return self._archive.read(name)

    def packed(self, part: str) -> ZipEntry:
        """Return a part as it is packed, once `read` has found it sound.

        Raises:
            KeyError: there is no such part.
        """
        return self._archive.packed(self._archive.find(part) or part)

    def parse(self, part: str) -> etree._Element:
        """Return the root element of an XML part.

        Raises:
            BookError: there is no such part, or it is damaged.
        """
        data = self.read(part)
        return self.explain(part, lambda: markup.parse(data))

    def explain(self, part: str, work: Callable[[], _T]) -> _T:
        """Do some work on a part; a BookError from it is raised anew with the file and the part named."""
        try:
            return work()
        except BookError as error:
            raise BookError(
                t(
                    "{path} cannot be read: in {part}, {error}. Open it in Excel, save it, and try again.",
                    path=self.path,
                    part=part,
                    error=error,
                )
            ) from error

    def relationships(self, part: str = "") -> list[Relationship]:
        """Return the relationships of a part, or of the package itself, in the order they are written.

        Raises:
            BookError: they cannot be read.
        """
        name = relationships_name(part)
        if not self.has(name):
            return []
        found = []
        for element in self.parse(name).iterchildren("{*}Relationship"):
            outside = element.get("TargetMode") == "External"
            target = None if outside else _resolve(part, element.get("Target", ""))
            kind = element.get("Type", "").rpartition("/")[2]
            found.append(Relationship(element.get("Id", ""), kind, target))
        return found

    def content_type(self, part: str) -> str | None:
        """Return the content type of a part, None where the package states none."""
        if self._types is None:
            root = self.parse(CONTENT_TYPES)
            self._types = (
                {
                    unquote(item.get("PartName", "")).lstrip("/").lower(): item.get("ContentType", "")
                    for item in root.iterchildren("{*}Override")
                },
                {
                    item.get("Extension", "").lower(): item.get("ContentType", "")
                    for item in root.iterchildren("{*}Default")
                },
            )
        overrides, defaults = self._types
        return overrides.get(unquote(part).lower()) or defaults.get(part.lower().rpartition(".")[2])

    def replace(self, part: str, content: bytes, *, held: bytes | None = None) -> None:
        """Have a part saved with other content; the content it was opened with counts as no change.

        Args:
            part: its name.
            content: what it is to hold.
            held: what `read` returns for it, if that is at hand.

        Raises:
            BookError: there is no such part, or it is damaged.
        """
        name = self._archive.find(part) or part
        if content == (self.read(name) if held is None else held):
            self._replaced.pop(name, None)
        else:
            self._replaced[name] = content

    def add(self, part: str, content: bytes) -> None:
        """Have a part saved that was not there; its content type and relationships are the caller's to state.

        Raises:
            ValueError: there is such a part.
        """
        if self.has(part) or part in self._added:
            raise ValueError(t("{path} has a part {part}", path=self.path, part=part))
        self._added[part] = content

    def parse_current(self, part: str) -> etree._Element:
        """Return the root element of an XML part as it would be saved, `replace` and `add` included.

        Raises:
            BookError: there is no such part, or it is damaged.
        """
        name = self._archive.find(part) or part
        data = self._added.get(part) or self._replaced.get(name)
        return self.parse(part) if data is None else markup.parse(data)

    def remove(self, part: str, *, source: str) -> None:
        """Have a part left out on saving, with its content type and the relationship from its source part.

        Raises:
            BookError: there is no such part, or a part to be changed with it is damaged.
        """
        name = self._archive.find(part)
        if name is None:
            raise BookError(t("{path} has no part {part}.", path=self.path, part=part))
        self._removed.add(name)

        def is_override(tag: bytes) -> bool:
            return unquote(markup.attribute(tag, "PartName") or "").lstrip("/").lower() == unquote(name).lower()

        def is_relationship(tag: bytes) -> bool:
            target = _resolve(source, markup.attribute(tag, "Target") or "")
            return target.lower() == unquote(name).lower()

        for other, pattern, leads_here in (
            (CONTENT_TYPES, _OVERRIDE, is_override),
            (relationships_name(source), _RELATIONSHIP, is_relationship),
        ):
            other_name = self._archive.find(other) or other
            content = self._replaced.get(other_name) or self.read(other_name)
            kept = pattern.sub(lambda match, is_it=leads_here: b"" if is_it(match[0]) else match[0], content)  # type: ignore[misc]
            self.replace(other_name, kept)

    def discard(self, part: str) -> None:
        """Have a part left out on saving; its content type and what leads to it are the caller's to remove."""
        name = self._archive.find(part)
        if name is not None:
            self._removed.add(name)
            self._replaced.pop(name, None)

    @property
    def is_signed(self) -> bool:
        """Whether it has a digital signature, which no change survives. That of a macro project is another matter."""
        return self._signature() is not None

    def _signature(self) -> str | None:
        """Return the part from which the digital signatures of the package hang, None where there are none."""
        name = relationships_name("")
        if not self.has(name):
            return None
        for element in self.parse(name).iterchildren("{*}Relationship"):
            if element.get("Type", "").endswith(_SIGNATURE):
                target = _resolve("", element.get("Target", ""))
                return self._archive.find(target)
        return None

    def _drop_signature(self) -> None:
        """Leave out the digital signatures, as Excel does where what they vouch for is another."""
        origin = self._signature()
        if origin is None:
            return
        signatures = [item.target for item in self.relationships(origin) if item.target and self.has(item.target)]
        for part in signatures:
            for item in self.relationships(part):
                if item.kind == "certificate" and item.target and self.has(item.target):
                    self.remove(item.target, source=part)
            self.remove(part, source=origin)
        self.remove(origin, source="")
        for part in (origin, *signatures):
            links = self._archive.find(relationships_name(part))
            if links is not None:
                self._replaced.pop(links, None)
                self._removed.add(links)

    def revert(self) -> None:
        """Forget every replaced, added and removed part."""
        self._replaced.clear()
        self._added.clear()
        self._removed.clear()

    def to_bytes(self) -> bytes:
        """Return the package as it would be saved. Without changes it is the file as it was opened."""
        return self._archive.rewritten(self._replaced, self._removed, self._added)

    def check_editable(self) -> None:
        """Make sure that the workbook may be saved: a Strict Open XML Spreadsheet can only be read.

        Raises:
            BookError: it is one.
        """
        if _STRICT in self.read("_rels/.rels") or _STRICT in self.read(self.workbook):
            raise BookError(
                t(
                    "{path} is a Strict Open XML Spreadsheet. Save it in Excel as Excel Workbook "
                    "(.xlsx), not Strict, and try again.",
                    path=self.path,
                )
            )

    def is_own(self, path: str | os.PathLike[str] | None) -> bool:
        """Tell whether a path is that of the file it was read from; None is."""
        return path is None or windows.real_path(path) == windows.real_path(self.path)

    def seems_current(self) -> bool:
        """Tell whether the file has the time and size it was read or saved with; `save` compares every byte."""
        return self._stamp == _stamp(self.path)

    def save(self, path: str | os.PathLike[str] | None = None, *, backup: bool = False) -> None:
        """Write the package to the file it was read from, or to another, all or nothing.

        A digital signature is left out where anything changes: it would be void.
        `backup` keeps what is replaced beside it, as `write_atomically` says. Another file is readable by nobody who
        may not read this one.

        Raises:
            SaveError: it cannot be written, or the file was changed since it was read; what was there
                before is untouched.
            BookError: it is a Strict Open XML Spreadsheet.
        """
        self.check_editable()
        target = self.path if path is None else Path(path)
        check_writable(target, backup=backup)
        own = self.is_own(target)
        if self._replaced or self._added or self._removed:
            self._drop_signature()
        data = self.to_bytes()
        at_most = 0o777 if own or os.name == "nt" else stat.S_IMODE(self.path.stat().st_mode) | 0o600
        write_atomically(target, data, instead_of=self._on_disk if own else None, backup=backup, at_most=at_most)
        if own:
            self._on_disk, self._stamp = data, _stamp(self.path)

    def _find_workbook(self) -> str:
        """Return the name of the workbook part, once the package is known to be a workbook that can be edited."""
        names = {name.lower() for name in self.part_names}
        if "mimetype" in names and b"opendocument" in self._archive.read(self._archive.find("mimetype") or ""):
            raise BookError(t("{path} is an OpenDocument file. {save_as}", path=self.path, save_as=t(_SAVE_AS)))
        if CONTENT_TYPES.lower() not in names or "_rels/.rels" not in names:
            raise BookError(
                t("{path} is a zip file but no Excel workbook. Name the .xlsx or .xlsm file.", path=self.path)
            )
        part = next((item.target for item in self.relationships() if item.kind == "officeDocument"), None)
        kind = (self.content_type(part) or "") if part else ""
        if part is None or not self.has(part):
            raise BookError(
                t("{path} is an Office package without a workbook. Name the .xlsx or .xlsm file.", path=self.path)
            )
        for word, what in _OTHER_OFFICE.items():
            if word in kind:
                raise BookError(
                    t(
                        "{path} is {what}, not an Excel workbook. Name the .xlsx or .xlsm file.",
                        path=self.path,
                        what=t(what),
                    )
                )
        if "binary" in kind or part.lower().endswith(".bin"):
            raise BookError(
                t("{path} is a binary Excel workbook (.xlsb). {save_as}", path=self.path, save_as=t(_SAVE_AS))
            )
        if "spreadsheetml" not in kind and "ms-excel" not in kind:
            raise BookError(t("{path} is not an Excel workbook. Name the .xlsx or .xlsm file.", path=self.path))
        return part


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what differs between versions of a file, without reading it; None if it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


_NO_NAME = 123  # Windows's ERROR_INVALID_NAME: no file can be called so, as one with * in its name


def _read_file(path: Path) -> bytes:
    windows.check_no_device(path)
    given, path = path, windows.real_path(path)
    try:
        if path.is_dir():
            raise BookError(t("{path} is a folder: name the workbook in it.", path=given))
        if path.stat().st_size > MAX_UNPACKED:
            raise BookError(
                t(
                    "{path} is larger than {max_unpacked} GB: this is not a usual workbook.",
                    path=given,
                    max_unpacked=MAX_UNPACKED // 1024**3,
                )
            )
        return windows.read_bytes(path)
    except FileNotFoundError as error:
        raise BookError(t("There is no file {path}: check its name and folder.", path=given)) from error
    except (OSError, ValueError) as error:
        if getattr(error, "winerror", None) == _NO_NAME:
            raise BookError(t("There is no file {path}: check its name and folder.", path=given)) from error
        if isinstance(error, OSError) and windows.is_held(error):
            raise BookError(
                t("{path} cannot be read: another program holds it. Close it there, and try again.", path=given)
            ) from error
        reason = getattr(error, "strerror", None) or error
        raise BookError(
            t("{path} cannot be read: {reason}. Check that you may open it.", path=given, reason=reason)
        ) from error


def _refuse_other_kinds(path: Path, data: bytes) -> None:
    """Refuse what is not a zip archive, saying what it is instead."""
    if not data:
        raise BookError(t("{path} is empty: restore it from a backup.", path=path))
    if data.startswith(_COMPOUND_FILE):
        # The stream names are in the compound file's directory, in UTF-16.
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise BookError(
                t(
                    "{path} is protected by a password: open it in Excel, remove the password (File, "
                    "Info, Protect Workbook), save it, and try again.",
                    path=path,
                )
            )
        if any(f"{name}\0".encode("utf-16-le") in data for name in ("Workbook", "Book")):
            raise BookError(t("{path} is an Excel 97-2003 workbook (.xls). {save_as}", path=path, save_as=t(_SAVE_AS)))
        raise BookError(
            t("{path} is an old Office file but no Excel workbook. Name the .xlsx or .xlsm file.", path=path)
        )
    if not data.startswith((b"PK\3\4", b"PK\5\6")) and b"PK\5\6" not in data[-65_600:]:
        raise BookError(
            t(
                "{path} is not an Excel workbook, whatever its name says (it may be a text or CSV file). "
                "Open it in Excel. {save_as}",
                path=path,
                save_as=t(_SAVE_AS),
            )
        )


def relationships_name(part: str) -> str:
    """Return the name of the part that holds another part's relationships, or the package's own."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolve(source: str, target: str) -> str:
    """Return the part a relationship's target names, seen from its source part."""
    plain = unquote(target.partition("#")[0]).replace("\\", "/")
    return posixpath.normpath(posixpath.join("/" + posixpath.dirname(source), plain)).lstrip("/")

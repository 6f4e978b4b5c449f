"""The files that may hold e-invoices: single ones, folders of them, ZIP archives."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t

ENDINGS = (".xml", ".pdf", ".p7m")
"""What is opened in a folder or an archive; any other file there is only named."""

MAX_FILE = 250_000_000
MAX_UNPACKED = 2_000_000_000
MAX_MEMBERS = 100_000


@dataclass(frozen=True)
class Source:
    """A file that may hold an e-invoice, read when its data is asked for.

    Attributes:
        name: what it is called to the user.
        path: where it is, or its archive.
        member: its name inside the archive, if it is in one.
        checksum: its checksum in the archive.
        opened: whether its ending is one of an e-invoice, or the user named the file itself.
    """

    name: str
    path: Path
    member: str = ""
    checksum: int = 0
    opened: bool = True

    @property
    def key(self) -> tuple[str, int, int]:
        """What the file is known by again: its name, size and last change, or its checksum in an archive."""
        if self.member:
            return self.name, 0, self.checksum
        found = self.path.stat()
        return self.name, found.st_size, found.st_mtime_ns

    def data(self) -> bytes:
        """Return its bytes.

        Raises:
            OSError: it cannot be read.
            ValueError: it is larger than any invoice.
        """
        if not self.member:
            if self.path.stat().st_size > MAX_FILE:
                raise ValueError(t("it has more than {size} MB", size=MAX_FILE // 1_000_000))
            return self.path.read_bytes()
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise ValueError(t("it has more than {size} MB", size=MAX_FILE // 1_000_000))
        return data


def sources(paths: Iterable[str | Path]) -> list[Source]:
    """Return every file, hidden ones aside, each once, in the order of their names.

    Raises:
        BookError: there is no such file or folder, or an archive is damaged or unpacks to too much.
    """
    found: dict[tuple[Path, str], Source] = {}
    for given in paths:
        for source in _of(Path(given).expanduser()):
            found.setdefault((source.path.resolve(), source.member), source)
    return list(found.values())


def _of(path: Path) -> Iterator[Source]:
    if path.is_dir():
        os.listdir(path)  # one that may not be looked through would seem to hold nothing
        for file in sorted(path.rglob("*")):
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
                if file.suffix.lower() == ".zip":
                    yield from _members(file, str(file.relative_to(path)))
                else:
                    yield Source(str(file.relative_to(path)), file, opened=file.suffix.lower() in ENDINGS)
    elif path.is_file():
        if path.suffix.lower() == ".zip" or _is_archive(path):
            yield from _members(path, path.name)
        else:
            yield Source(path.name, path)
    else:
        raise BookError(t("There is no file or folder {path}. Check its name and folder.", path=path))


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _members(path: Path, name: str) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, io.UnsupportedOperation) as error:
        raise BookError(
            t("{path} is a damaged ZIP archive ({error}): get an undamaged copy.", path=path, error=str(error)[:120])
        ) from None
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise BookError(
            t(
                "{path} unpacks to more than {max_unpacked} GB or {max_members:,} files: unpack what "
                "you need and name the folder.",
                path=path,
                max_unpacked=MAX_UNPACKED // 1_000_000_000,
                max_members=MAX_MEMBERS,
            )
        )
    for member in sorted(members, key=lambda member: member.filename):
        if not any(part.startswith((".", "__MACOSX")) for part in member.filename.split("/")):
            opened = member.filename.lower().endswith(ENDINGS)
            yield Source(f"{name}/{member.filename}", path, member.filename, member.CRC, opened)


def names(found: Sequence[Source]) -> list[str]:
    """Return their names."""
    return [source.name for source in found]

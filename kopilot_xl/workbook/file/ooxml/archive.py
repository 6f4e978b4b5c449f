"""A zip archive held in memory: read entries, and rewrite a few while every other entry keeps its bytes."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import unquote

from kopilot_xl.errors import BookError
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.file.ooxml.markup import shortened
from kopilot_xl.workbook.file.ooxml.zip_records import (
    CENTRAL,
    ENCRYPTED,
    END,
    END64_LOCATOR,
    FULL,
    LOCAL,
    ZipEntry,
    append_entry,
    header_of_replaced,
    name_length,
    pack,
    record_moved,
    record_of_replaced,
)

MAX_UNPACKED = 2 * 1024**3
"""How many bytes all entries together may declare to unpack to; more is not a workbook but an attack."""

MAX_ENTRIES = 20_000
"""How many entries there may be; a workbook has a few dozen."""

MAX_RATIO = 400
"""How many times larger than it is packed an entry may be, once it is larger than `FREE_OF_RATIO`; the rows of a
sheet that are all the same come to about 100, a zip bomb to 1,000."""

FREE_OF_RATIO = 100 * 1024**2
"""Entries that unpack to no more bytes than this may be packed as tightly as they like."""

_DAMAGED = marked("is damaged: get an undamaged copy, or let Excel repair it (Open, Open and Repair)")
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    struct.error,
    OSError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry: its bytes from local header to the next one, and its record in the central directory."""

    info: zipfile.ZipInfo
    start: int
    end: int
    body: int
    record: bytes


class Archive:
    """A zip archive in memory. Entry names are as `normal_name` gives them.

    Raises:
        BookError: it is not a zip archive, damaged, encrypted, unpacks to too much, or has entry names that
            are doubled or lead outside. `title` is what the message calls the file.
    """

    def __init__(self, data: bytes, title: str) -> None:
        self.data = data
        self._title = title
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            infos = self._zip.infolist()
            entries = self._entries(infos)
        except _UNREADABLE as error:
            raise BookError(f"{title} {t(_DAMAGED)}.") from error
        self._check_names(infos)
        self._check_sizes(infos)
        self._entry_of = {normal_name(entry.info): entry for entry in entries}
        # A part's name may be percent-encoded in the archive, or not; its own spelling comes first.
        self._key_of = {unquote(name).lower(): name for name in self._entry_of}
        self._key_of |= {name.lower(): name for name in self._entry_of}

    def _check_sizes(self, infos: Collection[zipfile.ZipInfo]) -> None:
        strange = ""
        if len(infos) > MAX_ENTRIES:
            strange = t("has more than {max_entries:,} parts", max_entries=MAX_ENTRIES)
        elif sum(info.file_size for info in infos) > MAX_UNPACKED:
            strange = t("would unpack to more than {max_unpacked} GB", max_unpacked=MAX_UNPACKED // 1024**3)
        for info in infos:
            if info.file_size > max(FREE_OF_RATIO, MAX_RATIO * info.compress_size):
                strange = t(
                    "would unpack to more than {max_ratio} times its size ({info})",
                    max_ratio=MAX_RATIO,
                    info=shortened(normal_name(info)),
                )
        if strange:
            raise BookError(
                t(
                    "{title} {strange}: this is not a usual workbook. Check where it comes from.",
                    title=self._title,
                    strange=strange,
                )
            )

    def _check_names(self, infos: Collection[zipfile.ZipInfo]) -> None:
        seen: set[str] = set()
        for info in infos:
            name = normal_name(info)
            if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
                raise BookError(
                    t(
                        "{title} has a part that leads outside the file ({name}): do not open it, and check "
                        "where it comes from.",
                        title=self._title,
                        name=shortened(name),
                    )
                )
            if name.lower() in seen:
                raise BookError(
                    t(
                        "{title} has two parts named {name}: open it in Excel, save it, and try again.",
                        title=self._title,
                        name=shortened(name),
                    )
                )
            seen.add(name.lower())

    def _entries(self, infos: list[zipfile.ZipInfo]) -> list[_Entry]:
        """Return the entries in the central directory's order, once they are known not to overlap."""
        position = self._zip.start_dir
        starts = sorted(info.header_offset for info in infos)
        end_of = dict(zip(starts, [*starts[1:], position], strict=True))
        if len(end_of) < len(infos):
            raise zipfile.BadZipFile(t("two entries share their data"))
        entries = []
        for info in infos:
            if info.flag_bits & ENCRYPTED:
                raise zipfile.BadZipFile(t("encrypted entry"))
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile(t("a kind of packing that Office files do not have"))
            fields = CENTRAL.unpack_from(self.data, position)
            length = CENTRAL.size + fields[10] + fields[11] + fields[12]
            local = LOCAL.unpack_from(self.data, info.header_offset)
            body = info.header_offset + LOCAL.size + local[9] + local[10]
            end = end_of[info.header_offset]
            if fields[0] != b"PK\1\2" or local[0] != b"PK\3\4" or body + info.compress_size > end:
                raise zipfile.BadZipFile(t("entries overlap"))
            entries.append(_Entry(info, info.header_offset, end, body, self.data[position : position + length]))
            position += length
        self._tail_start = position
        # What cannot be moved is found now, not after the work is done.
        for entry in entries:
            record_moved(entry.record, 0)
        self._tail(self._zip.start_dir, position, len(entries))
        return entries

    @property
    def names(self) -> list[str]:
        """The names of all entries, in the archive's order."""
        return list(self._entry_of)

    def find(self, name: str) -> str | None:
        """Return an entry's own spelling of a name, compared without case; None where there is none."""
        return self._key_of.get(name.lower())

    def size(self, name: str) -> int:
        """Return how many bytes an entry declares to unpack to."""
        return self._entry_of[name].info.file_size

    def read(self, name: str) -> bytes:
        """Return the unpacked bytes of an entry; no more are ever unpacked than it declares.

        Raises:
            BookError: they are damaged, or not as many as declared.
            KeyError: there is no such entry.
        """
        entry = self._entry_of[name]
        try:
            return self._unpacked(entry)
        except _UNREADABLE as error:
            raise BookError(
                t(
                    "{title} {damaged}. Its part {name} cannot be read.",
                    title=self._title,
                    damaged=t(_DAMAGED),
                    name=shortened(name),
                )
            ) from error

    def packed(self, name: str) -> ZipEntry:
        """Return an entry as it is packed; only `read` finds out whether it is what it says.

        Raises:
            KeyError: there is no such entry.
        """
        entry = self._entry_of[name]
        info = entry.info
        data = self.data[entry.body : entry.body + info.compress_size]
        return ZipEntry(info.compress_type, info.CRC, info.file_size, data)

    def _unpacked(self, entry: _Entry) -> bytes:
        info = entry.info
        named = entry.start + LOCAL.size
        if not self.data[named : entry.body].startswith(entry.record[CENTRAL.size :][: name_length(entry.record)]):
            raise zipfile.BadZipFile(t("its name differs"))
        content = self.data[entry.body : entry.body + info.compress_size]
        if info.compress_type == zipfile.ZIP_DEFLATED:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            # One byte more than declared is asked for: if it comes, the declared size was a lie.
            content = unpacker.decompress(content, info.file_size + 1)
            if not unpacker.eof and len(content) <= info.file_size:
                raise EOFError(t("it ends too early"))
        if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
            raise zipfile.BadZipFile(t("size or checksum differs"))
        return content

    def rewritten(
        self,
        replaced: Mapping[str, bytes],
        removed: Collection[str] = (),
        added: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """Return the archive with some entries' contents replaced, others left out, and new ones at its end.

        Every other entry keeps its bytes: local header, extra fields, packed data and data descriptor.
        """
        if not replaced and not removed and not added:
            return self.data
        entries = {name: entry for name, entry in self._entry_of.items() if name not in removed}
        first = min((entry.start for entry in self._entry_of.values()), default=0)
        output = bytearray(self.data[:first])
        offset_of: dict[str, int] = {}
        packed_size_of: dict[str, int] = {}
        for name, entry in sorted(entries.items(), key=lambda item: item[1].start):
            offset_of[name] = len(output)
            if name in replaced:
                packed = pack(replaced[name])
                local = header_of_replaced(self.data[entry.start : entry.body], replaced[name], len(packed))
                packed_size_of[name] = len(packed)
                output += local
                output += packed
            else:
                output += memoryview(self.data)[entry.start : entry.end]
        new_records = [append_entry(output, name, content) for name, content in (added or {}).items()]
        directory_start = len(output)
        for name, entry in entries.items():
            shift = offset_of[name] - entry.start
            if name in replaced:
                output += record_of_replaced(entry.record, shift, replaced[name], packed_size_of[name])
            else:
                output += record_moved(entry.record, shift)
        output += b"".join(new_records)
        output += self._tail(directory_start, len(output), len(entries) + len(new_records))
        return bytes(output)

    def _tail(self, directory_start: int, directory_end: int, count: int) -> bytes:
        """Return what follows the central directory: the end records and the archive's comment."""
        tail = bytearray(self.data[self._tail_start :])
        size = directory_end - directory_start
        shift = directory_start - self._zip.start_dir
        position = 0
        if tail.startswith(b"PK\6\6"):
            (length,) = struct.unpack_from("<Q", tail, 4)
            (old_start,) = struct.unpack_from("<Q", tail, 48)
            struct.pack_into("<4Q", tail, 24, count, count, size, old_start + shift)
            position = 12 + length
            signature, disk, old_end, disks = END64_LOCATOR.unpack_from(tail, position)
            moved = old_end + directory_end - self._tail_start
            END64_LOCATOR.pack_into(tail, position, signature, disk, moved, disks)
            position += END64_LOCATOR.size
        signature, disk, start_disk, here, total, old_size, old_start, comment = END.unpack_from(tail, position)
        if signature != b"PK\5\6":
            raise zipfile.BadZipFile(t("something stands between its directory and its end"))
        END.pack_into(
            tail,
            position,
            signature,
            disk,
            start_disk,
            here if here == 0xFFFF else count,
            total if total == 0xFFFF else count,
            old_size if old_size == FULL else size,
            old_start if old_start == FULL else old_start + shift,
            comment,
        )
        return bytes(tail)


def normal_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name with forward slashes, which some writers get wrong."""
    return info.orig_filename.replace("\\", "/")

"""A zip archive held in memory: read entries, and rewrite a few while every other entry keeps its bytes."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO

from kopilot_xl.errors import BookError
from kopilot_xl.workbook.file.ooxml.markup import shortened

MAX_UNPACKED = 2 * 1024**3
"""How many bytes all entries together may declare to unpack to; more is not a workbook but an attack."""

MAX_ENTRIES = 20_000
"""How many entries there may be; a workbook has a few dozen."""

MAX_RATIO = 400
"""How many times larger than it is packed an entry may be, once it is larger than `FREE_OF_RATIO`; the rows of a
sheet that are all the same come to about 100, a zip bomb to 1,000."""

FREE_OF_RATIO = 100 * 1024**2
"""Entries that unpack to no more bytes than this may be packed as tightly as they like."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_LEVEL_BITS_AND_DESCRIPTOR = 0b1110
_ENCRYPTED = 0b1
_NAME_IS_UTF8 = 0x800
_VERSION = 20
_FIRST_DAY = 0x21  # 1 January 1980, from which archives count
_ZIP64 = 1
_FULL = 0xFFFFFFFF
_DAMAGED = "is damaged: get an undamaged copy, or let Excel repair it (Open, Open and Repair)"
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


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """Content as an entry of an archive holds it: how it is packed, its checksum, and its size once unpacked."""

    method: int
    checksum: int
    size: int
    data: bytes

    @classmethod
    def stored(cls, content: bytes) -> ZipEntry:
        """Return content that is not packed at all."""
        return cls(zipfile.ZIP_STORED, zlib.crc32(content), len(content), content)


def archive_of(entries: Mapping[str, ZipEntry]) -> bytes:
    """Return an archive with these entries and nothing else: every size and position in it is right."""
    pieces: list[bytes] = []
    directory: list[bytes] = []
    position = 0
    for text, entry in entries.items():
        name = text.encode()
        common = (_NAME_IS_UTF8, entry.method, 0, _FIRST_DAY, entry.checksum, len(entry.data), entry.size, len(name), 0)
        header = _LOCAL.pack(b"PK\3\4", _VERSION, *common) + name
        directory.append(_CENTRAL.pack(b"PK\1\2", _VERSION, _VERSION, *common, 0, 0, 0, 0, position) + name)
        pieces += (header, entry.data)
        position += len(header) + len(entry.data)
    size = sum(map(len, directory))
    end = _END.pack(b"PK\5\6", 0, 0, len(directory), len(directory), size, position, 0)
    return b"".join([*pieces, *directory, end])


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
            raise BookError(f"{title} {_DAMAGED}.") from error
        self._check_names(infos)
        self._check_sizes(infos)
        self._entry_of = {normal_name(entry.info): entry for entry in entries}
        self._key_of = {name.lower(): name for name in self._entry_of}

    def _check_sizes(self, infos: Collection[zipfile.ZipInfo]) -> None:
        strange = ""
        if len(infos) > MAX_ENTRIES:
            strange = f"has more than {MAX_ENTRIES:,} parts"
        elif sum(info.file_size for info in infos) > MAX_UNPACKED:
            strange = f"would unpack to more than {MAX_UNPACKED // 1024**3} GB"
        for info in infos:
            if info.file_size > max(FREE_OF_RATIO, MAX_RATIO * info.compress_size):
                strange = f"would unpack to more than {MAX_RATIO} times its size ({shortened(normal_name(info))})"
        if strange:
            raise BookError(f"{self._title} {strange}: this is no usual workbook. Check where it comes from.")

    def _check_names(self, infos: Collection[zipfile.ZipInfo]) -> None:
        seen: set[str] = set()
        for info in infos:
            name = normal_name(info)
            if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
                raise BookError(
                    f"{self._title} has a part that leads outside the file ({shortened(name)}): do not open it, "
                    "and check where it comes from."
                )
            if name.lower() in seen:
                raise BookError(
                    f"{self._title} has two parts named {shortened(name)}: open it in Excel, save it, and try again."
                )
            seen.add(name.lower())

    def _entries(self, infos: list[zipfile.ZipInfo]) -> list[_Entry]:
        """Return the entries in the central directory's order, once they are known not to overlap."""
        position = self._zip.start_dir
        starts = sorted(info.header_offset for info in infos)
        end_of = dict(zip(starts, [*starts[1:], position], strict=True))
        if len(end_of) < len(infos):
            raise zipfile.BadZipFile("two entries share their data")
        entries = []
        for info in infos:
            if info.flag_bits & _ENCRYPTED:
                raise zipfile.BadZipFile("encrypted entry")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile("a kind of packing that Office files do not have")
            fields = _CENTRAL.unpack_from(self.data, position)
            length = _CENTRAL.size + fields[10] + fields[11] + fields[12]
            local = _LOCAL.unpack_from(self.data, info.header_offset)
            body = info.header_offset + _LOCAL.size + local[9] + local[10]
            end = end_of[info.header_offset]
            if fields[0] != b"PK\1\2" or local[0] != b"PK\3\4" or body + info.compress_size > end:
                raise zipfile.BadZipFile("entries overlap")
            entries.append(_Entry(info, info.header_offset, end, body, self.data[position : position + length]))
            position += length
        self._tail_start = position
        # What cannot be moved is found now, not after the work is done.
        for entry in entries:
            _record_moved(entry, 0)
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
            raise BookError(f"{self._title} {_DAMAGED}. Its part {shortened(name)} cannot be read.") from error

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
        named = entry.start + _LOCAL.size
        if not self.data[named : entry.body].startswith(entry.record[_CENTRAL.size :][: _name_length(entry.record)]):
            raise zipfile.BadZipFile("its name differs")
        content = self.data[entry.body : entry.body + info.compress_size]
        if info.compress_type == zipfile.ZIP_DEFLATED:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            # One byte more than declared is asked for: if it comes, the declared size was a lie.
            content = unpacker.decompress(content, info.file_size + 1)
            if not unpacker.eof and len(content) <= info.file_size:
                raise EOFError("it ends too early")
        if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
            raise zipfile.BadZipFile("size or checksum differs")
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
                local = self._header(entry, replaced[name], len(packed))
                packed_size_of[name] = len(packed)
                output += local
                output += packed
            else:
                output += memoryview(self.data)[entry.start : entry.end]
        new_records = [_appended(output, name, content) for name, content in (added or {}).items()]
        directory_start = len(output)
        for name, entry in entries.items():
            shift = offset_of[name] - entry.start
            if name in replaced:
                output += _record_of_replaced(entry, shift, replaced[name], packed_size_of[name])
            else:
                output += _record_moved(entry, shift)
        output += b"".join(new_records)
        output += self._tail(directory_start, len(output), len(entries) + len(new_records))
        return bytes(output)

    def _header(self, entry: _Entry, content: bytes, packed_size: int) -> bytes:
        """Return the local header of an entry with new content."""
        signature, version, flags, _, clock, day, _, _, _, name_length, extra_length = _LOCAL.unpack_from(
            self.data, entry.start
        )
        after = entry.start + _LOCAL.size
        name = self.data[after : after + name_length]
        extra = _without_zip64(self.data[after + name_length : after + name_length + extra_length])
        # Sizes are in the header itself, so nothing announces a data descriptor behind the data.
        header = _LOCAL.pack(
            signature,
            version,
            flags & ~_LEVEL_BITS_AND_DESCRIPTOR,
            zipfile.ZIP_DEFLATED,
            clock,
            day,
            zlib.crc32(content),
            packed_size,
            len(content),
            name_length,
            len(extra),
        )
        return header + name + extra

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
            signature, disk, old_end, disks = _END64_LOCATOR.unpack_from(tail, position)
            moved = old_end + directory_end - self._tail_start
            _END64_LOCATOR.pack_into(tail, position, signature, disk, moved, disks)
            position += _END64_LOCATOR.size
        signature, disk, start_disk, here, total, old_size, old_start, comment = _END.unpack_from(tail, position)
        if signature != b"PK\5\6":
            raise zipfile.BadZipFile("something stands between its directory and its end")
        _END.pack_into(
            tail,
            position,
            signature,
            disk,
            start_disk,
            here if here == 0xFFFF else count,
            total if total == 0xFFFF else count,
            old_size if old_size == _FULL else size,
            old_start if old_start == _FULL else old_start + shift,
            comment,
        )
        return bytes(tail)


def _appended(output: bytearray, name: str, content: bytes) -> bytes:
    """Append a new entry to an archive that is being written; return its record for the central directory."""
    plain, packed = name.encode(), pack(content)
    sizes = (zlib.crc32(content), len(packed), len(content), len(plain))
    common = (_NAME_IS_UTF8, zipfile.ZIP_DEFLATED, 0, _FIRST_DAY, *sizes, 0)
    position = len(output)
    output += _LOCAL.pack(b"PK\3\4", _VERSION, *common) + plain + packed
    return _CENTRAL.pack(b"PK\1\2", _VERSION, _VERSION, *common, 0, 0, 0, 0, position) + plain


def pack(content: bytes) -> bytes:
    """Return content as an entry holds it."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def _name_length(record: bytes) -> int:
    """Return how many bytes the name in a central-directory record has."""
    return int(_CENTRAL.unpack_from(record)[10])


def normal_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name with forward slashes, which some writers get wrong."""
    return info.orig_filename.replace("\\", "/")


def _without_zip64(extra: bytes) -> bytes:
    """Return extra fields without the one for 64-bit sizes: the new sizes fit where they belong."""
    kept, position = b"", 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind != _ZIP64:
            kept += extra[position : position + 4 + length]
        position += 4 + length
    return kept + extra[position:]


def _record_of_replaced(entry: _Entry, shift: int, content: bytes, packed_size: int) -> bytes:
    """Return the central-directory record of an entry with new content."""
    fields = list(_CENTRAL.unpack_from(entry.record))
    name_end = _CENTRAL.size + fields[10]
    extra_end = name_end + fields[11]
    extra = _without_zip64(entry.record[name_end:extra_end])
    old_offset = fields[16] if fields[16] != _FULL else _zip64_offset(entry.record)[1]
    fields[3] &= ~_LEVEL_BITS_AND_DESCRIPTOR
    fields[4] = zipfile.ZIP_DEFLATED
    fields[7], fields[8], fields[9] = zlib.crc32(content), packed_size, len(content)
    fields[11] = len(extra)
    fields[16] = old_offset + shift
    return _CENTRAL.pack(*fields) + entry.record[_CENTRAL.size : name_end] + extra + entry.record[extra_end:]


def _record_moved(entry: _Entry, shift: int) -> bytes:
    """Return the central-directory record of an entry that has only moved."""
    record = bytearray(entry.record)
    (offset,) = struct.unpack_from("<L", record, 42)
    if offset != _FULL:
        struct.pack_into("<L", record, 42, offset + shift)
    else:
        position, offset = _zip64_offset(entry.record)
        struct.pack_into("<Q", record, position, offset + shift)
    return bytes(record)


def _zip64_offset(record: bytes) -> tuple[int, int]:
    """Return the position of the 64-bit offset in a record, and the offset."""
    fields = _CENTRAL.unpack_from(record)
    position = _CENTRAL.size + fields[10]
    end = position + fields[11]
    while position + 4 <= end:
        kind, length = struct.unpack_from("<HH", record, position)
        if kind == _ZIP64:
            position += 4 + 8 * sum(size == _FULL for size in (fields[9], fields[8]))
            return position, int(struct.unpack_from("<Q", record, position)[0])
        position += 4 + length
    raise zipfile.BadZipFile("64-bit offset is missing")

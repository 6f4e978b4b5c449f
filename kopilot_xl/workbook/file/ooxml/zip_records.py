"""The records of a zip archive: local headers, the central directory's records, and those of new entries."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from kopilot_xl.texts import t

LOCAL = struct.Struct("<4s5H3L2H")
"""The header before an entry's data."""

CENTRAL = struct.Struct("<4s6H3L5H2L")
"""An entry's record in the central directory."""

END = struct.Struct("<4s4H2LH")
"""The end of the central directory."""

END64_LOCATOR = struct.Struct("<4sLQL")
"""Where the end of a central directory with 64-bit positions is."""

ENCRYPTED = 0b1
"""The flag of an encrypted entry."""

FULL = 0xFFFFFFFF
"""What a 32-bit field holds whose value is in a 64-bit one."""

_LEVEL_BITS_AND_DESCRIPTOR = 0b1110
_NAME_IS_UTF8 = 0x800
_VERSION = 20
_FIRST_DAY = 0x21  # 1 January 1980, from which archives count
_ZIP64 = 1


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
        header = LOCAL.pack(b"PK\3\4", _VERSION, *common) + name
        directory.append(CENTRAL.pack(b"PK\1\2", _VERSION, _VERSION, *common, 0, 0, 0, 0, position) + name)
        pieces += (header, entry.data)
        position += len(header) + len(entry.data)
    size = sum(map(len, directory))
    end = END.pack(b"PK\5\6", 0, 0, len(directory), len(directory), size, position, 0)
    return b"".join([*pieces, *directory, end])


def append_entry(output: bytearray, name: str, content: bytes) -> bytes:
    """Append a new entry to an archive that is being written; return its record for the central directory."""
    plain, packed = name.encode(), pack(content)
    sizes = (zlib.crc32(content), len(packed), len(content), len(plain))
    common = (_NAME_IS_UTF8, zipfile.ZIP_DEFLATED, 0, _FIRST_DAY, *sizes, 0)
    position = len(output)
    output += LOCAL.pack(b"PK\3\4", _VERSION, *common) + plain + packed
    return CENTRAL.pack(b"PK\1\2", _VERSION, _VERSION, *common, 0, 0, 0, 0, position) + plain


def pack(content: bytes) -> bytes:
    """Return content as an entry holds it."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def name_length(record: bytes) -> int:
    """Return how many bytes the name in a central-directory record has."""
    return int(CENTRAL.unpack_from(record)[10])


def _without_zip64(extra: bytes) -> bytes:
    """Return extra fields without the one for 64-bit sizes: the new sizes fit where they belong."""
    kept, position = b"", 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind != _ZIP64:
            kept += extra[position : position + 4 + length]
        position += 4 + length
    return kept + extra[position:]


def header_of_replaced(header: bytes, content: bytes, packed_size: int) -> bytes:
    """Return the local header of an entry with new content."""
    fields = list(LOCAL.unpack_from(header))
    name_end = LOCAL.size + fields[9]
    extra = _without_zip64(header[name_end : name_end + fields[10]])
    # Sizes are in the header itself, so nothing announces a data descriptor behind the data.
    fields[2] &= ~_LEVEL_BITS_AND_DESCRIPTOR
    fields[3] = zipfile.ZIP_DEFLATED
    fields[6], fields[7], fields[8] = zlib.crc32(content), packed_size, len(content)
    fields[10] = len(extra)
    return LOCAL.pack(*fields) + header[LOCAL.size : name_end] + extra


def record_of_replaced(record: bytes, shift: int, content: bytes, packed_size: int) -> bytes:
    """Return the central-directory record of an entry with new content."""
    fields = list(CENTRAL.unpack_from(record))
    name_end = CENTRAL.size + fields[10]
    extra_end = name_end + fields[11]
    extra = _without_zip64(record[name_end:extra_end])
    old_offset = fields[16] if fields[16] != FULL else _zip64_offset(record)[1]
    fields[3] &= ~_LEVEL_BITS_AND_DESCRIPTOR
    fields[4] = zipfile.ZIP_DEFLATED
    fields[7], fields[8], fields[9] = zlib.crc32(content), packed_size, len(content)
    fields[11] = len(extra)
    fields[16] = old_offset + shift
    return CENTRAL.pack(*fields) + record[CENTRAL.size : name_end] + extra + record[extra_end:]


def record_moved(record: bytes, shift: int) -> bytes:
    """Return the central-directory record of an entry that has only moved."""
    moved = bytearray(record)
    (offset,) = struct.unpack_from("<L", moved, 42)
    if offset != FULL:
        struct.pack_into("<L", moved, 42, offset + shift)
    else:
        position, offset = _zip64_offset(record)
        struct.pack_into("<Q", moved, position, offset + shift)
    return bytes(moved)


def _zip64_offset(record: bytes) -> tuple[int, int]:
    """Return the position of the 64-bit offset in a record, and the offset."""
    fields = CENTRAL.unpack_from(record)
    position = CENTRAL.size + fields[10]
    end = position + fields[11]
    while position + 4 <= end:
        kind, length = struct.unpack_from("<HH", record, position)
        if kind == _ZIP64:
            position += 4 + 8 * sum(size == FULL for size in (fields[9], fields[8]))
            return position, int(struct.unpack_from("<Q", record, position)[0])
        position += 4 + length
    raise zipfile.BadZipFile(t("64-bit offset is missing"))

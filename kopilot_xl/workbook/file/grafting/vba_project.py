"""The container of a workbook's macros as MS-OVBA asks writers for it: without a cache of what was compiled."""

from __future__ import annotations

from pyopenvba.cfb import CFB

_STORAGE, _STREAM = "VBA", "_VBA_PROJECT"
NO_CACHE = bytes.fromhex("CC61FFFF000000")
"""The whole stream where there is no cache. Source: MS-OVBA, 2.3.4.1."""
_CACHES = "__SRP_"
"""What the names of further streams with compiled code begin with: writers leave them out."""


def without_cache(project: bytes) -> bytes:
    """Return a project whose host compiles its source anew, and takes no stale code for it."""
    container = CFB.from_bytes(project)
    for name in container.list_streams_in_storage(_STORAGE):
        if name.startswith(_CACHES):
            container.remove_stream_in_storage(_STORAGE, name)
    container.write_stream_in_storage(_STORAGE, _STREAM, NO_CACHE)
    made: bytes = container.to_bytes()
    return made

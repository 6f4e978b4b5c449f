"""The container of a workbook's macros as MS-OVBA asks writers for it: without a cache of what was compiled."""

from __future__ import annotations

from collections.abc import Sequence

from pyopenvba.cfb import CFB

_STORAGE, _STREAM = "VBA", "_VBA_PROJECT"
NO_CACHE = bytes.fromhex("CC61FFFF000000")
"""The whole stream where there is no cache. Source: MS-OVBA, 2.3.4.1."""
DOCUMENT = """Attribute VB_Name = "{name}"
Attribute VB_Base = "0{{00020820-0000-0000-C000-000000000046}}"
Attribute VB_GlobalNameSpace = False
Attribute VB_Creatable = False
Attribute VB_PredeclaredId = True
Attribute VB_Exposed = True
Attribute VB_TemplateDerived = False
Attribute VB_Customizable = True
"""
"""The module of a worksheet that has no code, under the name by which macros know the sheet (its code name)."""
_PROJECT = "PROJECT"
_CACHES = "__SRP_"
"""What the names of further streams with compiled code begin with: writers leave them out."""


def code_name(number: int) -> str:
    """Return the code name of a workbook's sheet, counted from 1, as Excel gives it."""
    return f"Sheet{number}"


def with_documents(project: bytes, names: Sequence[str]) -> bytes:
    """Return a project in which modules are those of sheets, which its list of modules calls documents.

    Raises:
        ValueError: a module is not in the list as a class.
    """
    container = CFB.from_bytes(project)
    listed = bytes(container.get_stream(_PROJECT))
    for name in names:
        line, document = f"Class={name}\r\n".encode("ascii"), f"Document={name}/&H00000000\r\n".encode("ascii")
        if line not in listed:
            raise ValueError(f"{name} is not listed as a class")
        listed = listed.replace(line, document)
    container.write_stream(_PROJECT, listed)
    made: bytes = container.to_bytes()
    return made


def without_cache(project: bytes) -> bytes:
    """Return a project whose host compiles its source anew, and takes no stale code for it."""
    container = CFB.from_bytes(project)
    for name in container.list_streams_in_storage(_STORAGE):
        if name.startswith(_CACHES):
            container.remove_stream_in_storage(_STORAGE, name)
    container.write_stream_in_storage(_STORAGE, _STREAM, NO_CACHE)
    made: bytes = container.to_bytes()
    return made

"""Tables of databases as sources of a workbook: fetched into files that are read as exports are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from kopilot_xl.workbook.file.drafts import draft_folder

_FILES = ("sqlite", "duckdb")
"""The schemes of databases that are files."""


def is_address(text: str) -> bool:
    """Tell whether a source is the address of a database, not a path."""
    return "://" in text


@contextmanager
def fetched(paths: Sequence[str]) -> Iterator[list[str]]:
    """Fetch what the addresses among some paths name into files for the block, and yield the paths to read.

    Raises:
        BookError: a database cannot be read, or an address is none; no text shows a password.
        KopilotError: the driver is not installed.
        MissingError: there is no such table.
    """
    if not any(map(is_address, paths)):
        yield list(paths)
        return
    from kopilot_xl.bigdata.sources import databases
    from kopilot_xl.bigdata.sources.address import Address

    with draft_folder() as folder:
        found = []
        for number, path in enumerate(paths):
            if not is_address(path):
                found.append(path)
                continue
            address = Address.of(path)
            name = "query" if address.is_query else re.sub(r"[^\w.-]+", "_", address.table)
            target = Path(folder, str(number), f"{name}.parquet")
            target.parent.mkdir()
            databases.read(address, target)
            found.append(str(target))
        yield found


def absolute(address: str) -> str:
    """Return an address that does not depend on the folder we are in."""
    return _with_path(address, lambda path: str(Path(path).expanduser().absolute()))


def located(folder: Path, address: str) -> str:
    """Return an address whose file, if it is one, is given relative to a folder."""
    return _with_path(address, lambda path: os.path.join(folder, path))


def kept(address: str, relative: Callable[[str], str | None]) -> str | None:
    """Return an address as a workbook may keep it: without a password, its file relative to the workbook.

    Args:
        address: the address.
        relative: makes a path relative; None where the path must not be kept.
    """
    scheme, _, rest = address.partition("://")
    if scheme.lower() in _FILES:
        path, mark, table = rest.partition("#")
        short = relative(path.removeprefix("/"))
        return None if short is None else f"{scheme}:///{short}{mark}{table}"
    try:
        parts = urlsplit(address)
        user, at, host = parts.netloc.rpartition("@")
        options = [(name, value) for name, value in parse_qsl(parts.query) if "pass" not in name.lower()]
    except ValueError:
        return None
    place = user.partition(":")[0] + at + host
    return urlunsplit((scheme, place, parts.path, urlencode(options), parts.fragment))


def _with_path(address: str, change: Callable[[str], str]) -> str:
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in _FILES:
        return address
    path, mark, table = rest.partition("#")
    return f"{scheme}:///{change(path.removeprefix('/'))}{mark}{table}"

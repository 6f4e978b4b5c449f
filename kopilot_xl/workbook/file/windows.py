"""Names that Windows takes for something else, paths that are too long for it, and files that others hold there."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path, PureWindowsPath

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.texts import t

PAUSES = (0.05, 0.1, 0.2, 0.4)
"""How many seconds to wait, try after try, for who holds a file for a moment, as virus scanners do."""

_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f]')
_VERBATIM, _DEVICES, _NETWORK = "\\\\?\\", "\\\\.\\", "UNC\\"
_LONG = 180
"""From how many characters on a path is opened in the form that may have any length. Without it Windows takes 259 at
most, and drafts and backups have longer names than their file."""
_SHARED = 1 | 2 | 4  # with who reads, writes and deletes
_HELD = {32, 33}
"""Windows's ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""


def device(path: str) -> str | None:
    """Return the part of a path that Windows takes for a device, as that in `C:\\nul.xlsm`; None if none is."""
    if path.replace("/", "\\").startswith(_DEVICES):
        return path
    for part in PureWindowsPath(path).parts:
        if _DEVICE.fullmatch(part.partition(".")[0].partition(":")[0].rstrip(" ")):
            return part
    return None


def refusal(path: str) -> str | None:
    """Return why Windows would write to another place than a path says, or to none; None if it would not.

    It takes some names for devices whatever their ending, drops dots and blanks at the end of a name, and takes what
    follows a colon for a hidden stream of the file.
    """
    found = device(path)
    if found is not None:
        return t("Windows takes {name} for a device, whatever its ending. Choose another name.", name=found)
    pure = PureWindowsPath(path)
    for part in pure.parts[1:] if pure.anchor or pure.drive else pure.parts:
        if part not in (".", "..") and part[-1] in ". ":
            return t('Windows leaves out the dots and blanks that "{name}" ends in. Choose another name.', name=part)
        wrong = _NOT_IN_NAMES.search(part)
        if wrong:  # the name is not repeated: what has a colon may be an address with a password
            return t("Windows has no {character} in names. Choose another name.", character=wrong[0])
    return None


def check_name(path: str | os.PathLike[str]) -> None:
    """Make sure, on Windows, that what is written to a path goes there.

    Raises:
        SaveError: it would not; the text says why.
    """
    why = refusal(os.fspath(path)) if os.name == "nt" else None
    if why is not None:
        raise SaveError(t("{path} cannot be written: {reason}", path=path, reason=why))


def check_no_device(path: str | os.PathLike[str]) -> None:
    """Make sure, on Windows, that a path to read is not that of a device, which might never end.

    Raises:
        BookError: it is.
    """
    found = device(os.fspath(path)) if os.name == "nt" else None
    if found is not None:
        raise BookError(
            t(
                "{path} cannot be read: Windows takes {name} for a device, whatever its ending. Name a file.",
                path=path,
                name=found,
            )
        )


def extended(path: str) -> str:
    """Return an absolute path of Windows in the form that may have any length, if it is a long one."""
    if len(path) < _LONG or path.startswith((_VERBATIM, _DEVICES)):
        return path
    if path.startswith("\\\\"):
        return f"{_VERBATIM}{_NETWORK}{path[2:]}"
    return _VERBATIM + path


def real_path(path: str | os.PathLike[str]) -> Path:
    """Return the file or folder that a path leads to, links followed, as it can be opened however long it is.

    Windows does not say of every drive, device and path where it leads: then it is taken as it is.
    """
    try:
        real = os.path.realpath(path)
    except OSError:
        real = os.path.abspath(path)
    return Path(extended(real) if os.name == "nt" else real)


def is_held(error: OSError) -> bool:
    """Return whether an error means that another program has a file open, and shares it with nobody."""
    number = getattr(error, "winerror", None)
    if number is None and sys.platform == "win32" and isinstance(error, PermissionError) and error.filename:
        number = _why_not_opened(error.filename)  # the C library, which Python opens files with, does not say
    return number in _HELD


if sys.platform == "win32":

    def _why_not_opened(path: str) -> int | None:
        """Return Windows's number for why a file cannot be read; None if it can be by now."""
        import _winapi

        try:
            handle = _winapi.CreateFile(path, _winapi.GENERIC_READ, _SHARED, 0, _winapi.OPEN_EXISTING, 0, 0)
        except OSError as error:
            return error.winerror
        _winapi.CloseHandle(handle)
        return None


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; who holds it for a moment is waited for.

    Raises:
        BookError: it is a device of Windows.
        OSError: it cannot be read.
    """
    check_no_device(path)
    for pause in PAUSES:
        try:
            return path.read_bytes()
        except OSError as error:
            if not is_held(error):
                raise
            time.sleep(pause)
    return path.read_bytes()

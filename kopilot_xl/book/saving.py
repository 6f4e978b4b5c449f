"""Write a file all at once or not at all, and refuse in plain words where that cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from kopilot_xl.errors import SaveError

_TEMPORARY = ".kopilot-xl-"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}


def check_writable(path: str | os.PathLike[str]) -> None:
    """Make sure a file could be written or replaced now, before work is spent on it.

    Raises:
        SaveError: it is open in Excel or LibreOffice, read-only or a folder, or its folder is missing or
            read-only.
    """
    given = Path(path)
    real = _real(given)
    folder = real.parent
    try:
        if not folder.is_dir():
            raise SaveError(f"{given} cannot be written: there is no folder {folder}. Make it first.")
        if real.is_dir():
            raise SaveError(f"{given} is a folder: name a file in it.")
        for place in dict.fromkeys((given, real)):
            _check_open_elsewhere(place)
        if real.exists() and not _may_write(real):
            raise SaveError(f"{given} is read-only: allow writing in its properties, or save under another name.")
    except OSError as error:
        raise SaveError(_why(given, error)) from error
    if not _may_write(folder):
        raise SaveError(f"{given} cannot be written: its folder {folder} is read-only. Use another folder.")


def write_atomically(path: str | os.PathLike[str], data: bytes, *, instead_of: bytes | None = None) -> None:
    """Replace a file's contents by a new file put in its place, with its mode, in one step.

    A symbolic link stays a link; what it points to is replaced. `instead_of` is what the file must still
    hold.

    Raises:
        SaveError: see `check_writable`; or it changed meanwhile, or the disk is full. The old file is as it was.
    """
    check_writable(path)
    given = Path(path)
    real = _real(given)
    try:
        if instead_of is not None and not _holds(real, instead_of):
            raise SaveError(f"{given} was changed meanwhile: refresh it again.")
        if instead_of == data:
            return
        _replace(real, data)
    except OSError as error:
        raise SaveError(_why(given, error)) from error


def _replace(real: Path, data: bytes) -> None:
    old = real.stat() if real.exists() else None
    mode = stat.S_IMODE(old.st_mode) if old else 0o666
    temporary = real.with_name(_TEMPORARY + secrets.token_hex(8))
    try:
        # The mode is right from the start, so that a private workbook is at no moment open to others.
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if old:
            _copy_owner(temporary, old)
            os.chmod(temporary, mode)
        os.replace(temporary, real)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(real.parent)


def _copy_owner(temporary: Path, old: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(temporary, old.st_uid, old.st_gid)


def _sync_folder(folder: Path) -> None:
    """Have the folder's new entry on the disk as well; a system that cannot do so loses nothing."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _holds(real: Path, data: bytes) -> bool:
    try:
        return real.stat().st_size == len(data) and real.read_bytes() == data
    except FileNotFoundError:
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _may_write(place: Path) -> bool:
    """Tell whether a file or folder takes writing; no write bit at all counts even for the superuser."""
    return bool(place.stat().st_mode & 0o222) and os.access(place, os.W_OK)


def _check_open_elsewhere(path: Path) -> None:
    for program, name in (("Excel", f"~${path.name}"), ("LibreOffice", f".~lock.{path.name}#")):
        lock = path.with_name(name)
        if lock.exists():
            raise SaveError(
                f"{path} is open in {program}: close it there, or delete {lock} if it is left over from a crash."
            )


def _why(path: Path, error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return f"{path} was not saved: there is no room left on the disk. Free some and try again."
    if error.errno in _NO_RIGHT:
        return f"{path} was not saved: no permission. Close it in other programs, or save to another folder."
    return f"{path} was not saved: {error.strerror or error}. Try again, or save to another folder."

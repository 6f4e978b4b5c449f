"""Write a file all at once or not at all, and refuse in plain words where that cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kopilot_xl import interrupts
from kopilot_xl.errors import NO_RIGHT, NO_ROOM, SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file import windows
from kopilot_xl.workbook.file.locking import open_new, open_plain, sidecar_path, try_lock

BACKUP = ".kopilot-backup"
"""What is added to a file's name for its backup. Nobody else names files so: what is there is an earlier backup."""

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}
_MAY_PASS = {errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV, errno.ETXTBSY, errno.EAGAIN}
_RENAMES_CLOSED_ONLY = os.name == "nt"  # some of Windows's drives rename no file that is open
_OLD = 24 * 60 * 60.0  # seconds after which a temporary file is left over, where locks cannot tell


def check_writable(path: str | os.PathLike[str], *, backup: bool = False) -> None:
    """Make sure a file could be written or replaced now, and backed up if so wanted, before work is spent on it.

    Raises:
        SaveError: it is open in Excel or LibreOffice, read-only or a folder, or its folder is missing or
            read-only; or what is in the backup's place is no file.
    """
    windows.check_name(path)
    given = Path(path)
    real = windows.real_path(given)
    folder = real.parent
    try:
        if not folder.is_dir():
            raise SaveError(
                t("{given} cannot be written: there is no folder {folder}. Make it first.", given=given, folder=folder)
            )
        if real.is_dir():
            raise SaveError(t("{given} is a folder: name a file in it.", given=given))
        _check_open_elsewhere(given, real)
        if real.exists() and not _may_write(real):
            raise SaveError(
                t("{given} is read-only: allow writing in its properties, or save under another name.", given=given)
            )
        place = _backup_of(real)
        if backup and os.path.lexists(place) and not stat.S_ISREG(os.lstat(place).st_mode):
            raise SaveError(
                t(
                    "{given} was not saved: {place} is not a backup file. Move it away, or make no backup.",
                    given=given,
                    place=place,
                )
            )
    except OSError as error:
        raise SaveError(_why(given, error)) from error
    if not _may_write(folder):
        raise SaveError(
            t(
                "{given} cannot be written: its folder {folder} is read-only. Use another folder.",
                given=given,
                folder=folder,
            )
        )


def write_atomically(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    instead_of: bytes | None = None,
    backup: bool = False,
    at_most: int = 0o777,
) -> None:
    """Replace a file's contents by a new file put in its place in one step, with its mode and owner.

    A symbolic link stays a link; what it points to is replaced. Temporary files that a killed process left for the
    same file are removed.

    Args:
        path: the file.
        data: its new contents; where they are what `instead_of` says, nothing is written.
        instead_of: what the file must still hold.
        backup: keep the contents that are replaced in a file beside it, its name with `BACKUP` added. An earlier
            backup is replaced in one step too, before the file itself is.
        at_most: the permission bits that the file may have at most, even if the one it replaces has others.

    Raises:
        SaveError: see `check_writable`; or it was changed or deleted meanwhile, or the disk is full. The old file is
            as it was.
    """
    check_writable(path, backup=backup)
    given = Path(path)
    real = windows.real_path(given)

    def check() -> None:
        _check_open_elsewhere(given, real)
        if instead_of is not None:
            _check_holds(given, real, instead_of)

    try:
        _sweep(real)
        if instead_of == data:
            check()
            return
        old = real.stat() if real.exists() else None
        if backup and old and instead_of is None:
            instead_of = real.read_bytes()
        with interrupts.signals_held():
            with _draft(real, data, old, at_most) as fresh:
                if backup and old and instead_of is not None:
                    with _draft(real, instead_of, old) as kept:
                        _put(kept, _backup_of(real), instead_of, check)
                _put(fresh, real, data, check)
            _sync_folder(real.parent)
    except OSError as error:
        raise SaveError(_why(given, error)) from error


@dataclass(frozen=True)
class _Draft:
    """A temporary file that is to take another's place, and is open until it did."""

    path: Path
    file: BinaryIO


@contextmanager
def _draft(real: Path, data: bytes, old: os.stat_result | None, at_most: int = 0o777) -> Iterator[_Draft]:
    """Write a temporary file beside a file, safe on the disk; it is removed unless it was put somewhere.

    It is locked for as long as it is worked on, so that nobody takes it for a left-over.
    """
    path = sidecar_path(real, f"-{os.urandom(8).hex()}.tmp")
    # In place of a private workbook it is at no moment open to others.
    handle = open_new(path, 0o600 if old else 0o666 & at_most)
    try:
        with os.fdopen(handle, "wb") as file:
            with contextlib.suppress(OSError):
                try_lock(handle)
            file.seek(0)  # wherever the lock left the position: a draft begins at its beginning
            file.write(data)
            file.flush()
            if old:
                _look_like(path, real, old, at_most)
            _sync(handle)
            yield _Draft(path, file)
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _put(draft: _Draft, target: Path, data: bytes, check: Callable[[], None]) -> None:
    """Rename a draft to what it is for. A refusal of the kind that passes (network drives, virus scanners) is retried.

    Raises:
        OSError: it was refused to the last.
        SaveError: from `check`, made before each try.
    """
    for pause in (*windows.PAUSES, None):
        try:
            check()
            os.replace(draft.path, target)
            return
        except OSError as error:
            if not draft.path.exists() and _holds(target, data):
                return  # done, though the drive said no
            if error.errno not in _MAY_PASS or pause is None:
                raise
            if _RENAMES_CLOSED_ONLY:
                draft.file.close()
            time.sleep(pause)


def _look_like(path: Path, real: Path, old: os.stat_result, at_most: int) -> None:
    """Give a new file the owner, mode and extended attributes (access lists among them) of the one it replaces."""
    mode, new = stat.S_IMODE(old.st_mode), path.stat()
    if hasattr(os, "chown") and (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.chown(path, old.st_uid, old.st_gid)
        except OSError:
            try:
                os.chown(path, -1, old.st_gid)
            except OSError:
                # What the old group might do, its new group may only if everybody might.
                mode = mode & ~0o070 | (mode & 0o007) << 3 & mode
    mode &= at_most
    if stat.S_IMODE(new.st_mode) != mode:  # some drives know no modes, and refuse even to keep one
        os.chmod(path, mode)
    if sys.platform == "linux":  # Python knows them nowhere else
        with contextlib.suppress(OSError):
            wanted = set(os.listxattr(real))
            for name in set(os.listxattr(path)) - wanted:
                with contextlib.suppress(OSError):
                    os.removexattr(path, name)
            for name in wanted:
                with contextlib.suppress(OSError):
                    os.setxattr(path, name, os.getxattr(real, name))


def _sweep(real: Path) -> None:
    """Remove the temporary files that killed processes left for a file, and no others."""
    pattern = re.compile(re.escape(sidecar_path(real, "-").name) + r"[0-9a-f]{16}\.tmp")
    with contextlib.suppress(OSError), os.scandir(real.parent) as entries:
        for entry in [each for each in entries if pattern.fullmatch(each.name)]:
            with contextlib.suppress(OSError):
                if _is_left_over(Path(entry.path)):
                    os.unlink(entry.path)


def _is_left_over(path: Path) -> bool:
    handle = open_plain(path, os.O_RDWR)
    try:
        return try_lock(handle)
    except OSError:
        return time.time() - os.fstat(handle).st_mtime > _OLD
    finally:
        os.close(handle)


def _sync(handle: int) -> None:
    """Have a file on the disk; a drive that knows no such order is let off."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    """Have the folder's new entry on the disk as well; a system that cannot do so loses nothing."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _check_holds(given: Path, real: Path, data: bytes) -> None:
    if not os.path.lexists(real):
        raise SaveError(
            t("{given} was changed meanwhile: it no longer exists. Put it back and refresh it again.", given=given)
        )
    if not _holds(real, data):
        raise SaveError(t("{given} was changed meanwhile: refresh it again.", given=given))


def _holds(real: Path, data: bytes) -> bool:
    try:
        return real.stat().st_size == len(data) and real.read_bytes() == data
    except FileNotFoundError:
        return False


def _backup_of(real: Path) -> Path:
    return real.with_name(real.name + BACKUP)


def _may_write(place: Path) -> bool:
    """Tell whether a file or folder takes writing; no write bit at all counts even for the superuser.

    On Windows a folder's read-only attribute forbids nothing: Explorer sets it on folders that it draws in a way of
    their own, such as Documents.
    """
    if os.name == "nt" and place.is_dir():
        return True
    return bool(place.stat().st_mode & 0o222) and os.access(place, os.W_OK)


def _check_open_elsewhere(given: Path, real: Path) -> None:
    for path in dict.fromkeys((given, real)):
        for program, name in (("Excel", f"~${path.name}"), ("LibreOffice", f".~lock.{path.name}#")):
            lock = path.with_name(name)
            if lock.exists():
                raise SaveError(
                    t(
                        "{path} is open in {program}: close it there, or delete {lock} if it is left over "
                        "from a crash.",
                        path=path,
                        program=program,
                        lock=lock,
                    )
                )


def _why(path: Path, error: OSError) -> str:
    if error.errno in NO_ROOM:
        return t("{path} was not saved: there is no room left on the disk. Free some and try again.", path=path)
    if error.errno in NO_RIGHT and not windows.is_held(error):
        return t(
            "{path} was not saved: no permission. Close it in other programs, or save to another folder.", path=path
        )
    if error.errno == errno.EBUSY or windows.is_held(error):
        return t(
            "{path} was not saved: another program holds it. Close it there, or save to another folder.", path=path
        )
    if error.errno == errno.EXDEV:
        return t(
            "{path} was not saved: its drive does not replace a file in one step. Save to another folder.", path=path
        )
    return t(
        "{path} was not saved: {reason}. Try again, or save to another folder.",
        path=path,
        reason=error.strerror or error,
    )

"""One refresh of a file at a time: the others wait their turn, and one that died holds up nobody.

The turn is a lock of the operating system on a small file beside the workbook. The system itself drops such a lock
when its process ends, however it ends, so there is no dead lock to recognise by process ids or ages.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kopilot_xl import interrupts
from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file.windows import real_path

PATIENCE = 60.0
"""How many seconds to wait for one's turn before giving up."""

_PREFIX = ".kopilot-xl-"
_LONGEST = 80  # bytes of a file's name to repeat in ours, which must fit where the file's own just did
_PAUSE, _LONGEST_PAUSE = 0.02, 0.25
_HOLDER = re.compile(r"process [0-9]{1,10} on [\w.-]{1,64} since [0-9: -]{19}", re.ASCII)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0) | _NO_LINK

if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    class _Overlapped(ctypes.Structure):
        """Where in a file a lock begins."""

        _fields_ = (
            ("internal", ctypes.c_void_p), ("internal_high", ctypes.c_void_p),
            ("offset", wintypes.DWORD), ("offset_high", wintypes.DWORD), ("event", wintypes.HANDLE),
        )  # fmt: skip

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _lock = _kernel.LockFileEx
    _lock.argtypes = (
        wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, ctypes.POINTER(_Overlapped),
    )  # fmt: skip
    _EXCLUSIVE, _AT_ONCE = 2, 1
    _HELD = {33, 997}  # ERROR_LOCK_VIOLATION, ERROR_IO_PENDING
    _BEYOND = 1 << 30  # a locked byte cannot be read by others: this one is far behind the text

    def _try_lock(handle: int) -> bool:
        # Not msvcrt.locking: it locks at the position in the file, and not every C library says why it could not.
        start = _Overlapped(offset=_BEYOND)
        if _lock(msvcrt.get_osfhandle(handle), _EXCLUSIVE | _AT_ONCE, 0, 1, 0, ctypes.byref(start)):
            return True
        error = ctypes.get_last_error()
        if error in _HELD:
            return False
        raise ctypes.WinError(error)

    _create = _kernel.CreateFileW
    _create.argtypes = (
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD,
        wintypes.HANDLE,
    )  # fmt: skip
    _create.restype = wintypes.HANDLE
    _READ_AND_WRITE, _SHARED, _NEW, _NORMAL = 0xC0000000, 1 | 2 | 4, 1, 0x80
    _INVALID = wintypes.HANDLE(-1).value

    def _open_new(path: Path, mode: int) -> int:
        # Shared for deleting too, which os.open does not offer: or it could not be renamed before it is closed.
        handle = _create(str(path), _READ_AND_WRITE, _SHARED, None, _NEW, _NORMAL, None)
        if handle == _INVALID:
            raise ctypes.WinError(ctypes.get_last_error())
        return msvcrt.open_osfhandle(handle, os.O_RDWR | _PLAIN)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _open_new(path: Path, mode: int) -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _PLAIN, mode)


def open_new(path: Path, mode: int = 0o666) -> int:
    """Make a file, for reading and writing, that can be renamed while it is open.

    Raises:
        OSError: there is one of that name, or none can be made.
    """
    return _open_new(path, mode)


def try_lock(handle: int) -> bool:
    """Lock an open file until it is closed or its process ends; False if another has it locked.

    The position in the file is what it was before: Windows locks from the position on, so it is moved there and back.

    Raises:
        OSError: its file system knows no locks.
    """
    position = os.lseek(handle, 0, os.SEEK_CUR)
    try:
        return _try_lock(handle)
    finally:
        os.lseek(handle, position, os.SEEK_SET)


def sidecar_path(path: Path, ending: str) -> Path:
    """Return the path of a file of ours beside another: a name that nobody else uses and that shows what it is for."""
    name = path.name
    if len(os.fsencode(name)) > _LONGEST:
        name = f"{name[: _LONGEST // 4]}~{zlib.crc32(os.fsencode(name)):08x}"
    return path.with_name(f"{_PREFIX}{name}{ending}")


def open_plain(path: Path, flags: int) -> int:
    """Open a regular file that is no link, or make one; what is read-only to us is opened for reading alone.

    Raises:
        OSError: there is no such file, or it is something else.
    """
    try:
        handle = os.open(path, flags | _PLAIN, 0o666)
    except PermissionError:
        handle = os.open(path, os.O_RDONLY | _PLAIN)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path} is not a regular file")
    return handle


@contextmanager
def file_lock(path: str | os.PathLike[str], waiting: Callable[[str], None] | None = None) -> Iterator[bool]:
    """Wait until nobody else refreshes a file, and keep the others waiting until the block ends.

    Where no lock can be had (a folder that takes no file, a drive without locks) the block runs without one: saving
    refuses what was changed meanwhile all the same.

    Args:
        path: the file; links are followed.
        waiting: called once, with a line to show, if there is something to wait for.

    Yields:
        Whether there is a lock.

    Raises:
        SaveError: it was still being refreshed after `PATIENCE` seconds.
    """
    given, file = Path(path), sidecar_path(real_path(path), ".lock")
    with interrupts.raise_on_signals():
        handle = _acquire(file, given, waiting)
        try:
            yield handle is not None
        finally:
            if handle is not None:
                with interrupts.signals_held():
                    _release(handle, file)


def _acquire(file: Path, given: Path, waiting: Callable[[str], None] | None) -> int | None:
    deadline, pause = time.monotonic() + PATIENCE, _PAUSE
    while True:
        interrupts.checkpoint()
        with interrupts.signals_held():
            attempt = _attempt(file)
        if not isinstance(attempt, str):
            return attempt
        if time.monotonic() >= deadline:
            raise SaveError(
                t(
                    "{given} is being refreshed by {holder}, and still is after {patience:g} seconds. Let it "
                    "finish, or end it, and try again.",
                    given=given,
                    holder=attempt,
                    patience=PATIENCE,
                )
            )
        if waiting:
            waiting(t("{given} is being refreshed by {holder}: waiting for it to finish.", given=given, holder=attempt))
            waiting = None
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _attempt(file: Path) -> int | str | None:
    """Try to get a lock: return its handle, who has it, or None where there are no locks."""
    while True:
        try:
            handle = open_plain(file, os.O_RDWR | os.O_CREAT)
        except OSError:
            return None
        kept = False
        try:
            if not try_lock(handle):
                return _holder(handle)
            # Whoever had it may have removed the file after we opened it: then it is no lock any more.
            kept = _is_at(handle, file)
            if kept:
                _sign(handle)
                return handle
        except OSError:
            return None
        finally:
            if not kept:
                os.close(handle)


def _release(handle: int, file: Path) -> None:
    """Remove the lock file and let the lock go; Windows removes no file that is open."""
    with contextlib.suppress(OSError):
        if os.name != "nt" and _is_at(handle, file):
            os.unlink(file)
    os.close(handle)
    if os.name == "nt":
        with contextlib.suppress(OSError):
            os.unlink(file)


def _is_at(handle: int, file: Path) -> bool:
    """Tell whether an open file still is the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(file))
    except FileNotFoundError:
        return False


def _sign(handle: int) -> None:
    """Write who has the lock into its file, for those who wait; on a full disk they wait for a nameless one."""
    text = f"process {os.getpid()} on {_machine()} since {time.strftime('%Y-%m-%d %H:%M:%S')}\n"
    with contextlib.suppress(OSError):
        if os.fstat(handle).st_nlink == 1:
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, text.encode())


def _machine() -> str:
    """Return this machine's name; the module `socket` would cost more than the whole lock."""
    if sys.platform == "win32":
        return os.environ.get("COMPUTERNAME", "a-machine")
    else:  # noqa: RET505, for a type checker to know which platform is meant
        return os.uname().nodename


def _holder(handle: int) -> str:
    """Return who signed a lock file. Anybody may have written it: nothing else is passed on to a screen."""
    os.lseek(handle, 0, os.SEEK_SET)
    text = os.read(handle, 200).decode(errors="replace").strip()
    return text if _HOLDER.fullmatch(text) else t("another process")

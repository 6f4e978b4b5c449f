"""Replace a folder of results as a whole, or not at all; what a killed process left is cleared away by the next."""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.file.locking import file_lock, sidecar_path
from kopilot_xl.workbook.file.saving import BACKUP
from kopilot_xl.workbook.file.windows import check_name, real_path

_DRAFT, _ASIDE = ".tmp", ".old"
_OLD = 24 * 60 * 60.0  # seconds after which a draft is left over, where locks cannot tell


def check_folder(path: Path) -> None:
    """Make sure that a folder could be written now.

    Raises:
        SaveError: it is a file, or the folder it is to be in is missing or read-only.
    """
    check_name(path)
    parent = path.resolve().parent
    if not parent.is_dir():
        raise SaveError(
            t("{path} cannot be written: there is no folder {parent}. Make it first.", path=path, parent=parent)
        )
    if not os.access(parent, os.W_OK):
        raise SaveError(
            t(
                "{path} cannot be written: its folder {parent} is read-only. Use another folder.",
                path=path,
                parent=parent,
            )
        )
    if path.is_file():
        raise SaveError(t("{path} is a file: name a folder, or a .csv or .parquet file.", path=path))


@contextmanager
def folder_replaced(path: Path, *, backup: bool = False, at_most: int = 0o777) -> Iterator[Path]:
    """Yield an empty folder to fill, which takes the place of `path` at the end of the block.

    Until then only its owner may read it. If filling fails, nothing changes. The place is locked meanwhile; a draft
    that a killed process left there is removed, and a folder it had moved aside is put back.

    Args:
        path: the folder to write.
        backup: keep what is there beside it, its name with `BACKUP` added.
        at_most: the permission bits that its files may have at most.

    Raises:
        SaveError: it cannot be written; the old folder is as it was.
    """
    real = real_path(path)
    draft = sidecar_path(real, f"-{os.urandom(8).hex()}{_DRAFT}")
    try:
        with file_lock(real) as is_locked:
            _clear_left_overs(real, is_locked)
            draft.mkdir(mode=0o700)
            try:
                yield draft
                _share(draft, real, at_most)
                _put(draft, real, backup)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise SaveError(
            t(
                "{path} was not saved: {reason}. Free some room, or save to another folder.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error


def _clear_left_overs(real: Path, is_locked: bool) -> None:
    """Remove the drafts that killed processes left beside a folder; put back what one of them had moved aside."""
    name = re.escape(sidecar_path(real, "-").name) + r"[0-9a-f]{16}"
    drafts, aside = re.compile(name + re.escape(_DRAFT)), re.compile(name + re.escape(_ASIDE))
    with suppress(OSError):
        for path in sorted(real.parent.iterdir()):
            is_aside = aside.fullmatch(path.name) is not None
            if not (is_aside or drafts.fullmatch(path.name)) or path.is_symlink():
                continue
            if not is_locked and time.time() - path.stat().st_mtime < _OLD:
                continue  # another process may be at work on it
            if is_aside and not os.path.lexists(real):
                path.rename(real)
            else:
                shutil.rmtree(path, ignore_errors=True)


def _share(draft: Path, real: Path, at_most: int) -> None:
    """Give a draft the permissions of a new folder, or of the one it replaces, as far as its inputs have them too."""
    if os.name == "nt":
        return
    within = at_most | (at_most & 0o444) >> 2  # who may read a file may look into its folder
    for path in draft.rglob("*"):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & (within if path.is_dir() else at_most))
    if real.is_dir():
        mode = stat.S_IMODE(real.stat().st_mode)
    else:
        probe = draft / "probe"
        probe.mkdir()  # shows what this process gives to a new folder
        mode = stat.S_IMODE(probe.stat().st_mode)
        probe.rmdir()
    draft.chmod(mode & within | 0o700)


def _put(draft: Path, real: Path, backup: bool) -> None:
    """Have a draft take a folder's place. Killed between its two renamings, the next run puts the old one back."""
    if not real.exists():
        draft.rename(real)
        return
    kept, aside = real.with_name(real.name + BACKUP), draft.with_suffix(_ASIDE)
    if backup and kept.exists():
        kept.rename(aside)
    moved = kept if backup else aside
    real.rename(moved)
    try:
        draft.rename(real)
    except OSError:
        moved.rename(real)
        if backup and aside.exists():
            aside.rename(kept)
        raise
    shutil.rmtree(aside, ignore_errors=True)

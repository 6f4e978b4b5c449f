"""Saving replaces a file in one step or leaves it as it was: modes, owners, links, left-overs and refusals."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.file import locking, saving
from kopilot_xl.workbook.file.saving import BACKUP, check_writable, write_atomically
from tests.systems import MAKES_LINKS, links, modes

OLD, NEW = b"the old contents", b"the new contents"
NOBODY = 65534
TEMPORARY = ".kopilot-xl-Portfolio.xlsm-0123456789abcdef.tmp"

as_superuser = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only the superuser may give files away"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before each retry, which are told but not made."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody can reach and write to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def as_nobody() -> Iterator[None]:
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


# what a drive may say


class Stubborn:
    """A rename that is refused some times before it is done, as on network drives."""

    def __init__(self, refusals: int, code: int, *, done: bool = False) -> None:
        self.refusals, self.code, self.done = refusals, code, done
        self.plain = os.replace

    def __call__(self, source: str | Path, target: str | Path) -> None:
        if self.refusals:
            self.refusals -= 1
            if self.done:
                self.plain(source, target)
            raise OSError(self.code, os.strerror(self.code))
        self.plain(source, target)


@pytest.mark.parametrize("backup", [False, True])
def test_a_lock_that_moves_the_position_moves_nothing_in_the_file(
    backup: bool, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_lock(handle: int) -> bool:
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        return True

    monkeypatch.setattr(saving, "try_lock", try_lock)
    write_atomically(file, NEW, backup=backup)
    assert file.read_bytes() == NEW
    if backup:
        assert file.with_name(file.name + BACKUP).read_bytes() == OLD


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV])
def test_a_rename_that_is_refused_for_a_moment_is_tried_again(
    code: int, file: Path, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", Stubborn(3, code))
    write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == NEW
    assert names(file.parent) == [file.name]
    assert quick == [0.05, 0.1, 0.2]


@pytest.mark.parametrize(
    ("code", "message", "tries"),
    [
        (errno.EACCES, "was not saved: no permission. Close it in other programs", 5),
        (errno.EBUSY, "another program holds it. Close it there", 5),
        (errno.EXDEV, "its drive does not replace a file in one step. Save to another folder", 5),
        (errno.EIO, "Input/output error. Try again", 1),
    ],
)
def test_a_rename_that_is_refused_for_good_leaves_the_old_file(
    code: int, message: str, tries: int, file: Path, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", Stubborn(99, code))
    with pytest.raises(SaveError, match=message):
        write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == OLD
    assert names(file.parent) == [file.name]
    assert len(quick) == tries - 1
    assert sum(quick) < 1


def test_a_drive_that_renames_closed_files_only_is_written_to(
    file: Path, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft stays open, and so locked, until it was renamed; some drives of Windows refuse that."""
    plain = os.replace

    def closed_only(source: Path, target: Path) -> None:
        with source.open("rb") as draft:
            if not locking.try_lock(draft.fileno()):
                raise PermissionError(errno.EACCES, "The file is in use")
        plain(source, target)

    monkeypatch.setattr(os, "replace", closed_only)
    monkeypatch.setattr(saving, "_RENAMES_CLOSED_ONLY", True)
    write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == NEW
    assert len(quick) == 1


def test_a_rename_that_was_done_though_the_drive_said_no_counts(
    file: Path, quick: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", Stubborn(1, errno.EIO, done=True))
    write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == NEW
    assert quick == []


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_drive_that_cannot_sync_is_written_to(code: int, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == NEW


# meanwhile


@pytest.mark.parametrize(
    ("happening", "message"),
    [
        (lambda path: path.write_bytes(b"THE OLD contents"), "was changed meanwhile: refresh it again"),
        (lambda path: os.replace(_beside(path), path), "was changed meanwhile: refresh it again"),
        (lambda path: path.unlink(), "was changed meanwhile: it no longer exists. Put it back"),
        (lambda path: path.with_name(f"~${path.name}").touch(), "is open in Excel: close it there"),
        (lambda path: path.with_name(f".~lock.{path.name}#").touch(), "is open in LibreOffice: close it there"),
    ],
    ids=["edited", "replaced", "deleted", "opened in Excel", "opened in LibreOffice"],
)
@pytest.mark.parametrize("moment", ["before", "while it is written", "between two tries"])
def test_what_happens_meanwhile_is_seen_up_to_the_last_moment(
    happening: Callable[[Path], object],
    message: str,
    moment: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[list[str], bytes | None]] = []

    def look() -> tuple[list[str], bytes | None]:
        return [name for name in names(file.parent) if not name.startswith(".kopilot-xl-")], _contents(file)

    def happen(*_: object) -> None:
        if not seen:
            happening(file)
            seen.append(look())

    if moment == "before":
        happen()
    elif moment == "while it is written":
        monkeypatch.setattr(os, "fsync", happen)
    else:
        monkeypatch.setattr(os, "replace", Stubborn(1, errno.EBUSY))
        monkeypatch.setattr(time, "sleep", happen)
    with pytest.raises(SaveError, match=message):
        write_atomically(file, NEW, instead_of=OLD)
    assert seen == [look()]
    assert [name for name in names(file.parent) if name.startswith(".kopilot-xl-")] == []


def _beside(path: Path) -> Path:
    other = path.with_name("other")
    other.write_bytes(b"somebody else's!")
    return other


def _contents(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


# what is kept


@as_superuser
def test_owner_group_and_mode_are_kept(file: Path) -> None:
    os.chown(file, 1234, 5678)
    file.chmod(0o640)
    write_atomically(file, NEW, instead_of=OLD, backup=True)
    for each in (file, file.with_name(file.name + BACKUP)):
        found = each.stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 5678, 0o640)


@as_superuser
def test_a_group_that_cannot_be_kept_takes_its_rights_along(open_folder: Path) -> None:
    path = open_folder / "Portfolio.xlsm"
    path.write_bytes(OLD)
    path.chmod(0o664)
    with as_nobody():
        write_atomically(path, NEW, instead_of=OLD)
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o644)


@modes
def test_a_private_file_is_at_no_moment_open_to_others(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.chmod(0o600)
    seen: list[int] = []

    def look(handle: int) -> bool:
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return True

    monkeypatch.setattr(saving, "try_lock", look)  # called as soon as the new file is there
    write_atomically(file, NEW, instead_of=OLD)
    assert [*seen, stat.S_IMODE(file.stat().st_mode)] == [0o600, 0o600]


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="Python knows extended attributes on Linux only")
def test_extended_attributes_are_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        _stand_in_attributes(monkeypatch)
        os.setxattr(file, "user.note", b"mine")
    write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == NEW
    assert os.getxattr(file, "user.note") == b"mine"


def _stand_in_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attributes by file, for a file system that has none; they move along when a file is renamed."""
    kept: dict[int, dict[str, bytes]] = {}

    def of(path: Path) -> dict[str, bytes]:
        return kept.setdefault(os.stat(path).st_ino, {})

    monkeypatch.setattr(os, "listxattr", lambda path: list(of(path)))
    monkeypatch.setattr(os, "getxattr", lambda path, name: of(path)[name])
    monkeypatch.setattr(os, "setxattr", lambda path, name, value: of(path).update({name: value}))


@links
def test_links_are_followed_and_stay(file: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsm", tmp_path / "elsewhere" / "second.xlsm"
    first.symlink_to(file)
    second.parent.mkdir()
    second.symlink_to(first)
    write_atomically(second, NEW, instead_of=OLD, backup=True)
    assert first.is_symlink()
    assert second.is_symlink()
    assert not file.is_symlink()
    assert file.read_bytes() == NEW
    assert names(second.parent) == ["second.xlsm"]
    assert file.with_name(file.name + BACKUP).read_bytes() == OLD


def test_another_hard_link_keeps_the_old_contents(file: Path) -> None:
    other = file.with_name("other name.xlsm")
    os.link(file, other)
    write_atomically(file, NEW, instead_of=OLD)
    assert (file.read_bytes(), other.read_bytes()) == (NEW, OLD)


# backups


def test_a_backup_is_the_version_before(file: Path) -> None:
    write_atomically(file, NEW, instead_of=OLD, backup=True)
    write_atomically(file, b"newest", instead_of=NEW, backup=True)
    assert names(file.parent) == ["Portfolio.xlsm", "Portfolio.xlsm.kopilot-backup"]
    assert file.with_name("Portfolio.xlsm.kopilot-backup").read_bytes() == NEW


def test_what_does_not_change_needs_no_backup(file: Path) -> None:
    backup = file.with_name(file.name + BACKUP)
    backup.write_bytes(b"earlier")
    write_atomically(file, OLD, instead_of=OLD, backup=True)
    assert backup.read_bytes() == b"earlier"


def test_another_file_that_is_replaced_is_backed_up_and_a_new_one_is_not(file: Path) -> None:
    write_atomically(file, NEW, backup=True)
    assert file.with_name(file.name + BACKUP).read_bytes() == OLD
    write_atomically(file.with_name("new.xlsm"), NEW, backup=True)
    assert names(file.parent) == ["Portfolio.xlsm", "Portfolio.xlsm.kopilot-backup", "new.xlsm"]


@pytest.mark.parametrize("kind", ["folder", pytest.param("link", marks=links)])
def test_what_is_no_backup_is_never_replaced(kind: str, file: Path) -> None:
    place = file.with_name(file.name + BACKUP)
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(file)
    with pytest.raises(SaveError, match=r"Portfolio\.xlsm\.kopilot-backup is not a backup file\. Move it away"):
        check_writable(file, backup=True)
    with pytest.raises(SaveError, match="is not a backup file"):
        write_atomically(file, NEW, instead_of=OLD, backup=True)
    assert file.read_bytes() == OLD
    write_atomically(file, NEW, instead_of=OLD)
    assert place.is_symlink() or place.is_dir()


def test_without_a_backup_nothing_is_replaced(file: Path, quick: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    backup = file.with_name(file.name + BACKUP)
    backup.write_bytes(b"earlier")
    monkeypatch.setattr(os, "replace", Stubborn(5, errno.EBUSY))
    with pytest.raises(SaveError, match="another program holds it"):
        write_atomically(file, NEW, instead_of=OLD, backup=True)
    assert (file.read_bytes(), backup.read_bytes()) == (OLD, b"earlier")
    assert names(file.parent) == [file.name, backup.name]


# left-overs


def test_what_a_killed_process_left_is_removed_and_nothing_else(file: Path) -> None:
    mine = file.with_name(TEMPORARY)
    others = [
        ".kopilot-xl-Other.xlsm-0123456789abcdef.tmp",
        ".kopilot-xl-Portfolio.xlsm-notes.tmp",
        ".kopilot-xl-Portfolio.xlsm-0123456789abcdef.tmp.xlsx",
        "Portfolio.xlsm-0123456789abcdef.tmp",
        ".kopilot-xl-Portfolio_xlsm-0123456789abcdef.tmp",
    ]
    for name in (mine.name, *others):
        file.with_name(name).write_bytes(b"half a workb")
    if MAKES_LINKS:
        others.append(".kopilot-xl-Portfolio.xlsm-fedcba9876543210.tmp")
        file.with_name(others[-1]).symlink_to(file)
    write_atomically(file, NEW, instead_of=OLD)
    assert names(file.parent) == sorted([file.name, *others])
    assert file.read_bytes() == NEW


def test_what_a_live_process_writes_is_not_touched(file: Path) -> None:
    mine = file.with_name(TEMPORARY)
    with mine.open("wb") as working:
        assert locking.try_lock(working.fileno())
        write_atomically(file, NEW, instead_of=OLD)
        assert mine.exists()
    write_atomically(file, OLD, instead_of=NEW)
    assert not mine.exists()


def test_a_draft_is_locked_while_it_is_worked_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a second one, writing at the same time, takes it for no left-over."""
    plain = os.replace

    def meanwhile(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "replace", plain)
        write_atomically(file, b"from another", instead_of=None)
        plain(source, target)

    monkeypatch.setattr(os, "replace", meanwhile)
    write_atomically(file, NEW, instead_of=OLD)
    assert file.read_bytes() == NEW
    assert names(file.parent) == [file.name]


def test_without_locks_age_tells_what_is_left_over(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> bool:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(locking, "_try_lock", refuse)
    young, old = file.with_name(TEMPORARY), file.with_name(TEMPORARY.replace("0123", "4567"))
    for each in (young, old):
        each.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 24 * 3600,) * 2)
    write_atomically(file, NEW, instead_of=OLD)
    assert names(file.parent) == sorted([young.name, file.name])


def test_a_name_as_long_as_can_be_is_saved(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 120 + ".xlsm")
    path.write_bytes(OLD)
    write_atomically(path, NEW, instead_of=OLD)
    assert path.read_bytes() == NEW


# no permission


@as_superuser
def test_a_folder_of_others_is_refused(open_folder: Path) -> None:
    path = open_folder / "Portfolio.xlsm"
    path.write_bytes(OLD)
    path.chmod(0o666)
    open_folder.chmod(0o755)
    with as_nobody(), pytest.raises(SaveError, match=r"no permission|is read-only"):
        write_atomically(path, NEW, instead_of=OLD)
    assert path.read_bytes() == OLD
    assert names(open_folder) == [path.name]


@as_superuser
def test_a_lock_of_another_user_counts(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.05)
    path = open_folder / "Portfolio.xlsm"
    path.write_bytes(OLD)
    with (
        locking.file_lock(path),
        as_nobody(),
        pytest.raises(SaveError, match="is being refreshed"),
        locking.file_lock(path),
    ):
        pass
    assert names(open_folder) == [path.name]

"""Whatever happens to a refresh: afterwards there is the old workbook or the new one, and the next refresh works."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.file import locking
from kopilot_xl.workbook.file.saving import BACKUP
from kopilot_xl.workbook.sheets import settings
from tests import libreoffice
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, NOW, column, make_portfolio

ROOT = Path(__file__).parents[2]
LEAST = {"every line": 110, "with a backup behind a link": 40, "to another file": 30, "at any moment": 25}
LEAST |= {"an update": 60, "an update at any moment": 25}
"""How many kills there are at least, case by case: more than 200 in all."""
EARLIER = date(2026, 6, 1)
PAGE = 4096

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork and no limits on file sizes")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return make_portfolio(tmp_path / "place" / "Portfolio.xlsm")


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "kopilot_xl", *map(str, arguments)]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, cwd=ROOT)


def dates(path: Path) -> list[Any]:
    """The dates recorded in the workbook's History: one for each refresh that counted."""
    return [day for day in column(path, "History", "Date") if day]


# killed


@pytest.mark.slow
@on_posix
@pytest.mark.parametrize("case", LEAST)
def test_killed_at_any_step_it_is_the_old_or_the_new_workbook(case: str, tmp_path: Path) -> None:
    kills = _kills(case, tmp_path)
    assert len(kills) >= LEAST[case]
    assert [kill for kill in kills if kill["file"] not in ("old", "new")] == []
    assert [kill for kill in kills if kill["backup"] not in _BACKUPS[case]] == []
    assert [kill for kill in kills if kill["wrong"]] == []
    # What is replaced is in the backup before it is replaced.
    assert [kill for kill in kills if (kill["file"], kill["backup"]) == ("new", "earlier")] == []
    # Both came about, and there was something left for the next refresh to clear away.
    assert {kill["file"] for kill in kills} == {"old", "new"} or "at any moment" in case
    assert any(name.endswith(".tmp") for kill in kills for name in kill["left"]) or "at any moment" in case
    assert any(name.endswith(".lock") for kill in kills for name in kill["left"])
    assert all(name.startswith(".kopilot-xl-Portfolio.xlsm") for kill in kills for name in kill["left"])
    if case != "every line" and "at any moment" not in case:
        steps = {"within write", "after fsync", "before replace", "after replace", "after flock"}
        assert steps <= {kill["step"] for kill in kills}


_BACKUPS = {case: ("earlier", "old") if "backup" in case or "update" in case else ("none",) for case in LEAST}


def test_the_old_and_the_new_workbook_are_sound(tmp_path: Path) -> None:
    """What the kills are compared with, byte for byte, are workbooks that open."""
    path = make_portfolio(tmp_path / "Portfolio.xlsm")
    assert_sound(path)
    refresh(open_book(path), AS_OF, now=NOW)
    assert_sound(path)


def _kills(case: str, folder: Path) -> list[dict[str, Any]]:
    program = [sys.executable, "-m", "tests.safety.killing", case, str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# no room


@cache
def may_mount() -> bool:
    """Whether a small disk can be had here: that takes the superuser, and not every container lets one."""
    return sys.platform == "linux" and os.geteuid() == 0 and _mounts()


def _mounts() -> bool:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        found = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if found.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return found.returncode == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill_up(disk: Path, room: int) -> Path:
    """Fill a disk but for some bytes."""
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(bytes(max(free - room, 0)))
    return filler


def _rooms() -> list[tuple[str, int, bool]]:
    """How a disk is full, how many bytes it still takes, and whether a backup is wanted."""
    rooms = [("limit", 0, False), ("limit", 20_000, False), ("limit", 20_000, True)]
    if may_mount():
        one = 12 * PAGE  # room for one workbook, not for a backup too
        rooms += [("disk", 0, False), ("disk", PAGE, False), ("disk", 5 * PAGE, False), ("disk", one, True)]
    return rooms


@on_posix
@pytest.mark.parametrize(("kind", "room", "backup"), _rooms())
def test_without_room_the_old_workbook_stays(kind: str, room: int, backup: bool, book: Path, tmp_path: Path) -> None:
    if kind == "limit":
        _without_room_for_large_files(book, room, backup)
        return
    with small_disk(tmp_path / "disk") as disk:
        path = make_portfolio(disk / "Portfolio.xlsm")
        before, filler = path.read_bytes(), _fill_up(disk, room)
        with pytest.raises(SaveError, match=r"no room left on the disk\. Free some"):
            refresh(open_book(path), AS_OF, now=NOW, backup=backup)
        assert path.read_bytes() == before
        assert names(disk) == ["Portfolio.xlsm", "filler"]
        filler.unlink()
        refresh(open_book(path), AS_OF, now=NOW, backup=backup)
        assert_sound(path)


def _without_room_for_large_files(book: Path, room: int, backup: bool) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    before = book.read_bytes()
    arguments = command("refresh", book, *(["--backup"] if backup else []))
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=limit,
    )
    assert done.returncode == 1
    assert "was not saved: there is no room left on the disk. Free some and try again." in done.stderr
    assert book.read_bytes() == before
    assert names(book.parent) == [book.name]
    refresh(open_book(book), AS_OF, now=NOW, backup=backup)
    assert_sound(book)


# no permission


def test_a_read_only_workbook_is_refused_before_any_work(book: Path) -> None:
    book.chmod(0o444)
    before = book.read_bytes()
    with pytest.raises(SaveError, match=r"Portfolio\.xlsm is read-only: allow writing in its properties"):
        refresh(open_book(book), AS_OF, now=NOW)
    assert book.read_bytes() == before
    assert names(book.parent) == [book.name]


@on_posix
def test_a_read_only_folder_is_refused_and_an_output_elsewhere_is_not(book: Path, tmp_path: Path) -> None:
    before = book.read_bytes()
    book.parent.chmod(0o555)
    try:
        with pytest.raises(SaveError, match=r"is read-only\. Use another folder"):
            refresh(open_book(book), AS_OF, now=NOW)
        assert names(book.parent) == [book.name]
        refresh(open_book(book), AS_OF, now=NOW, output=tmp_path / "out.xlsm")
    finally:
        book.parent.chmod(0o755)
    assert book.read_bytes() == before
    assert_sound(tmp_path / "out.xlsm")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EBUSY, errno.EXDEV])
def test_a_drive_that_refuses_leaves_the_old_workbook(code: int, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(SaveError, match="was not saved"):
            refresh(open_book(book), AS_OF, now=NOW)
    assert book.read_bytes() == before
    assert names(book.parent) == [book.name]
    refresh(open_book(book), AS_OF, now=NOW)
    assert_sound(book)


# others at work on it


@pytest.mark.parametrize("what", ["edited", "replaced", "deleted"])
def test_what_somebody_else_does_between_reading_and_saving_is_not_lost(what: str, book: Path) -> None:
    opened = open_book(book)
    with opened.locked():
        opened.write_block(settings.COMPANY.name, [["Alder Advice"]])
        theirs: bytes | None = None
        if what == "edited":
            theirs = book.read_bytes()[:-1] + b"!"  # as long as before
            book.write_bytes(theirs)
        elif what == "replaced":
            theirs = make_portfolio(book.with_name("other.xlsm"), settings={"Company": "Birch"}).read_bytes()
            book.with_name("other.xlsm").replace(book)
        else:
            book.unlink()
        with pytest.raises(SaveError, match="was changed meanwhile"):
            opened.save()
    assert (book.read_bytes() if book.exists() else None) == theirs
    assert names(book.parent) == ([] if what == "deleted" else [book.name])


def test_a_book_that_changed_before_it_was_refreshed_is_read_anew(book: Path) -> None:
    opened = open_book(book)
    refresh(open_book(book), EARLIER, now=NOW)
    refresh(opened, AS_OF, now=NOW)
    assert dates(book) == [EARLIER, AS_OF]
    assert_sound(book)


def test_a_book_with_writing_of_its_own_is_not_read_anew(book: Path) -> None:
    opened = open_book(book)
    opened.write_block(settings.COMPANY.name, [["Alder Advice"]])
    refresh(open_book(book), EARLIER, now=NOW)
    with pytest.raises(SaveError, match="was changed meanwhile"):
        refresh(opened, AS_OF, now=NOW)
    assert dates(book) == [EARLIER]


def test_of_two_refreshes_at_once_one_waits_and_both_count(book: Path) -> None:
    days = [EARLIER, AS_OF]
    with locking.file_lock(book):
        both = [
            subprocess.Popen(
                command("refresh", book, "--as-of", day.isoformat()),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for day in days
        ]
        for each in both:
            assert each.stderr is not None
            told = each.stderr.readline()  # both have read the workbook, and wait
            assert told.startswith(f"kopilot-xl: {book} is being refreshed by process {os.getpid()} on ")
            assert told.endswith(": waiting for it to finish.\n")
    for each in both:
        each.communicate(timeout=60)
        assert each.returncode == 0
    assert sorted(dates(book)) == days
    assert names(book.parent) == [book.name]
    assert_sound(book)


def test_who_waits_in_vain_is_told_for_whom(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.1)
    before = book.read_bytes()
    told: list[str] = []
    with (
        locking.file_lock(book),
        pytest.raises(SaveError, match=rf"by process {os.getpid()} on .* Let it finish, or end it"),
    ):
        refresh(open_book(book), AS_OF, now=NOW, waiting=told.append)
    assert len(told) == 1
    assert book.read_bytes() == before


def test_reading_alone_waits_for_nobody(book: Path) -> None:
    with locking.file_lock(book):
        done = subprocess.run(command("check", book), capture_output=True, text=True, check=False, cwd=ROOT, timeout=50)
        assert done.returncode == 0
        assert "is being refreshed" not in done.stderr
        # The workbook is only read where another file is written.
        refresh(open_book(book), AS_OF, now=NOW, output=book.with_name("out.xlsm"))


@pytest.mark.libreoffice
def test_a_workbook_open_in_libreoffice_is_refused(book: Path) -> None:
    if reason := libreoffice.missing():
        pytest.skip(reason)
    before = book.read_bytes()
    script = f"""
import os, subprocess
done = subprocess.run({command("refresh", book)!r}, capture_output=True, text=True, cwd={str(ROOT)!r})
result = [done.returncode, done.stderr]
"""
    code, told = libreoffice.run(book, script)
    assert code == 1
    assert f"{book} is open in LibreOffice: close it there" in told
    assert book.read_bytes() == before
    refresh(open_book(book), AS_OF, now=NOW)
    assert_sound(book)


# the version before


def test_a_backup_keeps_the_version_before(book: Path) -> None:
    before = book.read_bytes()
    backup = book.with_name(book.name + BACKUP)
    done = run("refresh", book, "--as-of", EARLIER.isoformat(), "--backup")
    assert done.returncode == 0, done.stderr
    assert backup.read_bytes() == before
    first = book.read_bytes()
    refresh(open_book(book), AS_OF, now=NOW, backup=True)
    assert backup.read_bytes() == first
    assert names(book.parent) == [book.name, backup.name]
    backup.replace(book)
    assert_sound(book)
    assert dates(book) == [EARLIER]


def test_with_an_output_the_backup_is_of_what_was_there(book: Path) -> None:
    output = book.with_name("Output.xlsm")
    before = book.read_bytes()
    refresh(open_book(book), EARLIER, now=NOW, output=output, backup=True)
    assert names(book.parent) == [output.name, book.name]
    first = output.read_bytes()
    refresh(open_book(book), AS_OF, now=NOW, output=output, backup=True)
    assert output.with_name(output.name + BACKUP).read_bytes() == first
    assert book.read_bytes() == before

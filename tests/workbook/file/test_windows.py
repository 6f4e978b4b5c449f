"""Names that Windows takes for something else, and paths that are long for it; the rules are the same everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kopilot_xl.errors import BookError, SaveError
from kopilot_xl.workbook.file import windows
from kopilot_xl.workbook.file.saving import write_atomically


@pytest.mark.parametrize(
    "path",
    [
        "NUL", "nul.xlsm", "Con.xlsx", "aux.tar.gz", r"C:\Clients\COM1.xlsm", "COM9", "lpt1.csv", "PRN .xlsm",
        "COM\u00b2.xlsm", r"C:\con\Portfolio.xlsm", r"..\nul\x.xlsm", "CONIN$", "nul:stream", r"\\.\PhysicalDrive0",
        "//./pipe/x", r"\\?\C:\Clients\NUL.xlsm", "C:nul",
    ],
)  # fmt: skip
def test_a_device_is_no_file(path: str) -> None:
    assert windows.device(path) is not None
    assert "for a device" in (windows.refusal(path) or "")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("Portfolio.xlsm.", 'leaves out the dots and blanks that "Portfolio.xlsm." ends in'),
        ("Portfolio.xlsm ", 'leaves out the dots and blanks that "Portfolio.xlsm " ends in'),
        (r"C:\Clients \Portfolio.xlsm", 'that "Clients " ends in'),
        ("Portfolio.xlsm:today", "has no : in names"),
        ("Portfolio?.xlsm", "has no ? in names"),
        (r"C:\Clients\a|b.csv", "has no | in names"),
        ("Portfolio\n.xlsm", "has no \n in names"),
    ],
)
def test_what_windows_would_put_elsewhere_is_refused(path: str, why: str) -> None:
    assert windows.device(path) is None
    assert why in (windows.refusal(path) or "")


@pytest.mark.parametrize(
    "path",
    [
        "Portfolio.xlsm", r"C:\Clients\Portfolio.xlsm", "C:Portfolio.xlsm", r"\\server\share\Portfolio.xlsm", ".", "..",
        r"..\.\Portfolio.xlsm", r"\\?\C:\Clients\Portfolio.xlsm", r"\\?\UNC\server\share\Portfolio.xlsm",
        "console.xlsm", "COM10.xlsm", "nulls.csv", "Konto & Söhne (2026).xlsm", "a.con", "C:/Clients/x.xlsm",
    ],
)  # fmt: skip
def test_other_names_are_taken(path: str) -> None:
    assert windows.refusal(path) is None


def test_a_long_path_gets_the_form_that_may_have_any_length() -> None:
    long = "\\".join(["folder"] * 40)
    assert windows.extended(r"C:\Clients\Portfolio.xlsm") == r"C:\Clients\Portfolio.xlsm"
    assert windows.extended(f"C:\\{long}") == f"\\\\?\\C:\\{long}"
    assert windows.extended(f"\\\\server\\share\\{long}") == f"\\\\?\\UNC\\server\\share\\{long}"
    assert windows.extended(f"\\\\?\\C:\\{long}") == f"\\\\?\\C:\\{long}"


@pytest.mark.skipif(os.name == "nt", reason="on Windows such a name is refused")
def test_elsewhere_these_are_names_like_others(tmp_path: Path) -> None:
    path = tmp_path / "nul.xlsm."
    write_atomically(path, b"new")
    assert windows.read_bytes(path) == b"new"


def _held(number: int) -> OSError:
    error = PermissionError(13, "used by another process")
    error.winerror = number  # type: ignore[attr-defined]
    return error


class Held:
    """Refuses to read as Windows does where another program has a file open, so many times."""

    def __init__(self, times: int, number: int = 32) -> None:
        self.times, self.number, self.plain = times, number, Path.read_bytes

    def __call__(self, path: Path) -> bytes:
        if self.times:
            self.times -= 1
            raise _held(self.number)
        return self.plain(path)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def test_who_holds_a_file_for_a_moment_is_waited_for(
    tmp_path: Path, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(b"old")
    held = Held(3)
    monkeypatch.setattr(Path, "read_bytes", lambda self: held(self))
    assert windows.read_bytes(path) == b"old"
    assert len(pauses) == 3
    held.times, held.number = 1, 5  # access denied, which does not pass
    with pytest.raises(PermissionError):
        windows.read_bytes(path)
    assert len(pauses) == 3


def test_who_holds_a_file_longer_is_said(tmp_path: Path, pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(b"old")

    def replace(source: object, target: object) -> None:
        raise _held(32)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(SaveError, match=r"another program holds it\. Close it there"):
        write_atomically(path, b"new", instead_of=b"old")
    assert [path.name] == [each.name for each in tmp_path.iterdir()]
    assert path.read_bytes() == b"old"
    assert len(pauses) == len(windows.PAUSES)


def test_a_file_that_is_held_while_it_is_compared_is_tried_again(
    tmp_path: Path, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(b"old")
    held = Held(2)
    monkeypatch.setattr(Path, "read_bytes", lambda self: held(self))
    write_atomically(path, b"new", instead_of=b"old")
    assert held.plain(path) == b"new"
    assert len(pauses) == 2


def test_a_name_is_checked_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    with pytest.raises(SaveError, match=r"nul\.xlsm cannot be written: Windows takes nul\.xlsm for a device"):
        windows.check_name("nul.xlsm")
    with pytest.raises(BookError, match=r"con cannot be read: Windows takes con for a device"):
        windows.check_no_device("con")
    windows.check_name("Portfolio.xlsm")

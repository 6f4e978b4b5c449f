"""Which workbooks names, patterns and folders stand for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kopilot_xl.usecases.batch.discovery import Target, workbooks

TREE = (
    "alder/Portfolio.xlsm",
    "alder/~$Portfolio.xlsm",
    "alder/Portfolio.xlsm.kopilot-backup",
    "alder/.kopilot-xl-Portfolio.xlsm.lock",
    "alder/.~lock.Portfolio.xlsm#",
    "alder/._Portfolio.xlsm",
    "alder/notes.txt",
    "alder/old.xls",
    "birch [2026]/2025/Old.XLSX",
    "birch [2026]/New.xlsm",
    ".hidden/Portfolio.xlsm",
    "empty/.gitignore",
    "zebra.xlsx",
)
ALL = ["zebra.xlsx", "alder/Portfolio.xlsm", "birch [2026]/New.xlsm", "birch [2026]/2025/Old.XLSX"]


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*names: str, exclude: Path | None = None) -> list[str]:
    search = workbooks(names, exclude=exclude)
    assert search.failures == []
    return [each.path.as_posix() for each in search.books]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["."], ALL),
        (["alder"], ["alder/Portfolio.xlsm"]),
        (["alder/"], ["alder/Portfolio.xlsm"]),
        ([".hidden"], [".hidden/Portfolio.xlsm"]),
        (["alder", "zebra.xlsx", "."], ["alder/Portfolio.xlsm", "zebra.xlsx", *ALL[2:]]),
        (["zebra.xlsx", "./zebra.xlsx", "alder/../zebra.xlsx"], ["zebra.xlsx"]),
        (["*.xlsx"], ["zebra.xlsx"]),
        (["alder/*.xlsm"], ["alder/Portfolio.xlsm"]),
        (["**/*.xlsm"], ["alder/Portfolio.xlsm", "birch [2026]/New.xlsm"]),
        (["birch [2026]/*.xlsm"], ["birch [2026]/New.xlsm"]),
        (["b*"], ["birch [2026]/New.xlsm", "birch [2026]/2025/Old.XLSX"]),
        (["none.xlsm"], ["none.xlsm"]),
        (["x*.xlsm"], ["x*.xlsm"]),
        (["alder/~$Portfolio.xlsm"], ["alder/~$Portfolio.xlsm"]),
        (["alder/notes.txt"], ["alder/notes.txt"]),
    ],
    ids=str,
)
def test_names(names: list[str], expected: list[str]) -> None:
    assert found(*names) == expected


def test_what_is_named_is_meant_and_what_is_found_may_be_somebody_elses() -> None:
    assert workbooks(["alder", "zebra.xlsx"]).books == [
        Target(Path("alder/Portfolio.xlsm"), named=False),
        Target(Path("zebra.xlsx"), named=True),
    ]
    both = workbooks([".", "zebra.xlsx"]).books
    assert both[0] == Target(Path("zebra.xlsx"), named=True)
    assert len(both) == len(ALL)


def test_the_summary_of_the_last_time_is_none_of_them_unless_it_is_named() -> None:
    assert found(".", exclude=Path("alder/../zebra.xlsx")) == ALL[1:]
    assert found("zebra.xlsx", exclude=Path("zebra.xlsx")) == ["zebra.xlsx"]


@pytest.mark.parametrize("name", ["empty", ".hidden/none"])
def test_a_folder_without_workbooks_is_a_failure(name: str) -> None:
    Path(name).mkdir(exist_ok=True)
    search = workbooks([name, "zebra.xlsx"])
    assert [each.path for each in search.books] == [Path("zebra.xlsx")]
    [(place, why)] = search.failures
    assert place == Path(name)
    assert why == f"There is no workbook (.xlsx or .xlsm) in the folder {Path(name)}: name another one."


@pytest.mark.skipif(sys.platform == "win32", reason="making links takes rights there")
def test_links_lead_to_a_workbook_once_and_never_in_circles(tree: Path) -> None:
    os.symlink(tree / "zebra.xlsx", tree / "alder" / "link.xlsx")
    os.symlink(tree, tree / "alder" / "round")
    os.symlink(tree / "nowhere.xlsm", tree / "alder" / "broken.xlsm")
    os.symlink(tree / "alder", tree / "link")
    assert found("alder") == ["alder/Portfolio.xlsm", "alder/broken.xlsm", "alder/link.xlsx"]
    assert found(".") == ["zebra.xlsx", "alder/Portfolio.xlsm", "alder/broken.xlsm", *ALL[2:]]
    assert found("link") == ["link/Portfolio.xlsm", "link/broken.xlsm", "link/link.xlsx"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders say nothing there")
def test_a_folder_that_cannot_be_entered_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("alder"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the superuser may enter every folder
    search = workbooks(["."])
    assert [each.path.as_posix() for each in search.books] == [ALL[0], *ALL[2:]]
    assert [why for _, why in search.failures] == [
        "The folder alder cannot be listed: Permission denied. Check that you may open it."
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names there")
def test_what_is_no_file_is_no_workbook(tree: Path) -> None:
    os.mkfifo(tree / "alder" / "pipe.xlsm")
    (tree / "alder" / "folder.xlsx").mkdir()
    assert found("alder") == ["alder/Portfolio.xlsm"]


def test_a_folder_of_very_many(tree: Path) -> None:
    for number in range(1000):
        (tree / "empty" / f"{number:04}.xlsm").write_bytes(b"")
    assert found("empty", *[f"empty/{number:04}.xlsm" for number in range(1000)]) == [
        f"empty/{number:04}.xlsm" for number in range(1000)
    ]

"""Kill every command that writes, at steps of its writing: what is there is the old or the new, and a next call mends.

`python -m tests.safety.killing_commands --all` kills at each operation on a file, without `--all` at three of them. It
prints a line of JSON for each command: how many kills, and what was wrong after them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from kopilot_xl import new, open_book
from kopilot_xl.errors import KopilotError
from tests.portfolios import make_portfolio
from tests.safety import killing

EXPORTS = ("clients.csv", "invoices.csv")
COMMANDS: dict[str, list[str]] = {
    "new": ["new", "new.xlsm", "--clients", EXPORTS[0], "--transactions", EXPORTS[1], "--force"],
    "demo": ["demo", "demo.xlsm", "--force"],
    "refresh": ["refresh", "book.xlsm", "--backup"],
    "refresh of several with a summary": ["refresh", "book.xlsm", "other.xlsm", "--summary", "all.xlsx"],
    "refresh with a page": ["refresh", "book.xlsm", "--summary", "all.html"],
    "update": ["update", "imported.xlsm", "--clients", EXPORTS[0], "--transactions", "later.csv"],
    "report": ["report", "book.xlsm"],
    "report of several": ["report", "book.xlsm", "other.xlsm"],
    "upgrade": ["upgrade", "earlier.xlsm"],
    "adopt": ["adopt", "own.xlsx", "--output", "adopted.xlsx", "--force"],
    "adopt in place": ["adopt", "own.xlsx", "--in-place"],
    "segment": ["segment", *EXPORTS, "--output", "segments.csv"],
    "segment into a folder": ["segment", *EXPORTS, "--output", "segments"],
    "schedule": ["schedule", "book.xlsm", "--daily", "07:00", "--using", "launchd"],
    "schedule with systemd": ["schedule", "book.xlsm", "--daily", "07:00", "--using", "systemd"],
}
"""Every command that writes a file, `install` apart, which writes where Excel is. Each may be called twice."""

_DRAFT = re.compile(r"\.kopilot-xl-|^\..*\.(?:tmp|old|lock)$")
_DONE_ALREADY = "was adopted already"
"""What a next call says where the killed one had done all."""
_TABLES = ("Clients", "Transactions", "Actions")
_EARLIER = Path(__file__).parents[1] / "workbooks" / "0.1.0.xlsm"


def stock(folder: Path) -> None:
    """Make what the commands read."""
    import openpyxl

    make_portfolio(folder / "book.xlsm")
    shutil.copy(folder / "book.xlsm", folder / "other.xlsm")
    shutil.copy(_EARLIER, folder / "earlier.xlsm")
    (folder / EXPORTS[0]).write_text("Client ID,Client\nA1,Alder\nB2,Birch\n")
    sales: list[list[object]] = [
        ["A1", "2026-06-01", 100, "R1"],
        ["B2", "2026-05-01", 250, "R2"],
        ["A1", "2026-03-01", 90, "R3"],
    ]
    head: list[object] = ["Customer no.", "Invoice date", "Net amount", "Invoice no."]
    lines = [",".join(map(str, row)) + "\n" for row in sales]
    (folder / EXPORTS[1]).write_text("Client ID,Issue date,Amount,Reference\n" + "".join(lines))
    (folder / "later.csv").write_text(
        "Client ID,Issue date,Amount,Reference\n" + "".join([*lines, "B2,2026-06-20,7,R4\n"])
    )
    new(folder / "imported.xlsm", folder / EXPORTS[0], folder / EXPORTS[1])
    own = openpyxl.Workbook()
    own.active.title = "Customers"  # type: ignore[union-attr]  # it has one
    for row in (["Customer no.", "Customer"], ["A1", "Alder"], ["B2", "Birch"]):
        own["Customers"].append(row)
    own.create_sheet("Invoices").append(head)
    for sale in sales:
        own["Invoices"].append(sale)
    own.save(folder / "own.xlsx")
    (folder / "bin").mkdir()
    for name in ("launchctl", "systemctl"):  # stand in for what is not here, or must not be changed
        (folder / "bin" / name).write_text("#!/bin/sh\nexec true\n")
        (folder / "bin" / name).chmod(0o755)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its name, without drafts and locks."""
    return {name: path.read_bytes() for name, path in _files(folder).items() if not _is_draft(name)}


def _files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _is_draft(name: str) -> bool:
    return any(_DRAFT.search(part) for part in Path(name).parts)


def seen(path: Path) -> object:
    """Return what a reader sees in a file, whatever the time of day: the rows of a workbook, the text of a page."""
    name = path.name.removesuffix(".kopilot-backup")
    if name.endswith((".xlsx", ".xlsm")):
        try:
            book = open_book(_copy(path, name)) if name != path.name else open_book(path)
            return [
                [list(row) for row in book.table(table).rows] for table in _TABLES if book.has_table(table)
            ] or "sound"
        except KopilotError as error:
            return f"broken: {error}"
    data = path.read_bytes()
    return re.sub(rb"\d+", b"", data) if name.endswith(".html") else data


def _copy(path: Path, name: str) -> Path:
    target = path.parent.parent / "backups" / name
    target.parent.mkdir(exist_ok=True)
    return Path(shutil.copy(path, target))


class Killer:
    """A command in a folder of its own, run and killed over and over."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self.arguments = arguments
        self.stock, self.place = folder / "stock", folder / "place"
        self.stock.mkdir()
        stock(self.stock)
        self.old = contents(self.stock)
        self._reset()
        self.labels = self._run(None)
        self.new = {name: seen(path) for name, path in _files(self.place).items() if not _is_draft(name)}
        assert self.new.keys() > self.old.keys() or any(
            self.old[name] != data for name, data in contents(self.place).items() if name in self.old
        ), "the command wrote nothing"

    def steps(self, everywhere: bool) -> list[int]:
        """Return where to kill: everywhere, or in the last writing, and right before and after the last replacing."""
        every = range(len(self.labels))
        if everywhere:
            return list(every)
        wanted = (("within write",), ("before replace", "before rename"), ("after replace", "after rename"))
        found = [[at for at in every if self.labels[at] in labels] for labels in wanted]
        return sorted({some[-1] for some in found if some} or {len(self.labels) // 2})

    def kill(self, step: int) -> list[str]:
        """Kill at a step; return what is wrong then, and after the next call."""
        self._reset()
        self._run(step)
        wrong = [f"{name} is neither old nor new" for name in self._broken()]
        wrong += [f"{name} is gone" for name in self.old if not (self.place / name).exists() and name in self.new]
        self._run(None)
        after = _files(self.place)
        wrong += [f"{name} is left" for name in after if _is_draft(name)]
        wrong += [
            f"{name} is another one after the next call"
            for name, shown in self.new.items()
            if not name.endswith(".kopilot-backup") and (name not in after or seen(after[name]) != shown)
        ]
        return [f"{self.labels[step]} ({step}): {each}" for each in wrong]

    def _broken(self) -> Iterator[str]:
        for name, path in _files(self.place).items():
            if _is_draft(name) or path.read_bytes() in (
                self.old.get(name),
                self.old.get(name.removesuffix(".kopilot-backup")),
            ):
                continue
            if name not in self.new or seen(path) != self.new[name]:
                yield name

    def _reset(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.stock, self.place)

    def _run(self, kill_at: int | None) -> list[str]:
        """Run the command, or kill it at a step; return the labels of its steps."""
        report = self.place.parent / "steps.json"
        environment = {
            **os.environ,
            "HOME": str(self.place / "home"),
            "PATH": f"{self.place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        environment.pop("XDG_CONFIG_HOME", None)
        program = [sys.executable, "-m", "tests.safety.killing_commands", "--child", str(report)]
        place = [] if kill_at is None else ["--kill-at", str(kill_at)]
        done = subprocess.run(
            [*program, *place, "--", *self.arguments],
            cwd=self.place, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        expected = 0 if kill_at is None else -signal.SIGKILL
        if kill_at is None and _DONE_ALREADY in done.stderr:
            return []
        assert done.returncode == expected, f"{self.arguments} ended with {done.returncode}: {done.stderr}"
        return list(json.loads(report.read_text())) if kill_at is None else []


def _child(report: Path, kill_at: int | None, arguments: Sequence[str]) -> None:
    """Run a command in this process, each operation on files a step."""
    from kopilot_xl.cli import main

    steps = killing.Steps(kill_at)
    killing.OPERATIONS += [(os, name) for name in ("rename", "mkdir", "rmdir")]
    write_text = report.write_text
    steps.watch_operations()
    sys.argv = ["kopilot-xl", *arguments]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    labels = list(steps.labels)
    write_text(json.dumps(labels))
    sys.exit(int(str(code or 0)) if not isinstance(code, int) else code)


def run(name: str, folder: Path, everywhere: bool = False) -> tuple[int, list[str]]:
    """Kill a command; return how often, and what was wrong."""
    killer = Killer(COMMANDS[name], folder)
    steps = killer.steps(everywhere)
    return len(steps), [line for step in steps for line in killer.kill(step)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill all commands and print what became of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.safety.killing_commands")
    parser.add_argument("--all", action="store_true", help="kill at each operation on a file")
    parser.add_argument("--child", type=Path)
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("rest", nargs="*")
    chosen = parser.parse_args(arguments)
    if chosen.child:
        _child(chosen.child, chosen.kill_at, chosen.rest)
    failed = False
    for name in COMMANDS:
        with TemporaryDirectory() as folder:
            kills, wrong = run(name, Path(folder), chosen.all)
        failed = failed or bool(wrong)
        print(json.dumps({"command": name, "kills": kills, "wrong": wrong}), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""Print what the promises of `docs/safety.md` came to: `python -m bench.safety`, in an hour; `--quick` in minutes.

It runs the generators of `tests/safety`, and so needs the packages that the tests need, and LibreOffice; `wolfxl` is
compared with where it is installed.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import stat
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.other_editors import SAVED, edit, installed, saved
from bench.other_editors import ends as other_ends
from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.file import book as file
from kopilot_xl.workbook.file import locking, saving
from kopilot_xl.workbook.file.ooxml import package
from tests.portfolios import AS_OF, NOW, make_portfolio
from tests.safety.child import Outcome, outcomes
from tests.safety.comparing import assert_only_owned_cells_changed
from tests.safety.hostile import HOSTILE, zipped
from tests.safety.killing import CASES
from tests.safety.killing_commands import COMMANDS
from tests.safety.test_hostile import MAX_RESIDENT, MEGABYTES, SECONDS, SECRET
from tests.safety.workbooks import FEATURES, everything, packed, unpacked

QUICK_CASES = ("with a backup behind a link", "to another file")
"""The cases of `tests.safety.killing` that are run with `--quick`."""
PARTS = ("features", "hostile", "kills", "commands", "editing", "fuzz", "coverage", "locks")
ROUNDS = 15
PADDING = 5_000_000
"""How many bytes are added to a workbook to have a large one."""

_UNPREFIXED = re.compile(r"^(<?)[cx]:")
_FUZZED = re.compile(r"^(\d+) executions, \d+ ends, (\d+) failed, (\d+) MB at most$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A line of the table; `theirs` is the same through each of `EDITORS` where that can be compared."""

    what: str
    ours: str
    theirs: Mapping[str, str] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.safety", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of all that takes long")
    parser.add_argument("--seconds", type=float, help="how long to fuzz; 600, or 30 if quick")
    parser.add_argument("--sequences", type=int, help="how many sequences of editing; 300, or 5 if quick")
    parser.add_argument("--seed", type=int, default=1, help="where fuzzing starts")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="some parts alone")
    chosen = parser.parse_args(arguments)
    seconds = chosen.seconds or (30 if chosen.quick else 600)
    sequences = chosen.sequences or (5 if chosen.quick else 300)
    editors = installed()
    table = Table(title=_machine())
    for heading in ("", "kopilot-xl refresh", *(f"{editor}: load and save" for editor in editors)):
        table.add_column(heading, justify="left" if not heading else "right", overflow="fold")
    left: dict[str, list[str]] = {}

    def carried() -> list[Row]:
        rows, lost = features(folder, editors)
        left.update(lost)
        return [*rows, modes(folder, editors)]

    parts: dict[str, Callable[[], list[Row]]] = {
        "features": carried,
        "hostile": lambda: hostile(folder, editors),
        "kills": lambda: [kills(folder, QUICK_CASES if chosen.quick else tuple(CASES))],
        "commands": lambda: [killed_commands(not chosen.quick)],
        "editing": lambda: [editing(sequences)],
        "fuzz": lambda: fuzzing(folder, seconds, chosen.seed),
        "coverage": lambda: fuzzing_by_coverage(folder, seconds, chosen.seed),
        "locks": lambda: locks(folder),
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        rows = [row for part in chosen.only or parts for row in parts[part]()]
    for row in rows:
        table.add_row(row.what, row.ours, *(row.theirs.get(editor, "") for editor in editors))
    console = Console(width=120)
    console.print(table)
    for editor, lost in left.items():
        console.print(f"Not carried by {editor}: {', '.join(lost) or 'nothing'}.")


def features(folder: Path, editors: Sequence[str]) -> tuple[list[Row], dict[str, list[str]]]:
    """Return how many features are carried by us and by other editors, and what each of those leaves out.

    The judge is the same for all: the mark by which a feature is recognised stands in the workbook as often as
    before, in whatever part.
    """
    before = everything(folder / "before.xlsm")
    ours = folder / "ours.xlsm"
    refresh(open_book(before), AS_OF, output=ours, now=NOW)
    paths = {"": ours}
    for editor in editors:
        edit(editor, before, saved(before, editor))
        paths[editor] = saved(before, editor)
    marks = _marks(before)
    assert all(marks.values()), [name for name, count in marks.items() if not count]
    counts = {name: _marks(path) for name, path in paths.items()}
    kept = {name: [each for each in marks if counts[name][each] >= marks[each]] for name in counts}
    shown = {name: f"{len(some)} of {len(marks)}" for name, some in kept.items()}
    try:
        assert_only_owned_cells_changed(before.read_bytes(), ours)
        same = "yes"
    except AssertionError:
        same = "NO"
    rows = [
        Row("features carried", shown[""], shown),
        Row("nothing but owned cells differs in that workbook", same),
    ]
    return rows, {name: [each for each in marks if each not in kept[name]] for name in editors}


def modes(folder: Path, editors: Sequence[str]) -> Row:
    """Save a workbook that a group may read in place; return the mode it has then."""
    found = {}
    for editor in ("", *editors):
        path = make_portfolio(folder / f"mode{editor}.xlsm")
        path.chmod(0o640)
        if editor:
            edit(editor, path, path)
        else:
            refresh(open_book(path), AS_OF, now=NOW)
        found[editor] = f"{stat.S_IMODE(path.stat().st_mode):04o}"
    return Row("mode of a file of 0640, saved in place", found[""], found)


def _marks(path: Path) -> dict[str, int]:
    """Return how often the mark of each feature stands in a workbook; openpyxl's charts and notes have no prefixes."""
    contents = list(unpacked(path).values())

    def count(mark: str) -> int:
        forms = {mark.encode(), mark.encode("utf-16-le")}
        if _UNPREFIXED.match(mark):
            forms.add(_UNPREFIXED.sub(r"\1", mark).encode())
        return sum(max(content.count(form) for form in forms) for content in contents)

    return {name: count(mark) for name, (_, mark) in FEATURES.items()}


def kills(folder: Path, cases: Sequence[str]) -> Row:
    """Kill refreshes; survived is what leaves the old or the new workbook, and lets the next refresh succeed."""
    found: list[dict[str, Any]] = []
    for number, case in enumerate(cases):
        place = folder / f"kills{number}"
        place.mkdir()
        program = [sys.executable, "-m", "tests.safety.killing", case, str(place)]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
        found += [json.loads(line) for line in done.stdout.splitlines()]
    survived = [
        kill for kill in found if kill["file"] in ("old", "new") and kill["backup"] != "broken" and not kill["wrong"]
    ]
    return Row(f"kills survived ({len(cases)} of {len(CASES)} ways to refresh)", f"{len(survived)} of {len(found)}")


def killed_commands(everywhere: bool) -> Row:
    """Kill every command that writes, at each operation on a file or at three of them."""
    program = [sys.executable, "-m", "tests.safety.killing_commands", *(["--all"] if everywhere else [])]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    if len(found) != len(COMMANDS):
        raise RuntimeError(f"the killing failed: {done.stderr}")
    kills, wrong = sum(each["kills"] for each in found), sum(bool(each["wrong"]) for each in found)
    return Row(f"kills in {len(found)} commands, all mended by the next call", f"{kills}" if not wrong else "NO")


def editing(sequences: int) -> Row:
    """Edit at random between refreshes, by openpyxl and LibreOffice."""
    program = [sys.executable, "-m", "tests.safety.editing", "--sequences", str(sequences)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise RuntimeError(f"the editing failed: {done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    kept = found["sequences"] - found["lost"]
    return Row("sequences of editing in which nothing was lost", f"{kept} of {found['sequences']}")


def hostile(folder: Path, editors: Sequence[str]) -> list[Row]:
    """Refresh every hostile workbook in a process of little memory, as the tests do."""
    place = folder / "hostile"
    place.mkdir()
    secret = place / "secret.txt"
    secret.write_text(SECRET)
    parts = unpacked(make_portfolio(place / "sound.xlsm"))
    paths: dict[str, Path] = {}
    for number, (name, (make, _)) in enumerate(HOSTILE.items()):
        made = make(dict(parts), secret)
        paths[name] = place / f"{number}.xlsm"
        paths[name].write_bytes(made if isinstance(made, bytes) else zipped(made))
    ends = outcomes(list(paths.values()), megabytes=MEGABYTES, seconds=120)
    well = {name: ends[path] for name, path in paths.items() if _ends_well(ends[path], HOSTILE[name][1])}
    refused = [paths[name] for name, end in well.items() if end.error]
    theirs = {}
    for editor in editors:
        others = other_ends(editor, refused, megabytes=MEGABYTES, seconds=SECONDS)
        theirs[editor] = f"{sum(end == SAVED for end in others.values())} of these saved"
    return [
        Row("hostile files refused or refreshed as they should be", f"{len(well)} of {len(HOSTILE)}"),
        Row("… of these refused", f"{len(refused)}", theirs),
        Row("… slowest, s", f"{max(end.seconds for end in ends.values()):.1f}"),
        Row("… largest memory seen, MB", f"{max(end.megabytes for end in ends.values()):,}"),
    ]


def _ends_well(end: Outcome, expected: str) -> bool:
    named = end.error in ("", "KopilotError") and re.search(expected, end.told) is not None
    return named and end.seconds < SECONDS and end.megabytes < MAX_RESIDENT and SECRET not in end.message


def fuzzing(folder: Path, seconds: float, seed: int) -> list[Row]:
    """Refresh workbooks that are damaged at random."""
    program = [sys.executable, "-m", "tests.safety.fuzz", "--seconds", str(seconds), "--seed", str(seed)]
    done = subprocess.run([*program, "--findings", str(folder / "found")], capture_output=True, text=True, check=False)
    turns = [[int(number) for number in turn] for turn in _FUZZED.findall(done.stdout)]
    if not turns:
        raise RuntimeError(f"the fuzzer failed: {done.stdout}{done.stderr}")
    failed = sum(turn[1] for turn in turns)
    return [
        Row(f"fuzz executions in {seconds:g} s, seed {seed}", f"{sum(turn[0] for turn in turns):,}"),
        Row("… that failed", f"{failed}" if failed or not done.returncode else "the process died"),
        Row("… largest memory seen, MB", f"{max(turn[2] for turn in turns):,}"),
    ]


def fuzzing_by_coverage(folder: Path, seconds: float, seed: int) -> list[Row]:
    """Do the same guided by coverage, where atheris is installed."""
    if find_spec("atheris") is None:
        return []
    program = [
        sys.executable,
        "-m",
        "tests.safety.fuzz_by_coverage",
        "--seconds",
        f"{seconds:.0f}",
        "--seed",
        str(seed),
    ]
    done = subprocess.run(
        [*program, "--findings", str(folder / "by-coverage")], capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    executions, places = (re.findall(pattern, told) for pattern in (r"number_of_executed_units: (\d+)", r" cov: (\d+)"))
    if not executions or not places:
        raise RuntimeError(f"the fuzzer failed: {told[-2000:]}")
    return [
        Row(f"guided by coverage in {seconds:g} s, executions", f"{int(executions[-1]):,}"),
        Row("… branches of the package reached", f"{int(places[-1]):,}"),
        Row("… that failed", "0" if not done.returncode else "1, which ended it"),
    ]


def locks(folder: Path) -> list[Row]:
    """Measure what a refresh in place spends on its lock and on all its looks at the file: the median of some."""
    small = make_portfolio(folder / "small.xlsm")
    padding = random.Random(1).randbytes(PADDING)
    large = packed(folder / "large.xlsm", {**unpacked(small), "xl/media/padding.bin": padding})
    found = []
    for path in (small, large):
        data, spent = path.read_bytes(), []
        for turn in range(ROUNDS + 1):
            path.write_bytes(data)
            with _timed() as total:
                refresh(open_book(path), AS_OF, now=NOW)
            if turn:
                spent.append(total())
        found.append(
            Row(
                f"lock and checks of a refresh, {len(data) / 1_000_000:.2f} MB, ms",
                f"{statistics.median(spent) * 1000:.1f}",
            )
        )
    return found


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    """Sum up the seconds spent in taking and giving back the lock, and in looking at the file before it is replaced."""
    total, depth = 0.0, 0

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*args: Any, **options: Any) -> Any:
            nonlocal total, depth
            depth, start = depth + 1, time.perf_counter()
            try:
                return work(*args, **options)
            finally:
                depth -= 1
                if not depth:
                    total += time.perf_counter() - start

        return timing

    plain_lock = locking.file_lock

    @contextmanager
    def timed_lock(*args: Any) -> Iterator[None]:
        manager = plain_lock(*args)
        timed(manager.__enter__)()
        try:
            yield
        finally:
            timed(manager.__exit__)(None, None, None)

    watched: list[tuple[Any, str]] = [
        *((module, "check_writable") for module in (file, package, saving)),
        *((saving, name) for name in ("_check_open_elsewhere", "_check_holds", "_sweep")),
    ]
    plain: Mapping[tuple[Any, str], Any] = {place: getattr(*place) for place in watched}
    try:
        for (module, name), work in plain.items():
            setattr(module, name, timed(work))
        setattr(file, "file_lock", timed_lock)  # noqa: B010
        yield lambda: total
    finally:
        for (module, name), work in plain.items():
            setattr(module, name, work)
        setattr(file, "file_lock", plain_lock)  # noqa: B010


def _machine() -> str:
    """Return what it ran on; openpyxl keeps pictures only with Pillow."""
    found = [f"Python {platform.python_version()}", *(f"{editor} {version(editor)}" for editor in installed())]
    try:
        found.append(f"Pillow {version('Pillow')}")
    except PackageNotFoundError:
        found.append("no Pillow")
    return ", ".join([*found, f"{platform.system()} {platform.machine()}"])


if __name__ == "__main__":
    main()

"""The project's own tests on Windows, as far as they can run there; what cannot is listed in left_out.py, with why."""

from __future__ import annotations

import os
import sys
from collections import Counter
from xml.etree import ElementTree

import pytest

from tests.windows import left_out
from tests.windows.host import ROOT, Host

SECONDS = 1500.0
TESTS = ROOT / "tests"
WHOLE = bool(os.environ.get("KOPILOT_XL_WINDOWS_ALL"))
FOLDERS = left_out.SUITE + (left_out.BY_HAND if WHOLE else ())


@pytest.fixture(scope="module")
def ran(host: Host) -> dict[str, tuple[str, str]]:
    """How each test of the suite ended there, `passed`, `failed` or `skipped`, and what it said."""
    checkout = host.checkout()
    report = checkout / "windows.xml"
    report.unlink(missing_ok=True)
    done = host.run(
        r"C:\Py\python.exe", "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "--timeout", "300", "--tb", "short",
        "--durations", "15", "--junitxml", "windows.xml", *(f"tests/{each}" for each in FOLDERS), cwd=checkout,
        seconds=SECONDS, PYTHONPATH=host.path(checkout),
    )  # fmt: skip
    said = done.stdout.decode(errors="replace").replace("\r", "")
    assert report.exists(), said[-5000:] + done.stderr.decode(errors="replace")[-3000:]
    print(said[said.find("slowest") :], file=sys.stderr)
    found = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}"
        end = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
        kind = "passed" if end is None else "failed" if end.tag != "skipped" else "skipped"
        found[name] = (kind, "" if end is None else f"{end.get('message', '')}\n{end.text or ''}")
    return found


@pytest.mark.windows
@pytest.mark.slow
def test_every_test_that_can_run_there_passes(ran: dict[str, tuple[str, str]]) -> None:
    cannot = tuple(f"tests/{name.replace('.py::', '::')}" for name in left_out.CANNOT)
    failed = {
        name: said[-1500:]
        for name, (kind, said) in ran.items()
        if kind == "failed" and name.partition("[")[0] not in cannot
    }
    assert failed == {}
    counted = Counter(kind for kind, _ in ran.values())
    print(dict(counted))
    assert counted["passed"] > left_out.FEWEST


@pytest.mark.windows
@pytest.mark.slow
def test_what_did_not_run_says_why_and_is_known(ran: dict[str, tuple[str, str]]) -> None:
    skipped = Counter(said.splitlines()[0] for kind, said in ran.values() if kind == "skipped")
    print(*(f"{count:5} {why}" for why, count in skipped.most_common()), sep="\n")
    unknown = {why for why in skipped if not any(known in why for known in left_out.SKIPPED)}
    assert unknown == set()
    if not WHOLE:
        assert {known for known in left_out.SKIPPED if not any(known in why for why in skipped)} == set()


def test_what_cannot_run_there_is_still_there() -> None:
    for name in left_out.CANNOT:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (TESTS / file).read_text(encoding="utf-8"), f"{name} is listed and gone"
        assert any(file == each or file.startswith(f"{each}/") for each in left_out.BY_HAND)


def test_every_file_of_tests_runs_there_or_is_left_out_for_a_reason() -> None:
    """What is new and in neither list makes this fail, and so does what is listed and gone."""
    files = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    listed = (*left_out.SUITE, *left_out.BY_HAND, *left_out.LEFT_OUT)
    assert len(set(listed)) == len(listed)
    unknown = [name for name in files if not any(name == each or name.startswith(f"{each}/") for each in listed)]
    assert unknown == [], "say in left_out.py whether they run on Windows, or why not"
    for name in listed:
        assert (TESTS / name).exists(), f"{name} is listed and gone"

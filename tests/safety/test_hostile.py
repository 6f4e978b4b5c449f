"""Nothing in a workbook can run code, read files or exhaust the machine: it is refreshed, or refused in a line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kopilot_xl.errors import MAX_MESSAGE
from tests.portfolios import make_portfolio
from tests.safety.child import REFRESHED, Outcome, outcomes
from tests.safety.hostile import HOSTILE, zipped
from tests.safety.workbooks import unpacked

SECRET = "nobody-may-read-this-6f1e"
MEGABYTES = 3_000
"""What the process may have as address space; Python with polars takes about a third of it before it begins."""
MAX_RESIDENT = 1_000
"""How many megabytes it may really use."""
SECONDS = 30


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("hostile")
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    parts = unpacked(make_portfolio(folder / "sound.xlsm"))
    paths = {}
    for number, (name, (make, _)) in enumerate(HOSTILE.items()):
        made = make(dict(parts), secret)
        paths[name] = folder / f"{number}.xlsm"
        paths[name].write_bytes(made if isinstance(made, bytes) else zipped(made))
    found = outcomes(list(paths.values()), megabytes=MEGABYTES, seconds=120)
    return {name: found[path] for name, path in paths.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refreshed_or_refused(name: str, ends: dict[str, Outcome]) -> None:
    end, expected = ends[name], HOSTILE[name][1]
    assert end.error in ("", "KopilotError"), end.told
    assert re.search(expected, end.told), end.told
    assert end.seconds < SECONDS
    assert end.megabytes < MAX_RESIDENT
    assert len(end.message) <= MAX_MESSAGE
    assert "\n" not in end.message
    written = Path(end.path).with_suffix(".out.xlsm")
    assert written.exists() == (end.told == REFRESHED)
    assert SECRET not in end.message
    if written.exists() and "nobody unpacks" not in name:
        assert all(SECRET.encode() not in data for data in unpacked(written).values())

"""What the fuzzer found so far ends well now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.safety import fuzz

CASES = sorted((Path(__file__).parent / "cases").glob("*.xls[xm]"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_found_case_is_refreshed_or_refused(case: Path, tmp_path: Path) -> None:
    fuzz.attempt(case.read_bytes(), tmp_path)


def test_there_are_cases() -> None:
    assert CASES


def test_the_fuzzer_keeps_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(data: bytes, folder: Path) -> str:
        raise ZeroDivisionError("seeded")

    monkeypatch.setattr(fuzz, "attempt", failing)
    ends = fuzz.hunt(3, 1, tmp_path / "found", tmp_path / "current")
    assert any("ZeroDivisionError" in how for how in ends)
    assert "seeded" in next((tmp_path / "found").glob("*.txt")).read_text()

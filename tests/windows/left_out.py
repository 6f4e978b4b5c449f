"""What of the project's tests does not run on Windows, or not under Wine, and why: tests/conftest.py goes by it."""

from __future__ import annotations

SUITE = [
    "tests/bigdata", "tests/cli", "tests/domain", "tests/excel", "tests/importing", "tests/safety", "tests/usecases",
    "tests/windows", "tests/workbook",
]  # fmt: skip
"""What the suite on Windows is made of."""

FEWEST = 1000
"""At least so many tests pass there."""

FILES = {
    "test_interrupts.py": "Windows cannot send these signals to a process; tests/windows sends its own",
    "safety/test_many_stopped.py": "Windows cannot send these signals to a process; tests/windows sends its own",
}
"""Files that say of themselves that they are for another system."""

TESTS: dict[str, str] = {}
"""Tests that fail there, and why: each is run all the same, and has to fail."""

SKIPPED: dict[str, str] = {}
"""What tests that are skipped there say, and what it comes from."""

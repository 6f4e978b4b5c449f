"""Fuzz guided by coverage: `python -m tests.safety.fuzz_by_coverage --seconds 600`, with `atheris` installed.

It damages workbooks as `tests.safety.fuzz` does, and damages further what reached new code of the package. The first
case that fails ends it, and is kept. Atheris is not among the packages of the tests: its wheels are for Linux alone.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # by hand: see above

with atheris.instrument_imports(include=["kopilot_xl"]):
    from tests.safety import fuzz

MAX_LENGTH = 1_000_000
"""How many bytes a damaged workbook may have."""
MAX_MEGABYTES = 4_096


def main(arguments: Sequence[str] | None = None) -> None:
    """Fuzz for some time; the process ends with 0 if nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.safety.fuzz_by_coverage")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path())
    chosen = parser.parse_args(arguments)
    chosen.findings.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        folder, corpus = Path(name), Path(name, "corpus")
        corpus.mkdir()
        for number, data in enumerate(fuzz.seeds(folder)):
            (corpus / str(number)).write_bytes(data)

        def attempt(data: bytes) -> None:
            with contextlib.redirect_stdout(None):
                fuzz.attempt(data, folder)

        def damage(data: bytes, max_size: int, seed: int) -> bytes:
            found = fuzz.damaged(data, random.Random(seed))
            return found if len(found) <= max_size else data

        options = [
            f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}", f"-max_len={MAX_LENGTH}", "-len_control=0",
            f"-rss_limit_mb={MAX_MEGABYTES}", f"-timeout={fuzz.MAX_SECONDS}",
            f"-artifact_prefix={chosen.findings}/", "-print_final_stats=1",
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, str(corpus)], attempt, custom_mutator=damage)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""The maintainer's kit: pinned versions, targets, hooks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "constraints.txt").read_text("utf-8")
PINNED = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK, re.MULTILINE))


def requirements() -> Iterator[Requirement]:
    for line in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        requirement = Requirement(line)
        if requirement.name != PROJECT["name"]:
            yield requirement


@pytest.mark.parametrize("requirement", sorted(set(requirements()), key=str), ids=str)
def test_every_requirement_is_pinned_to_a_version_it_allows(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    assert name in PINNED, "run: just lock"
    assert requirement.specifier.contains(PINNED[name], prereleases=True), "run: just lock"


def test_every_pin_has_hashes_and_no_address() -> None:
    for block in re.split(r"\n(?=\S)", LOCK.strip()):
        assert block.startswith("#") or re.fullmatch(
            r"[a-z0-9.-]+==[^\n]+\\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+", block
        )
    assert "://" not in LOCK


def test_builds_call_targets_that_are_there() -> None:
    targets = set(re.findall(r"^([a-z]+)\b[^:\n]*:(?!=)", (ROOT / "justfile").read_text("utf-8"), re.MULTILINE))
    called = set(re.findall(r"^\s*just ([a-z]+)", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE))
    assert called
    assert called <= targets
    named = set(re.findall(r"`just ([a-z]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    assert named
    assert named <= targets

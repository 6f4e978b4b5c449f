"""The workbooks under test: the committed ones, and the same built afresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, build


@pytest.fixture(scope="session", params=[build.TEMPLATE, rebuild.SAMPLE], ids=["template", "sample"])
def committed(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(
    scope="session",
    params=[build.TEMPLATE, MACRO_FREE_TEMPLATE, rebuild.SAMPLE],
    ids=["template", "macro-free template", "sample"],
)
def shipped(request: pytest.FixtureRequest) -> Path:
    """Each of them, of both editions."""
    path: Path = request.param
    return path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Each committed workbook and the one its sources build."""
    folder = tmp_path_factory.mktemp("built")
    made = {each: folder / each.name for each in (build.TEMPLATE, MACRO_FREE_TEMPLATE, rebuild.SAMPLE)}
    build.build_template(made[build.TEMPLATE])
    build.build_template(made[MACRO_FREE_TEMPLATE])
    rebuild.build_sample(made[build.TEMPLATE], made[rebuild.SAMPLE])
    return made

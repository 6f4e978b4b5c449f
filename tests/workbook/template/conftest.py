"""The workbooks under test: the committed ones, and the two built afresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.template import build
from tests import libreoffice


@pytest.fixture(scope="session", params=[build.TEMPLATE, rebuild.SAMPLE], ids=["template", "sample"])
def committed(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Each committed workbook and the one its sources build."""
    folder = tmp_path_factory.mktemp("built")
    template, sample = folder / build.TEMPLATE.name, folder / rebuild.SAMPLE.name
    build.build_template(template)
    rebuild.build_sample(template, sample)
    return {build.TEMPLATE: template, rebuild.SAMPLE: sample}


@pytest.fixture(scope="session")
def office() -> None:
    """Skip where LibreOffice cannot be driven."""
    if reason := libreoffice.missing():
        pytest.skip(reason)

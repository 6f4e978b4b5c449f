"""Between refreshes, openpyxl and LibreOffice edit at random: nothing that was typed is lost, and all clients count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import libreoffice
from tests.safety import editing

SEQUENCES = 20


@pytest.mark.slow
@pytest.mark.skipif(libreoffice.missing() is not None, reason=f"{libreoffice.missing()}")
def test_nothing_typed_is_lost(tmp_path: Path) -> None:
    lost = {seed: found for seed in range(SEQUENCES) if (found := editing.run(seed, tmp_path))}
    assert not lost


@pytest.mark.parametrize("seed", range(3))
def test_openpyxl_alone_loses_nothing(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing, "EDITORS", ("openpyxl", "openpyxl"))
    assert editing.run(seed, tmp_path) == []


def test_a_row_that_is_gone_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing, "EDITORS", ("openpyxl", "openpyxl"))
    plain = editing.with_openpyxl
    monkeypatch.setattr(editing, "with_openpyxl", lambda path, cells: plain(path, cells[1:]))
    assert [seed for seed in range(3) if editing.run(seed, tmp_path)]

"""What is started once for all tests that need it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from kopilot_xl.engines import Engine
from tests import postgresql


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Server]:
    """A PostgreSQL server."""
    with postgresql.serving() as server:
        yield server


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Spark, started once: every engine that asks for it then finds it running."""
    if not shutil.which("java"):
        pytest.skip("Java is not installed (Debian: default-jre-headless)")
    with Engine.SPARK.running(tmp_path_factory.mktemp("spark"), memory="1GB"):
        yield

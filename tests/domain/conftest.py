"""What the domain's tests share: every frame is tried on every engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.domain.engines import ENGINES, WAYS, Engine


@pytest.fixture(scope="session", params=ENGINES, ids=lambda each: each.name)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine; a test that asks for it runs once on each."""
    each: Engine = request.param
    yield each
    each.close()


@pytest.fixture(scope="session", params=WAYS, ids=lambda each: each.name)
def way(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A way to compute the rules: an engine of frames, or plain Python."""
    each: Engine = request.param
    yield each
    each.close()

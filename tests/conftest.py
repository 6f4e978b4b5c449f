"""What is started once for all tests that need it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl.reader.excel import ExcelReader

from kopilot_xl.bigdata import Engine
from kopilot_xl.bigdata.engines.starting import running
from tests import libreoffice, postgresql

os.environ["KOPILOT_XL_LANGUAGE"] = "en"  # whatever the language of the machine

if os.name == "nt":
    collect_ignore = ["test_interrupts.py", "safety/test_many_stopped.py"]  # signals that Windows cannot send


_read = ExcelReader.read


def _read_and_done(self: ExcelReader) -> None:
    """Read a workbook; its copy of the parts with macros is only read from afterwards.

    openpyxl leaves that archive open. The collector, which closes in any order, would have it write its end into a file
    that is closed already.
    """
    _read(self)
    archive: Any = self.wb.vba_archive
    if archive is not None:
        archive._didModify = False


ExcelReader.read = _read_and_done  # type: ignore[method-assign]


def pytest_sessionfinish() -> None:
    """End the LibreOffice that the tests shared."""
    libreoffice.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Server]:
    """A PostgreSQL server."""
    with postgresql.serving() as server:
        yield server


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Spark, started once: every engine that asks for it then finds it running.

    Java compiles quickly and not well, and a small table is not cut up: most of the time goes into getting ready.
    """
    if not shutil.which("java"):
        pytest.skip("Java is not installed (Debian: default-jre-headless)")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    with running(Engine.SPARK, tmp_path_factory.mktemp("spark"), memory="1GB"):
        monkeypatch.undo()
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession()
        assert session is not None
        session.conf.set("spark.sql.shuffle.partitions", "1")
        session.conf.set("spark.sql.codegen.wholeStage", "false")
        yield


@pytest.fixture(scope="session")
def office() -> None:
    """Skip where LibreOffice cannot be driven."""
    if reason := libreoffice.missing():
        pytest.skip(reason)

"""What of this folder runs where: `inside` on Windows alone, all else beside a Windows that it drives."""

from __future__ import annotations

import os

import pytest

from tests.windows import host as windows
from tests.windows.host import Host

collect_ignore_glob = ["test_*.py"] if os.name == "nt" else ["inside/*"]
if not os.environ.get("KOPILOT_XL_WINDOWS_ALL"):
    collect_ignore_glob.append("inside/test_inside_excel.py")  # waits without end beside other tests, now and then


@pytest.fixture(scope="session")
def host() -> Host:
    """A Windows; where there is none yet, it is built."""
    why = windows.missing()
    if why:
        pytest.skip(why)
    return windows.host()

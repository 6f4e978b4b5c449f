"""What a system has to have for a test: it is skipped, with the reason, where that is missing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest


def _makes_links() -> bool:
    """Make a link and look at it: Windows asks for a right to do so, and Wine says yes and makes none."""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "link")
        try:
            link.symlink_to(folder)
        except OSError:
            return False
        return link.is_symlink()


MAKES_LINKS = _makes_links()
links = pytest.mark.skipif(not MAKES_LINKS, reason="no symbolic links can be made here")
modes = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes for the owner, the group and others")
signals = pytest.mark.skipif(os.name == "nt", reason="Windows cannot send a signal to another process")
pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes can be made here")
removes_open_files = pytest.mark.skipif(os.name == "nt", reason="Windows removes no file that is open")

"""What of this folder runs where: `inside` on Windows alone, all else beside a Windows that it drives."""

from __future__ import annotations

import os

collect_ignore_glob = ["test_*.py"] if os.name == "nt" else ["inside/*"]

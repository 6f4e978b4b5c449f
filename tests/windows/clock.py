"""The command `kopilot-xl` on a clock that has stopped: so that two machines have the same to write.

`python clock.py COMMAND ...`; processes that it starts for --jobs import this file, and so have its clock too.
"""

from __future__ import annotations

import sys
from datetime import datetime, tzinfo
from importlib import import_module
from typing import Any

MOMENT = datetime(2026, 7, 1, 9, 30)


class _Stopped(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return MOMENT


for _name in ("kopilot_xl.usecases.refresh", "kopilot_xl.usecases.report.page"):
    _module = import_module(_name)
    assert _module.datetime is datetime
    _module.datetime = _Stopped  # type: ignore[attr-defined]

if __name__ == "__main__":
    from kopilot_xl.cli import main

    sys.argv[0] = "kopilot-xl"
    main()

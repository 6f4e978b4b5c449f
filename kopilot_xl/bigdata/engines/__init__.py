"""The libraries that can compute segments outside a workbook, a module for each; none is imported before it is used."""

from __future__ import annotations

from kopilot_xl.bigdata.engines.engine import LOCAL, Engine, Running

__all__ = ["LOCAL", "Engine", "Running"]

"""Kopilot.xlsm from its sources."""

from pathlib import Path

TEMPLATE = Path(__file__).with_name("template.xlsm")
"""The empty workbook that every new one starts as."""

"""Kopilot.xlsm from its sources."""

"""Typed tables of a workbook, and what is wrong with their rows."""

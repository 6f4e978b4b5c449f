"""A workbook on disk."""

"""A workbook open in Excel."""

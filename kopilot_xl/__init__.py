"""Client segmentation by activity level, in the Excel workbook where clients and invoices already live."""

__version__ = "0.1.0"

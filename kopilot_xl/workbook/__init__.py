"""A workbook: where its sheets are, how they are read and written, and how a new one is built."""

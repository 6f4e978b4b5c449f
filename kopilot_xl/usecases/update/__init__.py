"""Next month's export brought into the workbook that is there."""

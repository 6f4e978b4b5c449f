"""One task on many workbooks, in several processes."""

"""Where a table comes from: files, folders, patterns and database addresses."""

"""Tables whose headings alone say what their columns are: action logs, and tables too large to be looked at whole."""

"""Pages to send: their template, their style and their charts."""

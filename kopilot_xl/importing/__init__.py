"""What other programs exported, read into our tables: files, columns, documents, clients and a verdict."""

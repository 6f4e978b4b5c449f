"""Segments of data beyond a sheet: frames, files, folders and databases of any size."""

"""What a segment is: pure functions over values and frames. Knows no file, no Excel and no screen."""

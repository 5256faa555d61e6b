"""Products of matrices and of windows, in tiles, on tensor cores or without, and their ends."""

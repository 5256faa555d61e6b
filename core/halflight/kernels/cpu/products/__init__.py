"""Products of matrices, in register tiles, and what is done with their sums."""

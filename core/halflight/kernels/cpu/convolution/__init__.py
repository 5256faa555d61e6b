"""Convolution by sliding windows, by Winograd's algorithm and by products of matrices."""

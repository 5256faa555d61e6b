"""Shapes of reductions: any array to one number."""

SHAPES = {
    "sum_of_squares": {"out": "1", "x": "..."},
    "keep_finite": {"finite": "1", "x": "..."},
}

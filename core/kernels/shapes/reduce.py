"""Shapes of reductions: any array to one number."""

SHAPES = {
    "sum_of_squares": {"out": "1", "x": "..."},
    "all_finite": {"out": "1", "x": "..."},
}

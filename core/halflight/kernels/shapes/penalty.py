"""Shapes of penalties on any weight, and of norms: i inputs of o units."""

SHAPES = {
    "regularize": {"penalty": "1", "dw": "...?", "w": "..."},
    "max_norm": {"w": "i o", "finite": "1"},
}

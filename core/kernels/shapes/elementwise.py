"""Shapes of sums and concatenation (c of d channels)."""

SHAPES = {
    "add_forward": dict.fromkeys(["y", "a", "b"], "..."),
    "concatenate_forward": {"y": "... d", "x": "... c"},
    "concatenate_backward": {"dx": "... c", "dy": "... d"},
}

"""Shapes of embedding: any axes of indices into a table of i rows of o values."""

_TABLE = {"y": "... o", "dy": "... o", "index": "...", "w": "i o", "dw": "i o"}

SHAPES = {"embedding_forward": _TABLE, "embedding_backward": _TABLE}

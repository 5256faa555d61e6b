"""Learning curves as SVG, for notebooks: a panel a quantity, its validation beside it."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 280, 170, 34  # pixels of a panel, and what its labels take
_COLORS = {"": "#4477aa", "val_": "#ee6677"}  # of training and of validation


def draw(history: Mapping[str, Sequence[float]]) -> str:
    """Return the SVG of columns over the epochs, by name; "val_loss" lies over "loss"."""
    over = [name for name in history if name[:4] == "val_" and name[4:] in history]
    bases = [name for name in history if name not in over]
    panels = [_panel(base, history, WIDTH * number) for number, base in enumerate(bases)]
    width = WIDTH * max(len(panels), 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" '
        f'viewBox="0 0 {width} {HEIGHT}" font-family="sans-serif" font-size="11">'
        f"{''.join(panels)}</svg>"
    )


def _panel(base: str, history: Mapping[str, Sequence[float]], left: int) -> str:
    lines = {kind: history[kind + base] for kind in _COLORS if kind + base in history}
    finite = [value for line in lines.values() for value in line if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    span = high - low or 1.0
    last = max(len(line) for line in lines.values()) - 1
    x0, y0 = left + MARGIN, HEIGHT - MARGIN
    across, up = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    drawn = [
        f'<path d="M{x0} {y0 - up}V{y0}H{x0 + across}" fill="none" stroke="#999999"/>',
        f'<text x="{x0}" y="{MARGIN - 10}">{escape(base)}</text>',
        f'<text x="{x0 - 4}" y="{y0}" text-anchor="end">{low:.3g}</text>',
        f'<text x="{x0 - 4}" y="{y0 - up + 8}" text-anchor="end">{high:.3g}</text>',
        f'<text x="{x0 + across}" y="{y0 + 14}" text-anchor="end">epoch {last}</text>',
    ]
    for kind, line in lines.items():
        points = [
            f"{x0 + across * epoch / max(last, 1):.1f} {y0 - up * (value - low) / span:.1f}"
            if math.isfinite(value)
            else ""
            for epoch, value in enumerate(line)
        ]
        path = "".join(
            f"{'L' if epoch and points[epoch - 1] else 'M'}{point}"
            for epoch, point in enumerate(points)
            if point
        )
        drawn.append(f'<path d="{path}" fill="none" stroke="{_COLORS[kind]}" stroke-width="1.5"/>')
        if kind:
            end = x0 + across
            drawn.append(
                f'<text x="{end}" y="{MARGIN - 10}" text-anchor="end" fill="{_COLORS[kind]}">'
                "validation</text>"
            )
    return "".join(drawn)

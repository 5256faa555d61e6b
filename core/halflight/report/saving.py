"""A figure as PNG: the same bytes for the same figure."""

import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from halflight.files import write_bytes
from halflight.report.style import in_style


def png_bytes(figure: Figure) -> bytes:
    """Return `figure` as PNG bytes that hold no date and no software version."""
    canvas = FigureCanvasAgg(figure)
    with in_style():
        canvas.draw()
    with Image.fromarray(np.asarray(canvas.buffer_rgba())) as picture:
        # A palette of 256 colours is a third of the bytes and, without dithering, looks the same.
        palette = picture.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    packed = io.BytesIO()
    palette.save(packed, format="png", optimize=True)
    return packed.getvalue()


def save_png(figure: Figure, path: Path) -> Path:
    """Write `figure` to `path` as PNG: atomic, and byte for byte the same for equal figures."""
    return write_bytes(Path(path), png_bytes(figure))

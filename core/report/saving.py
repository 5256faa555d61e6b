"""Files of the report: whole or not at all, and the same bytes for the same figure."""

import io
import os
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from core.report.style import in_style


def write_atomic(path: Path, content: bytes) -> Path:
    """Write `content` to `path` so that a reader sees the old file or the new one, never half.

    Creates missing folders. Raises OSError where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


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
    return write_atomic(Path(path), png_bytes(figure))

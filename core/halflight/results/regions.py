"""A DS9 region file of results: half-light ellipses, on the sky or in the image's pixels."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np

from halflight import files
from halflight.results.table import Results
from halflight.text import printable

_HEADER = (
    "# Region file format: DS9 version 4.1\n"
    "# half-light ellipses by halflight; dashed where the row has a flag, a point where no radius\n"
    'global color=cyan width=1 font="helvetica 9 normal roman" select=1\n'
)
Row = dict[Hashable, Any]

_TEXT_LIMITS = str.maketrans("{}", "()")  # braces end a text in DS9


def write_regions(path: Path, results: Results) -> None:
    """Write the file, whole or not at all: in RA and Dec (ICRS) if all rows have them, else pixels.

    An unmeasured source is a point; one of no position is left out. Pixels of DS9 count from 1.
    """
    rows = results.rows
    measured = rows[np.isfinite(rows["half_light_radius_pix"])]
    known = [rows[["ra", "dec"]], measured[["half_light_radius"]]]
    sky = len(rows) > 0 and all(bool(np.isfinite(each).all(axis=None)) for each in known)
    placed = np.isfinite(rows[["ra", "dec"] if sky else ["x", "y"]].to_numpy()).all(axis=1)
    records = rows.loc[placed].to_dict(
        "records"
    )  # one by one, as a row of numbers alone would lose whole ones
    lines = [_on_sky(row) if sky else _on_image(row) for row in records]
    files.write_text(path, _HEADER + ("icrs\n" if sky else "image\n") + "".join(lines))


def _on_sky(row: Row) -> str:
    # At angle 0 the first radius lies along the parallel, the second towards north; the angle turns
    # both from north towards east. So the major axis is the second.
    place = f"{row['ra']:.8f},{row['dec']:.8f}"
    size = row["half_light_radius"]
    ratio, angle = _shape(row, "position_angle")
    radii = f'{size * ratio:.5f}",{size:.5f}"'
    return _line(row, place, radii, angle)


def _on_image(row: Row) -> str:
    place = f"{row['x'] + 1:.3f},{row['y'] + 1:.3f}"
    size = row["half_light_radius_pix"]
    ratio, angle = _shape(row, "position_angle_image")
    return _line(row, place, f"{size:.4f},{size * ratio:.4f}", angle)


def _shape(row: Row, angle: str) -> tuple[float, float]:
    """Axis ratio and angle, as a circle where either is unknown."""
    known = np.isfinite(row["axis_ratio"]) and np.isfinite(row[angle])
    return (float(row["axis_ratio"]), float(row[angle])) if known else (1.0, 0.0)


def _line(row: Row, place: str, radii: str, angle: float) -> str:
    measured = np.isfinite(row["half_light_radius_pix"])
    shape = f"ellipse({place},{radii},{angle:.3f})" if measured else f"point({place})"
    about = [f"text={{{printable(str(row['id'])).translate(_TEXT_LIMITS)}}}"]
    if not measured:
        about.append("point=cross")
    if row["flags"]:
        about.append("dash=1")
    return f"{shape} # {' '.join(about)}\n"

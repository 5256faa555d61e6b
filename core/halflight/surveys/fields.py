"""One field: its files fetched and read, its objects cut out."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from halflight.surveys.centroids import LOST, centroid_offset, check_offsets, has_light, is_bright
from halflight.surveys.client import SdssClient
from halflight.surveys.errors import StampError
from halflight.surveys.frames import Frame, read_frame
from halflight.surveys.pixels import judge
from halflight.surveys.psf import PsfField, half_light_radius, read_psfield
from halflight.surveys.query import TRUTH_COLUMNS
from halflight.surveys.stamps import cut_stamp

# What a stamp's row takes over from the catalogue as it is.
COPIED_COLUMNS = (
    *("id", "run", "camcol", "field", "ra", "dec", "rowc", "colc", "magnitude", "magnitude_error"),
    *("petro_r50", "petro_r90", "dev_radius", "dev_axis_ratio", "exp_radius", "exp_axis_ratio"),
    *("frac_dev", "extinction", "psf_fwhm", "gain", "dark_variance"),
    *(f"true_{name}" for name in TRUTH_COLUMNS),
)


class SurveyBlock(NamedTuple):
    """The stamps of one field: table (n rows), image and sigma (n, S, S), psf (n, P, P) float32."""

    table: pd.DataFrame
    image: np.ndarray
    sigma: np.ndarray
    psf: np.ndarray


class LoadedField(NamedTuple):
    """One field ready to be cut up, and the records of its files for the provenance."""

    frame: Frame
    psf: PsfField
    files: list[dict[str, str | int]]


def load_field(client: SdssClient, rows: pd.DataFrame, band: str) -> LoadedField:
    """Fetch and read the frame and the PSF of the one field that all `rows` belong to."""
    first = rows.iloc[0]
    run, camcol, number = int(first["run"]), int(first["camcol"]), int(first["field"])
    key, rerun = (run, camcol, number), str(int(first["rerun"]))
    as_frame = partial(
        read_frame,
        run=run,
        camcol=camcol,
        field=number,
        band=band,
        gain=float(first["gain"]),
        dark_variance=float(first["dark_variance"]),
    )
    as_psf = partial(read_psfield, run=run, camcol=camcol, field=number, band=band)
    frame = client.frame(*key, band, rerun, read=as_frame)
    psf = client.psfield(*key, rerun, read=as_psf)
    return LoadedField(frame.value, psf.value, [frame.record, psf.record])


def cut_block(
    rows: pd.DataFrame, frame: Frame, psf: PsfField, stamp_size: int, psf_size: int
) -> tuple[SurveyBlock, list[tuple[int, str]], list[float]]:
    """The stamps of one frame's objects; the (id, reason) of those dropped; the centroid offsets.

    Dropped are stamps that leave the frame, whose pixels no camera gives (see `judge`), or where a
    bright object's light is missing. Raises `CentroidError` if the objects' light does not lie
    where the catalogue says.
    """
    dropped: list[tuple[int, str]] = []
    offsets: list[float] = []
    image, sigma, psfs = (
        np.empty((len(rows), s, s), np.float32) for s in (stamp_size,) * 2 + (psf_size,)
    )
    records: list[dict[str, Any]] = []
    for row in rows.to_dict("records"):
        try:
            stamp = cut_stamp(frame, row["ra"], row["dec"], stamp_size)
            judge(stamp.image, stamp.sigma, f"{frame.name}, object {row['id']}")
        except StampError as error:
            dropped.append((int(row["id"]), error.reason))
            continue
        if is_bright(row["magnitude"], stamp.sigma):
            offsets.append(centroid_offset(stamp.image, stamp.x, stamp.y))
            if offsets[-1] == LOST or not has_light(stamp.image, stamp.sigma, stamp.x, stamp.y):
                dropped.append((int(row["id"]), "no light where the catalogue says"))
                continue
        n = len(records)
        image[n], sigma[n] = stamp.image, stamp.sigma
        psfs[n] = psf.at(row["rowc"], row["colc"], psf_size)
        pixel = round(stamp.row), round(stamp.col)
        records.append(
            {name: row[name] for name in COPIED_COLUMNS}
            | {
                "x": stamp.x,
                "y": stamp.y,
                "psf_half_light_radius": half_light_radius(psfs[n]),
                "nmgy_per_count": float(frame.calib[pixel[1]]),
                "sky": float(frame.sky[pixel]),
            }
        )
    check_offsets(frame.name, offsets)
    n = len(records)
    return SurveyBlock(pd.DataFrame(records), image[:n], sigma[:n], psfs[:n]), dropped, offsets

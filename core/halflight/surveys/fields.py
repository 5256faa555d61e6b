"""One field: its files fetched and read one after the other, its objects cut out of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from halflight.surveys.centroids import LOST, centroid_offset, check_offsets, has_light, is_bright
from halflight.surveys.client import SdssClient
from halflight.surveys.errors import StampError
from halflight.surveys.frames import Frame, read_frame
from halflight.surveys.pixels import judge
from halflight.surveys.psf import PsfField, half_light_radius, read_psfields
from halflight.surveys.registration import register
from halflight.surveys.stamps import Stamp, cut_stamp
from halflight.surveys.wanted import Wanted

Row = Mapping[Any, Any]


class SurveyBlock(NamedTuple):
    """The stamps of one field: table (n rows), float32 arrays.

    image and sigma (n, S, S, bands), psf (n, P, P, bands).
    """

    table: pd.DataFrame
    image: np.ndarray
    sigma: np.ndarray
    psf: np.ndarray


@dataclass
class CutField:
    """What came of one field: its stamps, what was dropped, the centroid offsets, its files.

    dropped: (id, reason). offsets: [pixels] of bright objects in the reference band. files: their
    records for the provenance.
    """

    block: SurveyBlock
    dropped: list[tuple[int, str]] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    files: list[dict[str, str | int]] = field(default_factory=list)


class _Kept(NamedTuple):
    """An object that is still in: its catalogue row, and its stamp in the reference band."""

    row: Row
    stamp: Stamp


def cut_field(
    client: SdssClient,
    rows: pd.DataFrame,
    wanted: Wanted,
    stamp_size: int,
    psf_size: int,
    fetched: list[dict[str, str | int]],
) -> CutField:
    """Fetch the files of the one field that all `rows` belong to and cut its objects out.

    One frame is in memory at a time. `fetched` gets the record of every file as it arrives, also
    when the field fails. Raises what costs a field its objects: see `cut_reference`, `cut_band` and
    `SdssClient`.
    """
    first = rows.iloc[0].to_dict()
    run, camcol, number = int(first["run"]), int(first["camcol"]), int(first["field"])
    key, rerun = (run, camcol, number), str(int(first["rerun"]))

    def fetch_frame(band: str) -> Frame:
        ending = "" if band == wanted.reference else f"_{band}"
        read = partial(
            read_frame,
            run=run,
            camcol=camcol,
            field=number,
            band=band,
            gain=float(first[f"gain{ending}"]),
            dark_variance=float(first[f"dark_variance{ending}"]),
        )
        frame = client.frame(*key, band, rerun, read=read)
        fetched.append(frame.record)
        return frame.value

    frame = fetch_frame(wanted.reference)
    read_psfs = partial(read_psfields, run=run, camcol=camcol, field=number, bands=wanted.bands)
    psfs = client.psfield(*key, rerun, read=read_psfs)
    fetched.append(psfs.record)
    cut, kept = cut_reference(rows, frame, psfs.value, wanted, stamp_size, psf_size)
    wcs = frame.wcs
    del frame
    for band in wanted.other_bands:
        cut_band(cut, kept, fetch_frame(band), wcs, psfs.value[band], wanted.bands.index(band))
    cut.files += fetched
    return cut


def cut_reference(
    rows: pd.DataFrame,
    frame: Frame,
    psfs: Mapping[str, PsfField],
    wanted: Wanted,
    stamp_size: int,
    psf_size: int,
) -> tuple[CutField, list[_Kept]]:
    """The stamps of one frame's objects, as whole pixels of the reference band; who has one.

    Dropped are stamps that leave the frame, whose pixels no camera gives (see `judge`), or where a
    bright object's light is missing. Raises `CentroidError` if the objects' light does not lie
    where the catalogue says.
    """
    dropped: list[tuple[int, str]] = []
    offsets: list[float] = []
    kept: list[_Kept] = []
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
        kept.append(_Kept(row, stamp))
    check_offsets(frame.name, offsets)
    shape, bands = (len(kept), stamp_size, stamp_size), len(wanted.bands)
    image, sigma = (np.empty((*shape, bands), np.float32) for _ in range(2))
    psf = np.empty((len(kept), psf_size, psf_size, bands), np.float32)
    at = wanted.bands.index(wanted.reference)
    records: list[dict[str, Any]] = []
    for n, (own, stamp) in enumerate(kept):
        image[n, ..., at], sigma[n, ..., at] = stamp.image, stamp.sigma
        psf[n, ..., at] = psfs[wanted.reference].at(own["rowc"], own["colc"], psf_size)
        pixel = round(stamp.row), round(stamp.col)
        records.append(
            {name: own[name] for name in wanted.row_columns}
            | {
                "x": stamp.x,
                "y": stamp.y,
                "psf_half_light_radius": half_light_radius(psf[n, ..., at]),
                "nmgy_per_count": float(frame.calib[pixel[1]]),
                "sky": float(frame.sky[pixel]),
            }
        )
    block = SurveyBlock(pd.DataFrame(records), image, sigma, psf)
    return CutField(block, dropped, offsets), kept


def cut_band(
    cut: CutField, kept: list[_Kept], frame: Frame, wcs: WCS, psf: PsfField, at: int
) -> None:
    """Fill band number `at` of the stamps with another band's pixels, registered on the reference.

    wcs: of the reference's frame. Pixels that this frame lacks are NaN, and +inf in sigma: they
    drop no object, as it is seen in the reference. Raises `CentroidError` for a frame that is
    turned, or if the light of bright objects does not lie where the catalogue says.
    """
    band = frame.name.rsplit("-", 1)[-1]
    size, psf_size = cut.block.image.shape[1], cut.block.psf.shape[1]
    offsets = []
    for n, (row, stamp) in enumerate(kept):
        image, sigma = register(frame, wcs, stamp.top, stamp.left, size)
        cut.block.image[n, ..., at], cut.block.sigma[n, ..., at] = image, sigma
        (col,), (line,) = frame.wcs.wcs_world2pix([row["ra"]], [row["dec"]], 0)
        cut.block.psf[n, ..., at] = psf.at(line + 0.5, col + 0.5, psf_size)
        centre = sigma[size // 2 - 4 : size // 2 + 4, size // 2 - 4 : size // 2 + 4]
        magnitude = row[f"cmodel_magnitude_{band}"]
        if np.isfinite(centre).all() and np.isfinite(magnitude) and is_bright(magnitude, sigma):
            offsets.append(centroid_offset(image, stamp.x, stamp.y))
    check_offsets(frame.name, offsets)

"""Whole fields: of each field of a survey the frame in one band, its PSF, its noise."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from halflight.surveys import (
    Frame,
    PsfField,
    SdssClient,
    Wanted,
    fetch_catalogue,
    read_frame,
    read_psfield,
)

KEY = ("run", "camcol", "field")
NOISE = ("gain", "dark_variance")  # of a field, in the catalogue


class WholeField(NamedTuple):
    """One field in one band.

    Attributes:
        frame, psf: as they were read. frame_file, psf_file: the bytes of their files.
        noise: gain [electrons a count] and dark_variance [counts^2], by these names.
    """

    frame: Frame
    psf: PsfField
    frame_file: bytes
    psf_file: bytes
    noise: dict[str, float]


def whole_fields(
    folder: Path, band: str, *, chosen: Mapping[str, Any], **options: Any
) -> Iterator[WholeField]:
    """The fields in which the catalogue has objects, in the order of run, camcol and field.

    folder: keeps the files that arrived. chosen: arguments of `fetch_catalogue` by which objects
    and fields are. options: of `SdssClient`: addresses, release, patience.

    Raises:
        SurveyError: a catalogue or a file does not come, or is damaged; the message names it.
    """
    with SdssClient(cache_folder=folder, **options) as client:
        asked = Wanted(bands=(band,), reference=band, truths=())
        catalogue = fetch_catalogue(client, asked, **chosen).table
        for _, rows in catalogue.groupby([*KEY], sort=True):
            first = rows.iloc[0]
            key: dict[str, Any] = {name: int(first[name]) for name in KEY}
            noise: dict[str, Any] = {name: float(first[name]) for name in NOISE}
            as_frame = partial(_both, partial(read_frame, **noise), key | {"band": band})
            as_psf = partial(_both, read_psfield, key | {"band": band})
            frame, frame_file = client.frame(**key, band=band, read=as_frame).value
            psf, psf_file = client.psfield(**key, read=as_psf).value
            yield WholeField(frame, psf, frame_file, psf_file, noise)


def _both(read: Any, key: dict[str, Any], content: bytes) -> tuple[Any, bytes]:
    """What a file holds, and its bytes."""
    return read(content, **key), content

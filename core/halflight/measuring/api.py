"""`halflight.measure`: the measurement of an image as one function."""

from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from astropy.nddata import CCDData
from astropy.table import Table
from numpy.typing import NDArray

from halflight import images, models
from halflight.estimator import Estimator
from halflight.measuring.run import measure_targets
from halflight.measuring.targets import targets_of_image
from halflight.results import Run
from halflight.results.kept import Rows, file_hash
from halflight.results.provenance import now

TIERS = ("best", "fast")
"""The network with the scene fit, or the network alone."""


def measure(
    image: str | PathLike[str] | NDArray[Any] | CCDData,
    catalogue: Any = None,
    *,
    psf: Any,
    sigma: NDArray[Any] | None = None,
    mask: NDArray[Any] | None = None,
    wcs: Any = None,
    model: str | PathLike[str] | None = None,
    tier: str = "best",
    processes: int = 1,
    classical: bool = False,
    **options: Any,
) -> Table:
    """Half-light radii of the sources of an image, with error bars, flags and provenance.

    Args:
        image: a FITS file, an array (rows, columns), or a CCDData with its unit, WCS, mask and
            uncertainty.
        catalogue: a file, an astropy Table or a pandas DataFrame, with RA and Dec in degrees or
            x and y in pixels; None: sources are detected.
        psf: a FITS file, an array (P, P) of the sum 1 or (rows, P, P) with one a source,
            "gaussian:2.5px", "moffat:1.1arcsec:3", or "auto": from the image's stars.
        sigma: noise of an array, (rows, columns), in its unit. mask: its bad pixels, not 0. wcs: an
            astropy WCS.
        model: the name of a model that comes with halflight, or an estimator's folder; None: the
            default.
        tier: "best", the network with the scene fit, or "fast", the network alone.
        processes: that fit at the same time.
        classical: whether a Sersic fit and an aperture are to be had beside.
        **options: of `halflight.images.Options`: `zero_point` (AB magnitude of one unit),
            `pixel_scale` (arcsec), `unit`, `gain`, `first_pixel` (0 or 1) and others.

    Returns:
        One row a source, in order: see `halflight.results.COLUMNS` for names, units and meanings.
        R_e (`half_light_radius`, arcsec, and `half_light_radius_pix`) is the semi-major axis of the
        ellipse that holds half of the light, before the PSF.

    Raises:
        ValueError: what cannot be known or used, by name. OSError: a file that cannot be read.
        TypeError: an unknown option.
    """
    if tier not in TIERS:
        raise ValueError(f"tier must be {' or '.join(TIERS)}, received {tier!r}")
    known = {each.name for each in fields(images.Options)}
    if unknown := sorted(set(options) - known):
        raise TypeError(f"measure takes no {', '.join(unknown)}; options are {sorted(known)}")
    opened, settings = _opened(image, sigma, mask, wcs, options)
    targets = targets_of_image(
        opened, _table(catalogue), psf, settings, catalogue_name=str(catalogue)
        if isinstance(catalogue, str | PathLike) else "",
    )  # fmt: skip
    folder = models.find(model if model is None else str(model))
    run = Run(
        targets.image, targets.catalogue, targets.psf, folder.name, file_hash(folder), tier,
        "halflight.measure", now(),
    )  # fmt: skip
    estimator = Estimator.load(folder)
    return measure_targets(
        targets, estimator, Rows(), run, processes=processes, classical=classical
    ).to_astropy()


def _opened(
    image: Any, sigma: Any, mask: Any, wcs: Any, options: dict[str, Any]
) -> tuple[images.Field, images.Options]:
    """The image as a field, and the options with what a CCDData says."""
    if isinstance(image, str | PathLike):
        if any(each is not None for each in (sigma, mask, wcs)):
            raise ValueError(
                "sigma, mask and wcs are those of an array; of a file name them by the options "
                "rms, mask and hdu"
            )
        settings = images.Options(**options)
        return images.open_field(Path(image), settings), settings
    if isinstance(image, CCDData):
        sigma, mask, wcs = _sigma_of(image, sigma), _or(mask, image.mask), _or(wcs, image.wcs)
        options = {"unit": str(image.unit)} | options
        image = image.data
    settings = images.Options(**options)
    return images.field_of_arrays(image, sigma, mask, wcs=wcs, options=settings), settings


def _sigma_of(image: CCDData, sigma: Any) -> Any:
    if sigma is not None or image.uncertainty is None:
        return sigma
    return image.uncertainty.represent_as("std").array if hasattr(
        image.uncertainty, "represent_as"
    ) else image.uncertainty.array  # fmt: skip


def _or(given: Any, other: Any) -> Any:
    return other if given is None else given


def _table(catalogue: Any) -> Any:
    """A catalogue as `halflight.images` takes it."""
    if isinstance(catalogue, dict):
        return Table({name: np.asarray(values) for name, values in catalogue.items()})
    return catalogue

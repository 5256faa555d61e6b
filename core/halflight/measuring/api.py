"""`halflight.measure`: the measurement of an image as one function."""

import tempfile
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.table import Table
from numpy.typing import NDArray

from halflight import images, models
from halflight.measurer import TIERS, Measurer
from halflight.measuring.run import measure_targets
from halflight.measuring.targets import targets_of_image
from halflight.results import Run
from halflight.results.kept import Rows, file_hash
from halflight.results.provenance import now


def measure(
    image: str | PathLike[str] | NDArray[Any] | CCDData,
    catalogue: Any = None,
    *,
    psf: Any,
    sigma: NDArray[Any] | None = None,
    mask: NDArray[Any] | None = None,
    wcs: Any = None,
    model: str | PathLike[str] | None = None,
    tier: str | None = None,
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
        tier: "best", the network with the scene fit, or "fast", the network alone; None: the best
            that the model has.
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
    if tier not in (None, *TIERS):
        raise ValueError(f"tier must be {' or '.join(TIERS)}, received {tier!r}")
    opened, settings = opened_image(image, sigma, mask, wcs, options)
    targets = targets_of_image(
        opened, as_table(catalogue), psf, settings, catalogue_name=str(catalogue)
        if isinstance(catalogue, str | PathLike) else "",
    )  # fmt: skip
    folder = models.find(model if model is None else str(model))
    measurer = Measurer.load(folder)
    chosen = tier or measurer.tier
    run = Run(
        targets.image, targets.catalogue, targets.psf, folder.name, file_hash(folder), chosen,
        "halflight.measure", now(),
    )  # fmt: skip
    return measure_targets(
        targets,
        measurer,
        Rows(),
        run,
        processes=processes,
        classical=classical,
        probability=measurer.probability,
    ).to_astropy()


def opened_image(
    image: Any, sigma: Any, mask: Any, wcs: Any, options: dict[str, Any]
) -> tuple[images.Field, images.Options]:
    """The image as a field, and the options with what a CCDData says: arguments of `measure`.

    Raises ValueError as `measure` does, and TypeError for an unknown option.
    """
    known = {each.name for each in fields(images.Options)}
    if unknown := sorted(set(options) - known):
        raise TypeError(f"no option is called {', '.join(unknown)}; options are {sorted(known)}")
    if isinstance(image, str | PathLike):
        if any(each is not None for each in (sigma, mask, wcs)):
            raise ValueError(
                "sigma, mask and wcs are those of an array; of a file name them by the options "
                "rms, mask and hdu"
            )
        settings = images.Options(**options)
        return images.open_field(Path(image), settings), settings
    if isinstance(image, CCDData):
        return _opened_ccd(image, sigma, mask, wcs, options)
    settings = images.Options(**options)
    return images.field_of_arrays(image, sigma, mask, wcs=wcs, options=settings), settings


def _opened_ccd(
    image: CCDData, sigma: Any, mask: Any, wcs: Any, options: dict[str, Any]
) -> tuple[images.Field, images.Options]:
    """A CCDData by way of files, so that its header is read as that of any image is.

    They are mapped to memory, and stay readable there when their names are gone.
    """
    if sigma is None and image.uncertainty is not None:
        sigma = image.uncertainty.represent_as(StdDevUncertainty).array
    mask = image.mask if mask is None else mask
    if wcs is not None:
        image = CCDData(image, wcs=wcs)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.fits" for name in ("ccddata", "rms", "mask")}
        image.to_hdu(hdu_mask=None, hdu_uncertainty=None, wcs_relax=True).writeto(paths["ccddata"])
        for name, array in (("rms", sigma), ("mask", mask)):
            if array is not None:
                number = np.asarray(array, np.int16 if name == "mask" else np.float32)
                fits.writeto(paths[name], number)
                options = options | {name: paths[name]}
        settings = images.Options(**options)
        return images.open_field(paths["ccddata"], settings), settings


def as_table(catalogue: Any) -> Any:
    """A catalogue as `halflight.images` takes it."""
    if isinstance(catalogue, dict):
        return Table({name: np.asarray(values) for name, values in catalogue.items()})
    return catalogue

"""`halflight.measure`: the measurement of an image as one function."""

import tempfile
from collections.abc import Mapping
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.table import Table
from numpy.typing import NDArray

from halflight import images, models
from halflight.judged import Judged, judged
from halflight.measurer import TIERS, Measurer
from halflight.measuring.bands import check_model, targets_of_bands
from halflight.measuring.run import measure_targets
from halflight.measuring.targets import Targets, targets_of_image
from halflight.results import Run
from halflight.results.kept import Rows, file_hash
from halflight.results.provenance import now

Image: TypeAlias = str | PathLike[str] | NDArray[Any] | CCDData


def measure(
    image: Image | Mapping[str, Image],
    catalogue: Any = None,
    *,
    psf: Any,
    sigma: Any = None,
    mask: Any = None,
    wcs: Any = None,
    reference: str | None = None,
    extinction: Mapping[str, Any] | None = None,
    model: str | PathLike[str] | None = None,
    tier: str | None = None,
    processes: int = 1,
    classical: bool = False,
    decisive: float | None = None,
    **options: Any,
) -> Table:
    """Half-light radii of the sources of an image, with error bars, flags and provenance.

    Args:
        image: a FITS file, an array (rows, columns), or a CCDData with its unit, WCS, mask and
            uncertainty. A mapping of these by the names of their bands is one field, for a model
            that tells stars from galaxies; then psf, sigma, mask, wcs and each option are one for
            all bands, or such a mapping too.
        catalogue: a file, an astropy Table or a pandas DataFrame, with RA and Dec in degrees or
            x and y in pixels; None: sources are detected.
        psf: a FITS file, an array (P, P) of the sum 1 or (rows, P, P) with one a source,
            "gaussian:2.5px", "moffat:1.1arcsec:3", or "auto": from the image's stars.
        sigma: noise of an array, (rows, columns), in its unit. wcs: its astropy WCS.
        mask: bad pixels, not 0: an array beside an array, a FITS file beside a file.
        reference: the band on whose pixels the others are laid; None: r, or the first.
        extinction: by band, magnitudes of Galactic dust, or the name of the catalogue's column;
            without it, the columns extinction_BAND.
        model: the name of a model that comes with halflight, or an estimator's folder; None: the
            default.
        tier: "best", the network with the scene fit, or "fast", the network alone; None: the best
            that the model has.
        processes: that fit at the same time.
        classical: whether a Sersic fit and an aperture are to be had beside.
        decisive: of a model that tells stars from galaxies, the probability of one of the two below
            which a source is flagged `undecided`, above 0.5 and below 1; None: the model's own.
        **options: of `halflight.images.Options`: `zero_point` (AB magnitude of one unit),
            `pixel_scale` (arcsec), `unit`, `gain`, `first_pixel` (0 or 1) and others.

    Returns:
        One row a source, in order: see `halflight.results.COLUMNS` for names, units and meanings.
        R_e (`half_light_radius`, arcsec, and `half_light_radius_pix`) is the semi-major axis of the
        ellipse that holds half of the light, before the PSF. A model that tells stars from galaxies
        gives `star_probability`, and NaN elsewhere.

    Raises:
        ValueError: what cannot be known or used, by name. OSError: a file that cannot be read.
        TypeError: an unknown option.
    """
    if tier not in (None, *TIERS):
        raise ValueError(f"tier must be {' or '.join(TIERS)}, received {tier!r}")
    _check_names(options)
    folder = models.find(model if model is None else str(model))
    measurer = judged(Measurer.load(folder).deciding(decisive), folder)
    name = str(catalogue) if isinstance(catalogue, str | PathLike) else ""
    if isinstance(image, Mapping):
        check_model(measurer, list(image), folder.name)
        given = {"sigma": sigma, "mask": mask, "wcs": wcs, "psf": psf}
        targets = _field_of_bands(
            image, as_table(catalogue), given, options, measurer,
            reference=reference, extinction=extinction, catalogue_name=name,
        )  # fmt: skip
    elif reference is not None or extinction is not None:
        raise ValueError("reference and extinction are of bands: give the images by their names")
    else:
        opened, settings = opened_image(image, sigma, mask, wcs, options)
        targets = targets_of_image(opened, as_table(catalogue), psf, settings, catalogue_name=name)
    chosen = tier or measurer.tier
    run = Run(
        targets.image, targets.catalogue, targets.psf, folder.name, file_hash(folder), chosen,
        "halflight.measure" + ("" if decisive is None else f"(decisive={decisive:g})"), now(),
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


def _field_of_bands(
    image: Mapping[str, Any],
    catalogue: Any,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    measurer: Measurer | Judged,
    **more: Any,
) -> Targets:
    """The sources of images by band; `given` and `options` are one for all, or by band."""
    bands = list(image)
    images.check_names(bands, "image")
    settings = images.options_by_band(options, bands)
    parts = {name: images.by_band(value, bands, name) for name, value in given.items()}
    opened = {}
    for band in bands:
        said = {each.name: getattr(settings[band], each.name) for each in fields(images.Options)}
        own = {name: each[band] for name, each in parts.items()}
        opened[band], settings[band] = opened_image(
            image[band], own["sigma"], own["mask"], own["wcs"], said
        )
    return targets_of_bands(
        opened, catalogue, parts["psf"], settings, measurer, **more
    )  # fmt: skip


def opened_image(
    image: Any, sigma: Any, mask: Any, wcs: Any, options: dict[str, Any]
) -> tuple[images.Field, images.Options]:
    """The image as a field, and the options with what a CCDData says: arguments of `measure`.

    Raises ValueError as `measure` does, and TypeError for an unknown option.
    """
    _check_names(options)
    named = isinstance(mask, str | PathLike)
    if isinstance(image, str | PathLike):
        if sigma is not None or wcs is not None or not (mask is None or named):
            raise ValueError(
                "sigma and wcs, and a mask that is an array, are those of an array; of a file name "
                "files, by the options rms, mask and hdu"
            )
        options = options if mask is None else options | {"mask": mask}
        settings = images.Options(**options)
        return images.open_field(Path(image), settings), settings
    if named:
        raise ValueError(f"the mask of an image in memory must be an array, received {mask!r}")
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


def _check_names(options: Mapping[str, Any]) -> None:
    known = {each.name for each in fields(images.Options)}
    if unknown := sorted(set(options) - known):
        raise TypeError(f"no option is called {', '.join(unknown)}; options are {sorted(known)}")


def as_table(catalogue: Any) -> Any:
    """A catalogue as `halflight.images` takes it."""
    if isinstance(catalogue, dict):
        return Table({name: np.asarray(values) for name, values in catalogue.items()})
    return catalogue

"""The Sersic fit: a profile, convolved with the PSF, fitted to one stamp."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from halflight.classical.guess import guess_shape
from halflight.classical.moments import PsfError, psf_size
from halflight.classical.segmentation import DETECTION_THRESHOLD, Segmentation, segment_stamp
from halflight.classical.sersic_model import StampModel, shape_vector
from halflight.classical.sersic_problem import SersicProblem, marginal_error, semi_major_direction

_MINIMUM_GOOD_FRACTION = 0.3
_START_SERSIC_N, _RESTART_SERSIC_N = 1.5, 4.0
_MINIMUM_FIT_N, _MAXIMUM_FIT_N = 0.3, 8.0
_MINIMUM_RADIUS = 0.02  # circularised, arcsec; the largest is half the stamp's side
_SHEAR_BOUND = 2.5  # axis ratios down to exp(-2.5) = 0.08
_CENTRE_BOUND_PIXELS = 5.0
_MINIMUM_SIGNIFICANCE = 3.0  # flux over its error; below it a fit describes noise
_RESTART_EXCESS = 3.0  # restart when chi^2 exceeds its mean by this many standard deviations


@dataclass(frozen=True)
class SersicFit:
    """What the fit found. Lengths in arcsec, fluxes in the image's unit.

    ln_radius: ln of the semi-major half-light radius. Its error and that of ln_axis_ratio are the
    formal 68 % ones, marginal over every other parameter, from the curvature of chi^2 at the best
    fit (none counts as known, wherever it is). They know nothing of a galaxy that is no Sersic
    profile.
    position_angle: degrees from +x towards +y, within (-90, 90].
    x, y: centre, from the stamp centre. sky: a pixel's.
    converged: a minimum with a finite error, inside the bounds, with a flux of 3 sigma;
    otherwise the numbers are the best ones reached, NaN when there are none, and the error is none:
    where a bound stops the descent chi^2 has no minimum to curve about. The circularised
    radius is bounded by half the stamp's side, where a stamp ceases to tell.
    status: "ok", or what is to be known about the fit in a few words.
    """

    ln_radius: float
    ln_radius_error: float
    axis_ratio: float
    ln_axis_ratio: float
    ln_axis_ratio_error: float
    position_angle: float
    sersic_n: float
    flux: float
    x: float
    y: float
    sky: float
    chi_square_per_pixel: float
    converged: bool
    status: str


def failed_fit(status: str) -> SersicFit:
    """The result for a stamp that cannot be measured: NaN everywhere, and the reason."""
    return SersicFit(*(math.nan,) * 12, converged=False, status=status)


def fit_sersic(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    *,
    pixel_scale: float,
    detection_threshold: float = DETECTION_THRESHOLD,
) -> SersicFit:
    """Fit centre, size, shape, Sersic index, flux and a constant sky to the target of a stamp.

    image, sigma: (S, S) nmgy; a bad pixel is NaN in image or not finite in sigma, and left out,
    as are the neighbours that `segment_stamp` finds. psf: (P, P), P odd, centred, sum 1, pixel
    response included. detection_threshold: of sources, in units of the smoothed image's noise.

    A trust-region descent (scipy.optimize.least_squares) with the analytic gradient of the model,
    from the moments of the target and a Sersic index of 1.5; from 4 as well when that ends badly.

    An unusable stamp or PSF is reported in `status`, never raised; ValueError is for wrong shapes.
    """
    segmentation = segment_stamp(image, sigma, detection_threshold=detection_threshold)
    try:
        model = StampModel(psf, stamp_size=image.shape[0], pixel_scale=pixel_scale)
    except PsfError as error:
        return failed_fit(str(error))
    usable = segmentation.good & ~segmentation.neighbours
    if usable.mean() < _MINIMUM_GOOD_FRACTION:
        return failed_fit(f"only {usable.mean():.0%} of the pixels are usable")
    problem = SersicProblem(model, image, sigma, usable)
    start = _first_guess(image, psf, segmentation, pixel_scale)
    fit = _minimise(problem, start, pixel_scale)
    acceptable = 1.0 + _RESTART_EXCESS * math.sqrt(2.0 / problem.count)
    if fit.status == "ok" and fit.chi_square_per_pixel < acceptable:
        return fit
    start[5] = math.log(_RESTART_SERSIC_N)
    return max(fit, _minimise(problem, start, pixel_scale), key=_merit)


def _merit(fit: SersicFit) -> tuple[bool, float]:
    """Order of fits to one stamp: a galaxy of positive flux first, then the smaller chi^2."""
    return fit.flux > 0.0, -fit.chi_square_per_pixel


def _minimise(problem: SersicProblem, start: NDArray[np.float64], pixel_scale: float) -> SersicFit:
    """One descent from a first guess, and its result in the terms of SersicFit."""
    reach = _CENTRE_BOUND_PIXELS * pixel_scale
    half_side = 0.5 * problem.model.stamp_size * pixel_scale
    limits = (
        (start[0] - reach, start[0] + reach),
        (start[1] - reach, start[1] + reach),
        (math.log(_MINIMUM_RADIUS), math.log(half_side)),
        (-_SHEAR_BOUND, _SHEAR_BOUND),
        (-_SHEAR_BOUND, _SHEAR_BOUND),
        (math.log(_MINIMUM_FIT_N), math.log(_MAXIMUM_FIT_N)),
    )
    low, high = np.array(limits).T
    result = least_squares(
        problem.residual,
        np.clip(start, low + 1e-3, high - 1e-3),
        jac=problem.jacobian,
        bounds=(low, high),
        x_scale=np.array([0.1, 0.1, 0.2, 0.2, 0.2, 0.3]),
        ftol=1e-6,
        xtol=1e-5,
        gtol=1e-8,
        max_nfev=60,
    )
    shape = result.x
    problem.residual(shape)
    shear = math.hypot(shape[3], shape[4])
    direction, flattening = semi_major_direction(shape), np.zeros(len(shape))
    flattening[3:5] = shape[3:5] / shear if shear > 0.0 else (1.0, 0.0)
    jacobian = problem.jacobian(shape)
    at_bound = (shape - low < 1e-3 * (high - low)) | (high - shape < 1e-3 * (high - low))
    fit = SersicFit(
        ln_radius=float(shape[2] + 0.5 * shear),
        ln_radius_error=marginal_error(jacobian, direction),
        axis_ratio=math.exp(-shear),
        ln_axis_ratio=-shear,
        ln_axis_ratio_error=marginal_error(jacobian, flattening),
        position_angle=math.degrees(0.5 * math.atan2(shape[4], shape[3])),
        sersic_n=math.exp(shape[5]),
        flux=problem.flux,
        x=float(shape[0]),
        y=float(shape[1]),
        sky=problem.sky,
        chi_square_per_pixel=float(2.0 * result.cost / problem.count),
        converged=True,
        status="ok",
    )
    if result.status <= 0:
        return replace(fit, converged=False, status=f"no convergence in {result.nfev} steps")
    if not problem.significance > _MINIMUM_SIGNIFICANCE:
        return replace(fit, converged=False, status="no significant flux")
    if at_bound.any():
        what = "radius, shape or centre" if at_bound[:5].any() else "Sersic index"
        return replace(fit, converged=False, status=f"{what} at a bound")
    if not math.isfinite(fit.ln_radius_error):
        return replace(fit, converged=False, status="chi^2 does not curve: no error can be given")
    return fit


def _first_guess(
    image: NDArray[np.floating],
    psf: NDArray[np.floating],
    segmentation: Segmentation,
    pixel_scale: float,
) -> NDArray[np.float64]:
    """Centre, size and shape from the moments and the growth curve of the target's segment."""
    psf_radius, psf_moments = psf_size(psf, pixel_scale)
    pixels = segmentation.labels == segmentation.target
    light = np.where(segmentation.good, image - segmentation.background, 0.0)
    if segmentation.target:
        guess = guess_shape(
            light,
            pixels,
            psf_radius,
            psf_moments,
            pixel_scale=pixel_scale,
            sersic_n=_START_SERSIC_N,
        )
        if guess is not None:
            return guess
    return shape_vector(  # nothing detected: a small galaxy at the centre
        half_light_radius=1.5,
        axis_ratio=0.7,
        position_angle=0.0,
        sersic_n=_START_SERSIC_N,
        x=0.0,
        y=0.0,
    )

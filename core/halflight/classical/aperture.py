"""The aperture radius: a half-light radius as SExtractor measures it, corrected for seeing."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammainc

from halflight.classical.moments import (
    Moments,
    PsfError,
    check_centred,
    coordinates,
    half_light_aperture,
    light_moments,
    psf_size,
)
from halflight.classical.segmentation import DETECTION_THRESHOLD, Segmentation, segment_stamp
from halflight.classical.sersic_transform import sersic_b
from halflight.quality import FLAGS, pixel_flags

# SExtractor's PHOT_AUTOPARAMS 2.5, 3.5 and its window for the first moment (its manual, "Automatic
# aperture photometry"; Kron 1980; Bertin & Arnouts 1996, section 7.4).
_KRON_FACTOR = 2.5
_MINIMUM_KRON_RADIUS = 3.5
_KRON_WINDOW = 6.0
# Below this fraction of the PSF's own half-light radius the seeing correction has no meaning.
_RESOLUTION_FLOOR = 0.2
_MINIMUM_AXIS_RATIO = 0.2


@dataclass(frozen=True)
class ApertureRadius:
    """What the aperture photometry found; NaN throughout when detected is False.

    ln_radius: ln of the semi-major half-light radius (arcsec), corrected for seeing.
    observed_radius: FLUX_RADIUS, arcsec: the circle with half the automatic flux, uncorrected.
    axis_ratio: of the second moments, corrected for seeing. flux: FLUX_AUTO, nmgy.
    resolved: False where the seeing correction reached its floor, so that the radius is only a
    bound. status: "ok" or the reason in a few words.
    """

    ln_radius: float
    observed_radius: float
    axis_ratio: float
    flux: float
    detected: bool
    resolved: bool
    status: str


def failed_aperture(status: str) -> ApertureRadius:
    """The result for a stamp without a measurable target."""
    return ApertureRadius(*(math.nan,) * 4, detected=False, resolved=False, status=status)


def measure_aperture(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    *,
    pixel_scale: float,
    detection_threshold: float = DETECTION_THRESHOLD,
    local_background: bool = False,
) -> ApertureRadius:
    """FLUX_RADIUS of the target of a stamp, corrected for seeing, as a semi-major radius.

    image, sigma: (S, S) nmgy; a bad pixel is NaN in image or not finite in sigma. psf: (P, P).

    local_background: subtract the level of the stamp's border. SDSS frames come sky-subtracted from
    an area far larger than a stamp, whose border holds light of a large target: off by default.

    In SExtractor's steps: source by threshold and deblending;
    neighbours and bad pixels replaced by the pixel opposite the target (MASK_TYPE CORRECT);
    FLUX_AUTO in the Kron ellipse; the circle that holds half of it. Then, as is done with
    catalogues: R_c = sqrt(R_observed^2 - R_psf^2), at least 0.2 R_psf (a galaxy no larger than the
    PSF would else have no radius: such a one has resolved=False); and from the circle to the
    semi-major axis by the geometry of an exponential disc of the measured axis ratio, which holds
    for any Sersic index within 1 % (`circle_to_semi_major`). Nothing is calibrated on truth.

    A hopeless stamp or PSF is reported in `status`; ValueError is for wrong shapes.
    """
    segmentation = segment_stamp(image, sigma, detection_threshold=detection_threshold)
    try:
        psf_radius, psf_moments = psf_size(psf, pixel_scale)
        check_centred(psf)
    except PsfError as error:
        return failed_aperture(str(error))
    if not segmentation.good.any():
        return failed_aperture("no usable pixel")
    if segmentation.target == 0:
        return failed_aperture("no source at the stamp centre")
    pixels = segmentation.labels == segmentation.target
    background = segmentation.background if local_background else 0.0
    light = np.where(segmentation.good, image - background, 0.0).astype(np.float64)
    moments = light_moments(light, pixels, pixel_scale)
    if moments is None:
        return failed_aperture("no positive flux")
    light = _corrected(light, segmentation, moments, pixel_scale)
    flux = _kron_flux(light, moments, pixel_scale)
    observed = half_light_aperture(
        light, x=moments.x, y=moments.y, total=flux, pixel_scale=pixel_scale
    )
    if not math.isfinite(observed):
        return failed_aperture("no positive flux")
    floor = _RESOLUTION_FLOOR * psf_radius
    squared = observed**2 - psf_radius**2
    resolved = squared > floor**2
    circle = math.sqrt(squared) if resolved else floor
    axis_ratio = _seeing_corrected_axis_ratio(moments, psf_moments)
    return ApertureRadius(
        ln_radius=math.log(circle * circle_to_semi_major(axis_ratio)),
        observed_radius=observed,
        axis_ratio=axis_ratio,
        flux=flux,
        detected=True,
        resolved=resolved,
        status=_status(image, sigma, resolved, local_background),
    )


def _status(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    resolved: bool,
    local_background: bool,
) -> str:
    """What is to be known of a radius that was found."""
    flags = int(pixel_flags(image[None, ..., None], sigma[None, ..., None])[0])
    if flags & FLAGS["sky_not_zero"] and not local_background:
        return "light in every corner: the sky, or a target larger than the stamp"
    return "ok" if resolved else "not larger than the PSF"


def circle_to_semi_major(axis_ratio: float) -> float:
    """Semi-major half-light radius over the radius of the circle that holds half the light.

    For an exponential disc; 1.34 at an axis ratio of 0.5 and 1 for a round galaxy. A Sersic index
    of 0.5 to 6 changes it by less than 1 % (2 % at 0.3). Raises ValueError outside [0.1, 1].
    """
    nodes, values = _circle_table()
    if not nodes[0] <= axis_ratio <= nodes[-1]:
        raise ValueError(f"axis_ratio must lie in [{nodes[0]}, {nodes[-1]}], got {axis_ratio}")
    return float(np.interp(axis_ratio, nodes, values))


@cache
def _circle_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """circle_to_semi_major solved on a grid of axis ratios."""
    angle = (np.arange(512) + 0.5) / 512.0 * (np.pi / 2.0)
    b = float(sersic_b(1.0))
    nodes = np.linspace(0.1, 1.0, 91)

    def light_within(radius: float, axis_ratio: float) -> float:
        # In every direction the circle cuts the ellipse of semi-major axis radius * stretch.
        stretch = np.sqrt(np.cos(angle) ** 2 + (np.sin(angle) / axis_ratio) ** 2)
        return float(np.mean(gammainc(2.0, b * radius * stretch) / (axis_ratio * stretch**2)))

    circles = [brentq(lambda radius, q=q: light_within(radius, q) - 0.5, 0.05, 1.5) for q in nodes]
    return nodes, 1.0 / np.array(circles)


def _corrected(
    light: NDArray[np.float64], segmentation: Segmentation, moments: Moments, pixel_scale: float
) -> NDArray[np.float64]:
    """Light with neighbours and bad pixels replaced by their mirror image about the target.

    Where the mirror pixel is masked too, or off the stamp, the pixel becomes 0 (the background).
    """
    masked = segmentation.neighbours | ~segmentation.good
    size = light.shape[0]
    middle = size / 2.0 - 0.5
    rows, columns = np.nonzero(masked)
    mirror_rows = np.rint(2.0 * (middle + moments.y / pixel_scale) - rows).astype(int)
    mirror_columns = np.rint(2.0 * (middle + moments.x / pixel_scale) - columns).astype(int)
    inside = (
        (mirror_rows >= 0) & (mirror_rows < size) & (mirror_columns >= 0) & (mirror_columns < size)
    )
    mirror_rows, mirror_columns = mirror_rows * inside, mirror_columns * inside
    usable = inside & ~masked[mirror_rows, mirror_columns]
    corrected = light.copy()
    corrected[rows, columns] = np.where(usable, light[mirror_rows, mirror_columns], 0.0)
    return corrected


def _kron_flux(light: NDArray[np.float64], moments: Moments, pixel_scale: float) -> float:
    """FLUX_AUTO: the light in the ellipse of 2.5 Kron radii, nmgy."""
    offset = coordinates(light.shape[0], pixel_scale)
    dx, dy = (offset - moments.x)[None, :], (offset - moments.y)[:, None]
    cosine, sine = math.cos(moments.position_angle), math.sin(moments.position_angle)
    floor = pixel_scale / math.sqrt(12.0)
    along = (dx * cosine + dy * sine) / max(moments.major, floor)
    across = (dy * cosine - dx * sine) / max(moments.minor, floor)
    radius = np.hypot(along, across)  # in units of SExtractor's A and B
    window = radius < _KRON_WINDOW
    first = float((light * radius)[window].sum()) / max(float(light[window].sum()), 1e-30)
    kron = max(_KRON_FACTOR * first, _MINIMUM_KRON_RADIUS)
    return float(light[radius < kron].sum())


def _seeing_corrected_axis_ratio(moments: Moments, psf: Moments) -> float:
    """Axis ratio of the second moments less those of the PSF, kept within [0.2, 1]."""
    galaxy = Moments(
        x=moments.x,
        y=moments.y,
        xx=moments.xx - psf.xx,
        yy=moments.yy - psf.yy,
        xy=moments.xy - psf.xy,
    )
    if galaxy.major == 0.0:
        return 1.0
    return min(max(galaxy.minor / galaxy.major, _MINIMUM_AXIS_RATIO), 1.0)

"""The scene fit: target, neighbours and sky of a stamp explained together, models weighed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.classical.moments import PsfError, check_psf
from halflight.classical.scene.beliefs import Beliefs
from halflight.classical.scene.drawing import Drawing
from halflight.classical.scene.evidence import answer_of, marginal_sigma, weighed
from halflight.classical.scene.models import BulgeDisc, SingleSersic, Vector
from halflight.classical.scene.problem import Problem, Scene, Solution
from halflight.classical.scene.sources import Sources, find_sources
from halflight.classical.segmentation import DETECTION_THRESHOLD, segment_stamp
from halflight.classical.sersic_problem import smooth_sigma

_LEAST_GOOD_FRACTION = 0.3
_TOLERANCE = 0.05  # of chi^2: a step that promises less ends a descent
_RESTART_N = 4.0
_RESTART_EXCESS = 3.0  # restart when chi^2 exceeds its mean by this many standard deviations
_MOST_STEPS = 25
# Of bulge and disc. A second start, from a dominant bulge, changed no score and cost a third more.
_START = {"share": 0.3, "growth": 0.15, "ratio": 0.3, "n": 2.0}
_LEAST_SIGNIFICANCE = 3.0  # flux over its error; below it a fit describes noise
_POGSON = 2.5 / math.log(10.0)  # magnitudes of an e-fold of flux
_ANY_ANGLE = 180.0 / math.sqrt(12.0)  # the standard deviation of an angle of which nothing is known
_INDICES = SingleSersic.parameters.index("ln_sersic_n"), BulgeDisc.parameters.index("logit_share")


@dataclass(frozen=True)
class SceneFit:
    """What the fit found. Lengths in arcsec, fluxes in the image's unit.

    Errors are of 68 %, marginal over all else. Those of the half-light ellipse (radius, axis ratio,
    position angle), magnitude and centre, and their values, are of the mean over the models by
    their evidence, the models' disagreement included.

    ln_radius: ln of the semi-major axis of the ellipse that holds half of the target's light.
    axis_ratio, ln_axis_ratio: q within (0, 1], and ln q, which is minus the modulus of the shear
    -ln q (cos 2 phi, sin 2 phi). Its two components are what is fitted, without bias; the modulus of
    a noisy vector is too long by about the error squared over twice its length: of a galaxy that
    is round within an error or two, q is too small, and the error says little.
    position_angle: degrees from +x towards +y, within (-90, 90]; its error is at most 52, that of
    any angle at all.
    magnitude: AB, by the zero point, of the total light; flux is the same in the image's unit.
    radius_magnitude_correlation: of the errors of ln_radius and magnitude.
    sersic_n, ln_sersic_n: of the single profile, whichever model is the better.
    bulge_fraction: the bulge's share of the light in the model that has one.
    bulge_disc_probability: of that model, by its evidence.
    x, y: centre, from the stamp centre. sky: level at the stamp's centre.
    neighbours: sources that were fitted beside the target.
    converged: every model that counts came to a minimum, with a finite error and a flux of 3 sigma.
    status: "ok", or what is to be known in a few words.
    """

    ln_radius: float
    ln_radius_error: float
    axis_ratio: float
    ln_axis_ratio: float
    ln_axis_ratio_error: float
    position_angle: float
    position_angle_error: float
    magnitude: float
    magnitude_error: float
    radius_magnitude_correlation: float
    flux: float
    sersic_n: float
    ln_sersic_n: float
    ln_sersic_n_error: float
    bulge_fraction: float
    bulge_fraction_error: float
    bulge_disc_probability: float
    x: float
    x_error: float
    y: float
    y_error: float
    sky: float
    chi_square_per_pixel: float
    neighbours: int
    converged: bool
    status: str


@dataclass(frozen=True)
class SceneImages:
    """What the fit explains a stamp by, each (S, S) float32 in the image's unit.

    The mean over the models by their evidence; all neighbours in one. image less all three is what
    is left over. Masked sources are in none.
    """

    target: NDArray[np.float32]
    neighbours: NDArray[np.float32]
    sky: NDArray[np.float32]


def failed_scene(status: str) -> SceneFit:
    """The result for a stamp that cannot be measured: NaN everywhere, and the reason."""
    return SceneFit(*(math.nan,) * 23, neighbours=0, converged=False, status=status)


def fit_scene(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    *,
    beliefs: Beliefs,
    detection_threshold: float = DETECTION_THRESHOLD,
) -> SceneFit:
    """Fit the target of a stamp, its neighbours and the sky at once, and weigh two models of it.

    image, sigma: (S, S), one unit; a bad pixel is NaN in image or not finite in sigma, and left
    out. psf: (P, P), P odd, centred, sum 1, pixel response included. beliefs: the priors, the most
    neighbours to fit (others are masked), and the instrument's pixel scale and zero point.
    detection_threshold: of sources, in units of the smoothed image's noise.

    First one Sersic profile, then bulge and disc, each together with all neighbours and the sky.
    Each is a maximum of the posterior by Levenberg-Marquardt, and the answer is the mean over both
    models, weighed by their evidence in Laplace's approximation (MacKay 2003, chapter 27).

    An unusable stamp or PSF is reported in `status`, never raised; ValueError is for wrong shapes.
    """
    return explain_scene(
        image, sigma, psf, beliefs=beliefs, detection_threshold=detection_threshold, images=False
    )[0]


def explain_scene(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    *,
    beliefs: Beliefs,
    detection_threshold: float = DETECTION_THRESHOLD,
    images: bool = True,
) -> tuple[SceneFit, SceneImages | None]:
    """As `fit_scene`, with what the stamp is explained by; None where there is no answer.

    images: whether they are drawn.
    """
    segmentation = segment_stamp(image, sigma, detection_threshold=detection_threshold)
    try:
        check_psf(psf)
    except PsfError as error:
        return failed_scene(str(error)), None
    sources = find_sources(image, sigma, psf, segmentation, most=beliefs.priors.neighbours)
    if sources.usable.mean() < _LEAST_GOOD_FRACTION:
        return failed_scene(f"only {sources.usable.mean():.0%} of the pixels are usable"), None
    scene = _scene(image, sigma, psf, sources, beliefs)
    single = Problem(scene, SingleSersic())
    one = _fit_single(single, sources)
    double, two = _fit_bulge_disc(single, one, scene)
    weights, mean, covariance = weighed([answer_of(single, one), answer_of(double, two)])
    if not (np.isfinite(mean).all() and np.isfinite(weights).all()):
        return failed_scene("chi^2 does not curve: no error can be given"), None
    fit = _described(weights, mean, covariance, one, two, scene)
    if not images:
        return fit, None
    counted = [
        (np.float32(w), problem.images(solution.p))
        for w, problem, solution in zip(weights, (single, double), (one, two), strict=True)
        if w > 0.0
    ]
    target, around, sky = np.sum([w * drawn for w, drawn in counted], axis=0)
    return fit, SceneImages(target, around, sky)


def _scene(
    image: NDArray[np.floating],
    sigma: NDArray[np.floating],
    psf: NDArray[np.floating],
    sources: Sources,
    beliefs: Beliefs,
) -> Scene:
    """The stamp in the terms of the least-squares problem."""
    usable = sources.usable
    weight = np.where(usable, 1.0 / smooth_sigma(sigma, usable), 0.0).astype(np.float32)
    data = np.where(usable, image, 0.0).astype(np.float32) * weight
    sizes = sorted({len(image), *(neighbour.size for neighbour in sources.neighbours)})
    drawings = {size: Drawing(psf, size) for size in sizes}
    return Scene(
        data, weight, drawings, sources.neighbours, beliefs, sources.psf_radius, sources.noise
    )


def _fit_single(problem: Problem, sources: Sources) -> Solution:
    """One Sersic profile and the neighbours; from another index as well when that ends badly."""
    rest = np.concatenate([*(n.start for n in sources.neighbours), np.zeros(3)])
    found = problem.descend(np.append(sources.target, rest), most=_MOST_STEPS, tolerance=_TOLERANCE)
    count = int(sources.usable.sum())
    if found.chi_square > count * (1.0 + _RESTART_EXCESS * math.sqrt(2.0 / count)):
        start = sources.target.copy()
        start[5] = math.log(_RESTART_N)
        other = problem.descend(np.append(start, rest), most=_MOST_STEPS, tolerance=_TOLERANCE)
        found = min(found, other, key=lambda solution: solution.cost)
    return found


def _fit_bulge_disc(single: Problem, one: Solution, scene: Scene) -> tuple[Problem, Solution]:
    """Bulge and disc, and the neighbours, from where the single profile ended."""
    model, count = BulgeDisc(), single.model.count
    problem = Problem(scene, model, after=single)
    start = np.concatenate([model.start(one.p[:count], **_START), one.p[count:]])
    return problem, problem.descend(start, most=_MOST_STEPS, tolerance=_TOLERANCE)


def _described(
    weights: Vector,
    mean: Vector,
    covariance: NDArray[np.float64],
    one: Solution,
    two: Solution,
    scene: Scene,
) -> SceneFit:
    """The mean over the models' answers, by evidence.QUANTITIES, and what else is to be known."""
    ln_radius, shear_1, shear_2, ln_flux, x, y = (float(value) for value in mean)
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    shear = math.hypot(shear_1, shear_2)
    along = np.array([shear_1, shear_2]) / shear if shear > 0 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    shear_error, turn_error = (
        math.sqrt(max(float(axis @ covariance[1:3, 1:3] @ axis), 0.0)) for axis in (along, across)
    )
    angle_error = math.degrees(0.5 * turn_error / shear) if shear > 0 else math.inf
    middle = len(scene.data) / 2.0 - 0.5
    scale = scene.beliefs.pixel_scale
    counts = [solution for solution, w in zip((one, two), weights, strict=True) if w > 0.01]
    status = "ok"
    if not all(solution.converged for solution in counts):
        status = "no convergence"
    elif error[3] > 1.0 / _LEAST_SIGNIFICANCE:
        status = "no significant flux"
    share, by_index, by_share = BulgeDisc.share(two.p), *_INDICES
    both = error[0] * error[3]
    return SceneFit(
        ln_radius=ln_radius + math.log(scale),
        ln_radius_error=float(error[0]),
        axis_ratio=math.exp(-shear),
        ln_axis_ratio=-shear,
        ln_axis_ratio_error=shear_error,
        position_angle=math.degrees(0.5 * math.atan2(shear_2, shear_1)),
        position_angle_error=min(angle_error, _ANY_ANGLE),
        magnitude=scene.beliefs.zero_point - _POGSON * ln_flux,
        magnitude_error=float(_POGSON * error[3]),
        radius_magnitude_correlation=float(-covariance[0, 3] / both) if both > 0 else math.nan,
        flux=math.exp(ln_flux),
        sersic_n=math.exp(one.p[by_index]),
        ln_sersic_n=float(one.p[by_index]),
        ln_sersic_n_error=marginal_sigma(one, by_index),
        bulge_fraction=share,
        bulge_fraction_error=share * (1.0 - share) * marginal_sigma(two, by_share),
        bulge_disc_probability=float(weights[1]),
        x=(x - middle) * scale,
        x_error=float(error[4]) * scale,
        y=(y - middle) * scale,
        y_error=float(error[5]) * scale,
        sky=float(weights @ np.array([one.p[-3], two.p[-3]])),
        chi_square_per_pixel=float(weights @ [one.chi_square, two.chi_square])
        / np.count_nonzero(scene.weight),
        neighbours=len(scene.neighbours),
        converged=status == "ok",
        status=status,
    )

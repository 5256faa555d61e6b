"""The scene fit: target, neighbours and sky of a stamp explained together, models weighed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from halflight.classical.moments import PsfError, check_psf
from halflight.classical.scene.beliefs import Beliefs
from halflight.classical.scene.drawing import Drawing
from halflight.classical.scene.evidence import Answer, answer_of, weighed
from halflight.classical.scene.models import BulgeDisc, SingleSersic
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


@dataclass(frozen=True)
class SceneFit:
    """What the fit found. Lengths in arcsec, fluxes in the image's unit, angles in radians.

    ln_radius: ln of the semi-major axis of the ellipse that holds half of the target's light, the
    mean over the models by their evidence. ln_radius_error: its 68 % error, marginal over all else,
    the models' disagreement included. axis_ratio, position_angle: of that ellipse.
    sersic_n: of the single profile. flux: total. bulge_fraction: the bulge's share of the light,
    in the model that has one. bulge_disc_probability: of that model, by its evidence.
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
    sersic_n: float
    flux: float
    bulge_fraction: float
    bulge_disc_probability: float
    x: float
    y: float
    sky: float
    chi_square_per_pixel: float
    neighbours: int
    converged: bool
    status: str


def failed_scene(status: str) -> SceneFit:
    """The result for a stamp that cannot be measured: NaN everywhere, and the reason."""
    return SceneFit(*(math.nan,) * 14, neighbours=0, converged=False, status=status)


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

    First one Sersic profile with all neighbours; then bulge and disc, the
    neighbours standing still; at last bulge and disc with the neighbours. Each is a maximum of the
    posterior by Levenberg-Marquardt, and the answer is the mean over both models, weighed by their
    evidence in Laplace's approximation (MacKay 2003, chapter 27).

    An unusable stamp or PSF is reported in `status`, never raised; ValueError is for wrong shapes.
    """
    segmentation = segment_stamp(image, sigma, detection_threshold=detection_threshold)
    try:
        check_psf(psf)
    except PsfError as error:
        return failed_scene(str(error))
    sources = find_sources(image, psf, segmentation, most=beliefs.priors.neighbours)
    if sources.usable.mean() < _LEAST_GOOD_FRACTION:
        return failed_scene(f"only {sources.usable.mean():.0%} of the pixels are usable")
    scene = _scene(image, sigma, psf, sources, beliefs)
    single = Problem(scene, SingleSersic())
    one = _fit_single(single, sources)
    two_alone, two = _fit_bulge_disc(single, one, scene)
    answers = [answer_of(single, one), answer_of(two_alone, two)]
    return _described(answers, one, two, scene)


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
    return Scene(data, weight, drawings, sources.neighbours, beliefs)


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


def _described(answers: list[Answer], one: Solution, two: Solution, scene: Scene) -> SceneFit:
    """The answers' mean, and what else is to be known."""
    weights, mean, covariance = weighed(answers)
    if not (np.isfinite(mean).all() and np.isfinite(weights).all()):
        return failed_scene("chi^2 does not curve: no error can be given")
    ln_radius, shear_1, shear_2, ln_flux, x, y = (float(value) for value in mean)
    shear = math.hypot(shear_1, shear_2)
    along = np.array([shear_1, shear_2]) / shear if shear > 0 else np.array([1.0, 0.0])
    shear_error = math.sqrt(max(float(along @ covariance[1:3, 1:3] @ along), 0.0))
    middle = len(scene.data) / 2.0 - 0.5
    scale = scene.beliefs.pixel_scale
    counts = [solution for solution, w in zip((one, two), weights, strict=True) if w > 0.01]
    status = "ok"
    if not all(solution.converged for solution in counts):
        status = "no convergence"
    elif covariance[3, 3] > 1.0 / _LEAST_SIGNIFICANCE**2:
        status = "no significant flux"
    return SceneFit(
        ln_radius=ln_radius + math.log(scale),
        ln_radius_error=math.sqrt(covariance[0, 0]),
        axis_ratio=math.exp(-shear),
        ln_axis_ratio=-shear,
        ln_axis_ratio_error=shear_error,
        position_angle=0.5 * math.atan2(shear_2, shear_1),
        sersic_n=math.exp(one.p[5]),
        flux=math.exp(ln_flux),
        bulge_fraction=BulgeDisc.share(two.p),
        bulge_disc_probability=float(weights[1]),
        x=(x - middle) * scale,
        y=(y - middle) * scale,
        sky=float(weights @ np.array([one.p[-3], two.p[-3]])),
        chi_square_per_pixel=float(weights @ [one.chi_square, two.chi_square])
        / np.count_nonzero(scene.weight),
        neighbours=len(scene.neighbours),
        converged=status == "ok",
        status=status,
    )

"""The scene fit: target, neighbours and sky of a stamp explained together, models weighed."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from halflight.classical.moments import PsfError, check_psf
from halflight.classical.scene.beliefs import Beliefs
from halflight.classical.scene.blending import blending_of
from halflight.classical.scene.companion import LN_PRIOR, with_companion
from halflight.classical.scene.drawing import Drawings
from halflight.classical.scene.evidence import answer_of, marginal_sigma, weighed
from halflight.classical.scene.found import SceneFit, SceneImages, failed_scene
from halflight.classical.scene.models import BulgeDisc, SingleSersic, Vector
from halflight.classical.scene.problem import Problem, Scene, Solution
from halflight.classical.scene.sources import Sources, find_sources
from halflight.classical.segmentation import DETECTION_THRESHOLD, segment_stamp
from halflight.classical.sersic_problem import smooth_sigma

_LEAST_GOOD_FRACTION = 0.3
_TOLERANCE = 0.05  # of chi^2: a step that promises less ends a descent
_RESTART_N = 4.0
_RESTART_EXCESS = 3.0  # restart when chi^2 exceeds its mean by this many standard deviations
_MOST_STEPS = 60  # of a descent; most end within 10, those of bright galaxies in crowds last
# Of bulge and disc. A second start, from a dominant bulge, changed no score and cost a third more.
_START = {"share": 0.3, "growth": 0.15, "ratio": 0.3, "n": 2.0}
_LEAST_SIGNIFICANCE = 3.0  # flux over its error; below it a fit describes noise
_POGSON = 2.5 / math.log(10.0)  # magnitudes of an e-fold of flux
_ANY_ANGLE = 180.0 / math.sqrt(12.0)  # the standard deviation of an angle of which nothing is known
_INDICES = SingleSersic.parameters.index("ln_sersic_n"), BulgeDisc.parameters.index("logit_share")


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

    First one Sersic profile, then bulge and disc, each together with all neighbours and the sky;
    and where what is left over has a peak beside the target, both again with one more source there.
    Each is a maximum of the posterior by Levenberg-Marquardt, and the answer is the mean over all
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
    fits = _fit_models(scene, sources)
    answers = [answer_of(fit.problem, fit.solution) for fit in fits]
    weights, mean, covariance = weighed(
        [
            replace(a, ln_evidence=a.ln_evidence + f.ln_prior)
            for a, f in zip(answers, fits, strict=True)
        ]
    )
    if not (np.isfinite(mean).all() and np.isfinite(weights).all()):
        return failed_scene("chi^2 does not curve: no error can be given"), None
    found = _described(weights, mean, covariance, fits, scene)
    if not images:
        return found, None
    counted = [
        np.float32(w) * fit.problem.images(fit.solution.p)
        for w, fit in zip(weights, fits, strict=True)
        if w > 0.0
    ]
    return found, SceneImages(*np.sum(counted, axis=0))


class _Fit(NamedTuple):
    """A model at its best, and the ln of how much it is believed beforehand."""

    problem: Problem
    solution: Solution
    ln_prior: float


def _fit_models(scene: Scene, sources: Sources) -> list[_Fit]:
    """A single profile and bulge and disc; both beside a companion, too, if there may be one."""
    rest = np.concatenate([*(n.start for n in sources.neighbours), np.zeros(3)])
    single = Problem(scene, SingleSersic())
    one = _fit_single(single, np.append(sources.target, rest))
    fits = [_Fit(single, one, 0.0), _Fit(*_fit_bulge_disc(single, one), 0.0)]
    crowded = with_companion(single, one)
    if crowded is not None:
        with_it, start = crowded
        beside = Problem(with_it, SingleSersic())
        one = beside.descend(start, most=_MOST_STEPS, tolerance=_TOLERANCE)
        fits.append(_Fit(beside, one, LN_PRIOR))
        fits.append(_Fit(*_fit_bulge_disc(beside, one), LN_PRIOR))
    return fits


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
    return Scene(
        data, weight, Drawings(psf), sources.neighbours, beliefs, sources.psf_radius, sources.noise
    )


def _fit_single(problem: Problem, start: Vector) -> Solution:
    """One Sersic profile and the neighbours; from another index as well when that ends badly."""
    found = problem.descend(start, most=_MOST_STEPS, tolerance=_TOLERANCE)
    count = np.count_nonzero(problem.scene.weight)
    if found.chi_square > count * (1.0 + _RESTART_EXCESS * math.sqrt(2.0 / count)):
        start = start.copy()
        start[5] = math.log(_RESTART_N)
        other = problem.descend(start, most=_MOST_STEPS, tolerance=_TOLERANCE)
        found = min(found, other, key=lambda solution: solution.cost)
    return found


def _fit_bulge_disc(single: Problem, one: Solution) -> tuple[Problem, Solution]:
    """Bulge and disc, and the neighbours, from where the single profile ended."""
    model, count = BulgeDisc(), single.model.count
    problem = Problem(single.scene, model, after=single)
    start = np.concatenate([model.start(one.p[:count], **_START), one.p[count:]])
    return problem, problem.descend(start, most=_MOST_STEPS, tolerance=_TOLERANCE)


def _described(
    weights: Vector,
    mean: Vector,
    covariance: NDArray[np.float64],
    fits: Sequence[_Fit],
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
    # Profiles' own numbers are those of the more probable scene: its two models stand side by side.
    first = 2 * (int(np.argmax(weights)) // 2)
    one, two = (fit.solution for fit in fits[first : first + 2])
    counts = [fit.solution for fit, w in zip(fits, weights, strict=True) if w > 0.01]
    chi_squares = [fit.solution.chi_square for fit in fits]
    status = "ok"
    if not all(solution.converged for solution in counts):
        status = "no convergence"
    elif error[3] > 1.0 / _LEAST_SIGNIFICANCE:
        status = "no significant flux"
    share, by_index, by_share = BulgeDisc.share(two.p), *_INDICES
    both = error[0] * error[3]
    best = fits[int(np.argmax(weights))]
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
        bulge_disc_probability=float(weights[1::2].sum()),
        x=(x - middle) * scale,
        x_error=float(error[4]) * scale,
        y=(y - middle) * scale,
        y_error=float(error[5]) * scale,
        sky=float(weights @ [fit.solution.p[-3] for fit in fits]),
        psf_half_light_radius=scene.psf_radius * scale,
        chi_square_per_pixel=float(weights @ chi_squares) / np.count_nonzero(scene.weight),
        **blending_of(best.problem, best.solution)._asdict(),
        companion_probability=float(weights[2:].sum()),
        neighbours=len(fits[first].problem.scene.neighbours),
        converged=status == "ok",
        status=status,
    )

"""The shapes of the synthetic sky's galaxies: bulges, discs, spheroids, clumps."""

import math
from typing import TYPE_CHECKING

import numpy as np

from halflight.instrument import flux_of
from halflight.simulation.profiles import quantise_sersic_n
from halflight.simulation.scene import Component

if TYPE_CHECKING:
    from halflight.params.sandbox import Compact, Galaxies

EXPONENTIAL_SCALE = 1.678347  # half-light radius of an exponential disc in scale lengths


def draw_galaxy(
    magnitude: float, galaxies: "Galaxies", rng: np.random.Generator
) -> tuple[Component, ...]:
    """The components of one galaxy, the disc last; fainter than `structure_limit` just one."""
    flux = flux_of(magnitude)
    mean = galaxies.log_radius + galaxies.radius_slope * (magnitude - 17.5)
    low, high = galaxies.radius_range
    scatter = galaxies.radius_scatter * rng.standard_normal()
    radius = float(np.clip(10**mean * math.exp(scatter), low, high))
    angle = rng.uniform(0, math.pi)
    late = bool(rng.random() < galaxies.late_fraction)
    low, high = galaxies.late_axis_ratio if late else galaxies.early_axis_ratio
    q = rng.uniform(low, high)
    if not late or magnitude > galaxies.structure_limit:
        median, spread = galaxies.late_sersic_n if late else galaxies.early_sersic_n
        n = median * math.exp(spread * rng.standard_normal())
        return (Component(_snap(n, galaxies), radius, q, angle, flux),)
    a, b = galaxies.bulge_fraction
    share = float(np.clip(rng.beta(a, b), 0.01, 0.99))
    ratio, spread = galaxies.bulge_size
    bulge_radius = radius * ratio * math.exp(spread * rng.standard_normal())
    low, high = galaxies.bulge_sersic_n
    n = _snap(rng.uniform(low, high), galaxies)
    bulge_q = q + (1 - q) * rng.uniform(0.2, 0.9)  # a bulge is rounder than its disc
    turn = math.radians(galaxies.twist) * rng.standard_normal()
    bulge = Component(n, bulge_radius, bulge_q, (angle + turn) % math.pi, share * flux)
    return (bulge, Component(_snap(1.0, galaxies), radius, q, angle, (1 - share) * flux))


def draw_compact(
    magnitude: float, compact: "Compact", galaxies: "Galaxies", rng: np.random.Generator
) -> tuple[Component, ...]:
    """A galaxy smaller than the PSF, of one profile; its radius is log-uniform."""
    low, high = (math.log(r) for r in compact.radius)
    n = math.exp(rng.uniform(math.log(0.8), math.log(4.0)))
    radius, q = math.exp(rng.uniform(low, high)), rng.uniform(*galaxies.early_axis_ratio)
    angle = rng.uniform(0, math.pi)
    return (Component(_snap(n, galaxies), radius, q, angle, flux_of(magnitude)),)


def draw_knots(
    magnitude: float, disc: Component, galaxies: "Galaxies", rng: np.random.Generator
) -> tuple[tuple[float, float, float], ...]:
    """Clumps scattered as the light of an exponential disc; none in faint or early galaxies."""
    if magnitude > galaxies.knot_limit or disc.sersic_n > 1.5:
        return ()
    count = int(rng.poisson(galaxies.knot_count))
    # The radius of a random photon of an exponential disc is Gamma(2) in scale lengths.
    radius = rng.gamma(2.0, disc.half_light_radius / EXPONENTIAL_SCALE, count)
    angle = rng.uniform(0, 2 * math.pi, count)
    along, across = radius * np.cos(angle), disc.axis_ratio * radius * np.sin(angle)
    cosine, sine = math.cos(disc.position_angle), math.sin(disc.position_angle)
    share = rng.dirichlet(np.full(count, 2.0)) if count else np.empty(0)
    fluxes = disc.flux * galaxies.knot_fraction * rng.random() * share
    return tuple(
        (float(a * cosine - b * sine), float(a * sine + b * cosine), float(f))
        for a, b, f in zip(along, across, fluxes, strict=True)
    )


def _snap(sersic_n: float, galaxies: "Galaxies") -> float:
    """The nearest (in logarithm) of the few indices in use: each new one costs GalSim tables."""
    steps = np.asarray(galaxies.sersic_n_steps)
    return quantise_sersic_n(float(steps[np.argmin(np.abs(np.log(steps / sersic_n)))]))

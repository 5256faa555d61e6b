"""The truth of the synthetic sky: galaxies richer than the training simulation, and stars."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from halflight.instrument import FRAME_SHAPE, PIXEL_SCALE, flux_of
from halflight.sandbox.layout import FIELD_STEP, Strip
from halflight.sandbox.streams import Purpose, stream
from halflight.simulation.profiles import quantise_sersic_n
from halflight.simulation.scene import Component, Galaxy, Star

if TYPE_CHECKING:
    from halflight.params.sandbox import Counts, Galaxies

BORDER = 60  # pixels beyond the strip where objects still are, since their light reaches it
EXPONENTIAL_SCALE = 1.678347  # half-light radius of an exponential disc in scale lengths


@dataclass(frozen=True)
class Source:
    """One true object of the sky, whichever fields it appears in.

    `components` have the position angles of the strip's pixels and r-band fluxes; a star has
    none. `knots` are clumps (x, y in arcsec along columns and rows from the centre, flux in nmgy):
    light taken from the disc and scattered as the disc is, so that the half-light ellipse holds
    for the mean. `flux` is the r-band total.
    """

    thing_id: int
    ra: float
    dec: float
    flux: float
    components: tuple[Component, ...] = ()
    knots: tuple[tuple[float, float, float], ...] = ()

    @property
    def is_star(self) -> bool:
        """Whether the object is a point source."""
        return not self.components

    def drawn(self, x: float, y: float, scale: float) -> list[Galaxy | Star]:
        """What to render at (x, y) arcsec, in a band where all fluxes are `scale` times as high."""
        if self.is_star:
            return [Star(flux=scale * self.flux, x=x, y=y)]
        smooth = tuple(
            Component(
                c.sersic_n,
                c.half_light_radius,
                c.axis_ratio,
                c.position_angle,
                scale * c.flux * kept,
            )
            for c, kept in zip(self.components, self._kept(), strict=True)
        )
        clumps = [Star(flux=scale * f, x=x + dx, y=y + dy) for dx, dy, f in self.knots]
        return [Galaxy(smooth, x=x, y=y), *clumps]

    def _kept(self) -> list[float]:
        """The fraction of each component not in knots, which come from the last, the disc."""
        taken = sum(flux for _, _, flux in self.knots) / self.components[-1].flux
        return [1.0] * (len(self.components) - 1) + [1.0 - taken]


def draw_strip(strip: Strip, *, seed: int, galaxies: "Galaxies", stars: "Counts") -> list[Source]:
    """All sources of a strip and of a border round it; thing ids are unique in the whole sky."""
    rng = stream(seed, Purpose.SOURCES, strip.number)
    rows = (strip.fields - 1) * FIELD_STEP + FRAME_SHAPE[0] + 2 * BORDER
    columns = FRAME_SHAPE[1] + 2 * BORDER
    area = rows * columns / (FRAME_SHAPE[0] * FRAME_SHAPE[1])
    galaxy_magnitudes = draw_magnitudes(galaxies.counts, area, rng)
    star_magnitudes = draw_magnitudes(stars, area, rng)
    total = len(galaxy_magnitudes) + len(star_magnitudes)
    place = rng.random((total, 2)) * (rows, columns) - BORDER
    _cluster(place[: len(galaxy_magnitudes)], galaxies, rng)
    ra, dec = _sky_positions(strip, place)
    first = 1 + 10_000_000 * (strip.number + 1)
    sources = []
    for k, magnitude in enumerate([*galaxy_magnitudes, *star_magnitudes]):
        flux = flux_of(magnitude)
        where = (first + k, float(ra[k]), float(dec[k]), flux)
        if k < len(galaxy_magnitudes):
            components = draw_galaxy(magnitude, galaxies, rng)
            knots = draw_knots(magnitude, components[-1], galaxies, rng)
            sources.append(Source(*where, components, knots))
        else:
            sources.append(Source(*where))
    return sources


def draw_magnitudes(
    counts: "Counts", fields: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Magnitudes of the objects in an area of `fields` fields, in random order."""
    bright, faint = (
        10 ** (counts.slope * (m - counts.density_magnitude))
        for m in (counts.bright_limit, counts.faint_limit)
    )
    count = rng.poisson(counts.density * fields * (faint - bright))
    level = bright + (faint - bright) * rng.random(count)
    return counts.density_magnitude + np.log10(level) / counts.slope


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


def _cluster(place: NDArray[np.float64], galaxies: "Galaxies", rng: np.random.Generator) -> None:
    """Move a fraction of the galaxies next to others, in place."""
    moved = np.flatnonzero(rng.random(len(place)) < galaxies.clustered_fraction)
    hosts = np.setdiff1d(np.arange(len(place)), moved)
    if len(hosts) == 0:
        return
    spread = galaxies.cluster_radius / PIXEL_SCALE
    host = place[rng.choice(hosts, len(moved))]
    place[moved] = host + spread * rng.standard_normal((len(moved), 2))


def _sky_positions(
    strip: Strip, place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """RA and Dec (degrees) of (row, column) places in a strip, by the field each belongs to."""
    ra, dec = np.empty(len(place)), np.empty(len(place))
    nearest = np.clip(place[:, 0] // FIELD_STEP, 0, strip.fields - 1).astype(int)
    for k in range(strip.fields):
        here = nearest == k
        wcs = strip.wcs(strip.first_field + k)
        ra[here], dec[here] = wcs.all_pix2world(place[here, 1], place[here, 0] - k * FIELD_STEP, 0)
    return ra, dec

"""The truth of the synthetic sky: galaxies richer than the simulation's, stars, quasars."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from halflight.half_light import half_light_ellipse
from halflight.instrument import BANDS, FRAME_SHAPE, PIXEL_SCALE, flux_of, magnitude_of
from halflight.sandbox.colours import (
    Magnitudes,
    galaxy_colours,
    galaxy_redshift,
    quasar_colours,
    star_colours,
)
from halflight.sandbox.galaxies import draw_compact, draw_galaxy, draw_knots
from halflight.sandbox.layout import FIELD_STEP, Strip
from halflight.sandbox.streams import Purpose, stream
from halflight.simulation.scene import Component, Galaxy, Star

if TYPE_CHECKING:
    from halflight.params.sandbox import Counts, Galaxies, Sandbox

BORDER = 60  # pixels beyond the strip where objects still are, since their light reaches it
LATEST_EARLY_N = 2.2  # Sersic index of a single profile, above which it is an early type's
QUASAR_REDSHIFT = (0.4, 2.5)

Kind = Literal["galaxy", "compact_galaxy", "single_star", "binary", "quasar"]


@dataclass(frozen=True)
class Source:
    """One true object of the sky, whichever fields it appears in.

    `components` have the position angles of the strip's pixels and r-band fluxes; a point has
    none. `knots` are clumps (x, y in arcsec along columns and rows from the centre, flux in nmgy):
    light taken from the disc and scattered as the disc is, so that the half-light ellipse holds
    for the mean. `flux` is the r-band total. `colours` are the magnitudes in each band minus r,
    dust included, of each component, of a point, or of each of two; `second` is the other star of a
    binary: x, y in arcsec from the first, and its share of the r-band flux.
    """

    thing_id: int
    ra: float
    dec: float
    flux: float
    components: tuple[Component, ...] = ()
    knots: tuple[tuple[float, float, float], ...] = ()
    kind: Kind = "galaxy"
    colours: tuple[Magnitudes, ...] = (dict.fromkeys(BANDS, 0.0),)
    second: tuple[float, float, float] | None = None
    redshift: float = 0.0

    @property
    def is_point(self) -> bool:
        """Whether the object is a point, or two."""
        return not self.components

    @property
    def shares(self) -> tuple[float, ...]:
        """What of the r-band flux has each of `colours`."""
        if self.components:
            return tuple(c.flux / self.flux for c in self.components)
        return (1.0,) if self.second is None else (1 - self.second[2], self.second[2])

    def ratio(self, band: str) -> float:
        """Its flux in a band over that in r."""
        return sum(
            share * _ratio(colour, band)
            for share, colour in zip(self.shares, self.colours, strict=True)
        )

    def drawn(self, x: float, y: float, band: str) -> list[Galaxy | Star]:
        """What to render at (x, y) arcsec in a band."""
        ratios = [_ratio(colour, band) for colour in self.colours]
        if self.is_point:
            first, *others = (
                self.flux * share * ratio for share, ratio in zip(self.shares, ratios, strict=True)
            )
            points: list[Galaxy | Star] = [Star(flux=first, x=x, y=y)]
            if self.second is not None:
                points.append(Star(flux=others[0], x=x + self.second[0], y=y + self.second[1]))
            return points
        smooth = tuple(
            replace(c, flux=ratio * c.flux * kept)
            for c, ratio, kept in zip(self.components, ratios, self._kept(), strict=True)
        )
        clumps = [Star(flux=ratios[-1] * f, x=x + dx, y=y + dy) for dx, dy, f in self.knots]
        return [Galaxy(smooth, x=x, y=y), *clumps]

    def _kept(self) -> list[float]:
        """The fraction of each component not in knots, which come from the last, the disc."""
        taken = sum(flux for _, _, flux in self.knots) / self.components[-1].flux
        return [1.0] * (len(self.components) - 1) + [1.0 - taken]


def _ratio(colour: Magnitudes, band: str) -> float:
    return float(10 ** (-0.4 * colour[band]))


def draw_strip(strip: Strip, *, seed: int, sky: "Sandbox") -> list[Source]:
    """All sources of a strip and of a border round it; thing ids are unique in the whole sky.

    Galaxies and stars come first and from streams of their own, so that they are the same whatever
    else there is.
    """
    rng = stream(seed, Purpose.SOURCES, strip.number)
    area, size = _area(strip)
    galaxies = sky.galaxies
    galaxy_magnitudes = draw_magnitudes(galaxies.counts, area, rng)
    star_magnitudes = draw_magnitudes(sky.stars, area, rng)
    total = len(galaxy_magnitudes) + len(star_magnitudes)
    place = rng.random((total, 2)) * size - BORDER
    _cluster(place[: len(galaxy_magnitudes)], galaxies, rng)
    ra, dec = _sky_positions(strip, place)
    first = 1 + 10_000_000 * (strip.number + 1)
    paint = _Painter(sky, stream(seed, Purpose.COLOURS, strip.number))
    sources = []
    for k, magnitude in enumerate([*galaxy_magnitudes, *star_magnitudes]):
        where = (first + k, float(ra[k]), float(dec[k]), flux_of(magnitude))
        if k < len(galaxy_magnitudes):
            components = draw_galaxy(magnitude, galaxies, rng)
            knots = draw_knots(magnitude, components[-1], galaxies, rng)
            sources.append(paint.galaxy(Source(*where, components, knots)))
        else:
            sources.append(paint.star(Source(*where)))
    extra = stream(seed, Purpose.EXTRAS, strip.number)
    compact = draw_magnitudes(sky.compact.counts, area, extra)
    quasars = draw_magnitudes(sky.quasars, area, extra)
    place = extra.random((len(compact) + len(quasars), 2)) * size - BORDER
    ra, dec = _sky_positions(strip, place)
    for k, magnitude in enumerate([*compact, *quasars]):
        where = (first + total + k, float(ra[k]), float(dec[k]), flux_of(magnitude))
        if k < len(compact):
            components = draw_compact(magnitude, sky.compact, galaxies, extra)
            sources.append(paint.galaxy(Source(*where, components)))
        else:
            sources.append(paint.quasar(Source(*where)))
    return sources


class _Painter:
    """Gives sources their kind, colours and redshift, one after the other from one stream."""

    def __init__(self, sky: "Sandbox", rng: np.random.Generator) -> None:
        self._sky, self._rng = sky, rng
        dust = sky.catalogue.extinction
        self._reddening = {band: dust[band] - dust["r"] for band in BANDS}

    def galaxy(self, source: Source) -> Source:
        """Early types, and bulges, are red, late ones and discs blue."""
        redshift = galaxy_redshift(magnitude_of(source.flux), self._sky.colours, self._rng)
        late = source.components[-1].sersic_n <= LATEST_EARLY_N
        reds = (True, False) if len(source.components) == 2 else (not late,)
        colours = (galaxy_colours(r, redshift, self._sky.colours, self._rng) for r in reds)
        radius = half_light_ellipse(source.components).semi_major
        compact = radius < self._sky.compact.largest_radius
        return replace(
            source,
            kind="compact_galaxy" if compact else "galaxy",
            colours=tuple(self._dusty(colour) for colour in colours),
            redshift=redshift,
        )

    def star(self, source: Source) -> Source:
        """A single star, or two that share its light."""
        rng, binaries = self._rng, self._sky.binaries
        magnitude = magnitude_of(source.flux)
        single = self._dusty(star_colours(magnitude, self._sky.colours, rng))
        if rng.random() >= binaries.fraction:
            return replace(source, kind="single_star", colours=(single,))
        low, high = (math.log(s) for s in binaries.separation)
        apart, angle = math.exp(rng.uniform(low, high)), rng.uniform(0, 2 * math.pi)
        fainter = 10 ** (-0.4 * rng.uniform(*binaries.contrast))
        other = self._dusty(star_colours(magnitude + 1, self._sky.colours, rng))
        return replace(
            source,
            kind="binary",
            colours=(single, other),
            second=(
                apart * math.cos(angle),
                apart * math.sin(angle),
                fainter / (1 + fainter),
            ),
        )

    def quasar(self, source: Source) -> Source:
        """A point with a quasar's colours."""
        colours = (self._dusty(quasar_colours(self._rng)),)
        redshift = float(self._rng.uniform(*QUASAR_REDSHIFT))
        return replace(source, kind="quasar", colours=colours, redshift=redshift)

    def _dusty(self, colour: Magnitudes) -> Magnitudes:
        return {band: colour[band] + self._reddening[band] for band in BANDS}


def _area(strip: Strip) -> tuple[float, tuple[int, int]]:
    """What a strip with its border covers: in fields, and its (rows, columns)."""
    rows = (strip.fields - 1) * FIELD_STEP + FRAME_SHAPE[0] + 2 * BORDER
    columns = FRAME_SHAPE[1] + 2 * BORDER
    return rows * columns / (FRAME_SHAPE[0] * FRAME_SHAPE[1]), (rows, columns)


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

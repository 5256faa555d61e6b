import math

import numpy as np
import pytest
from scipy.stats import kstest

from halflight.params.sandbox import Counts, Galaxies
from halflight.params.sandbox import Sandbox as Parameters
from halflight.sandbox.galaxies import draw_compact, draw_galaxy, draw_knots
from halflight.sandbox.layout import FIELD_STEP
from halflight.sandbox.population import Source, draw_magnitudes, draw_strip
from halflight.sandbox.streams import Purpose, stream
from halflight.sandbox.synthetic import SyntheticSky
from halflight.simulation import Component, half_light_ellipse
from halflight.simulation.scene import Galaxy, Star


@pytest.fixture
def galaxies(parameters: Parameters) -> Galaxies:
    return parameters.galaxies


def test_counts_follow_their_slope() -> None:
    counts = Counts(density=60, density_magnitude=20, bright_limit=14, faint_limit=22.5, slope=0.33)
    magnitudes = draw_magnitudes(counts, 50, stream(1, Purpose.SOURCES))
    assert (magnitudes < 20).sum() / 50 == pytest.approx(60, rel=0.05)

    def cumulative(m: np.ndarray) -> np.ndarray:
        low, high = 10 ** (0.33 * 14), 10 ** (0.33 * 22.5)
        return (10 ** (0.33 * np.asarray(m)) - low) / (high - low)

    assert kstest(magnitudes, cumulative).pvalue > 0.001


def test_galaxies_have_the_flux_of_their_magnitude(galaxies: Galaxies) -> None:
    rng = stream(2, Purpose.SOURCES)
    drawn = [draw_galaxy(17.0, galaxies, rng) for _ in range(300)]
    for components in drawn:
        flux = sum(c.flux for c in components)
        assert flux == pytest.approx(10 ** (0.4 * 5.5))
    shares = np.mean([len(components) == 2 for components in drawn])
    assert shares == pytest.approx(galaxies.late_fraction, abs=0.09)
    faint = [draw_galaxy(21.0, galaxies, rng) for _ in range(50)]
    assert {len(components) for components in faint} == {1}


def test_bulges_are_rounder_and_twisted(galaxies: Galaxies) -> None:
    rng = stream(3, Purpose.SOURCES)
    pairs = [c for c in (draw_galaxy(17.0, galaxies, rng) for _ in range(300)) if len(c) == 2]
    assert all(bulge.axis_ratio >= disc.axis_ratio for bulge, disc in pairs)
    turn = [(b.position_angle - d.position_angle + math.pi / 2) % math.pi for b, d in pairs]
    assert np.std(turn) > math.radians(10)


def test_knots_are_scattered_as_the_discs_light(galaxies: Galaxies) -> None:
    disc = Component(1.0, 3.0, 0.5, 0.7, 100.0)
    rng = stream(4, Purpose.SOURCES)
    knots = [k for _ in range(600) for k in draw_knots(16.0, disc, galaxies, rng)]
    x, y, _ = np.array(knots).T
    along = x * math.cos(0.7) + y * math.sin(0.7)
    across = (-x * math.sin(0.7) + y * math.cos(0.7)) / 0.5
    inside = np.mean(np.hypot(along, across) < 3.0)
    assert inside == pytest.approx(0.5, abs=0.03)
    assert draw_knots(galaxies.knot_limit + 0.1, disc, galaxies, rng) == ()


def test_what_is_drawn_keeps_the_flux(synthetic_sky: SyntheticSky) -> None:
    sources = synthetic_sky.sources(synthetic_sky.strips[0])
    assert any(s.knots for s in sources)
    for source in sources:
        drawn = source.drawn(1.0, 2.0, "r")
        assert isinstance(drawn[0], Star if source.is_point else Galaxy)
        assert sum(d.flux for d in drawn) == pytest.approx(source.flux)
        blue = sum(d.flux for d in source.drawn(1.0, 2.0, "g"))
        # Clumps have the disc's colour, and so does what was taken from it for them.
        assert blue == pytest.approx(source.ratio("g") * source.flux)


def test_a_strip_is_the_same_whenever_drawn(
    synthetic_sky: SyntheticSky, parameters: Parameters
) -> None:
    strip = synthetic_sky.strips[0]
    again = draw_strip(strip, seed=synthetic_sky.seed, sky=parameters)
    assert again == synthetic_sky.sources(strip)
    other = draw_strip(strip, seed=synthetic_sky.seed + 1, sky=parameters)
    assert other != again
    assert len({s.thing_id for s in again}) == len(again)


def test_galaxies_and_stars_do_not_depend_on_what_else_there_is(
    synthetic_sky: SyntheticSky, parameters: Parameters
) -> None:
    strip = synthetic_sky.strips[0]
    changed = parameters.changed(
        quasars=parameters.quasars.changed(density=0.01),
        compact=parameters.compact.changed(radius=[0.2, 0.3]),
        binaries=parameters.binaries.changed(fraction=0.0),
    )

    def shapes(sources: list[Source]) -> list[object]:
        return [(s.ra, s.dec, s.flux, s.components, s.knots) for s in sources]

    own = synthetic_sky.sources(strip)
    other = draw_strip(strip, seed=synthetic_sky.seed, sky=changed)
    common = next(k for k, s in enumerate(own) if s.kind == "quasar")
    first = next(k for k, (a, b) in enumerate(zip(own, other, strict=False)) if a.ra != b.ra)
    assert shapes(own[:first]) == shapes(other[:first])
    assert 0.9 * common < first <= common
    assert not any(s.kind == "binary" for s in other)


def test_every_kind_is_in_the_sky(synthetic_sky: SyntheticSky) -> None:
    sources = synthetic_sky.sources(synthetic_sky.strips[0])
    kinds = {s.kind for s in sources}
    assert kinds == {"galaxy", "compact_galaxy", "single_star", "binary", "quasar"}
    assert all(s.is_point == (s.kind not in ("galaxy", "compact_galaxy")) for s in sources)
    binaries = [s for s in sources if s.kind == "binary"]
    assert all(s.second is not None and len(s.colours) == 2 for s in binaries)
    share = len(binaries) / sum(s.kind in ("single_star", "binary") for s in sources)
    assert share == pytest.approx(0.3, abs=0.06)


def test_compact_galaxies_are_within_their_limits(parameters: Parameters) -> None:
    rng = stream(5, Purpose.EXTRAS)
    for _ in range(50):
        (component,) = draw_compact(20.0, parameters.compact, parameters.galaxies, rng)
        assert 0.1 <= component.half_light_radius <= 0.5
        assert component.flux == pytest.approx(10.0)


def test_sources_cover_the_strip(synthetic_sky: SyntheticSky) -> None:
    strip = synthetic_sky.strips[0]
    sources = synthetic_sky.sources(strip)
    ra, dec = (np.array([getattr(s, n) for s in sources]) for n in ("ra", "dec"))
    column, row = strip.wcs(strip.first_field).all_world2pix(ra, dec, 0)
    inside = (column > 0) & (column < 2047) & (row > 0) & (row < FIELD_STEP + 1488)
    assert inside.mean() > 0.85
    assert np.histogram(row[inside], 5)[0].min() > 0.13 * inside.sum()


def test_truth_of_two_components_lies_between_them(synthetic_sky: SyntheticSky) -> None:
    sources = synthetic_sky.sources(synthetic_sky.strips[0])
    pairs = [s.components for s in sources if len(s.components) == 2][:20]
    for bulge, disc in pairs:
        low, high = sorted((bulge.half_light_radius, disc.half_light_radius))
        assert 0.9 * low < half_light_ellipse((bulge, disc)).semi_major < 1.1 * high

"""Draws follow the population's distributions."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from halflight.instrument import dark_variance, flux_of, gain
from halflight.simulation import (
    SERSIC_N_GRID,
    Galaxy,
    Star,
    draw_galaxy,
    draw_neighbour,
    draw_psf,
    draw_scene,
    draw_star,
    half_light_ellipse,
)
from halflight.simulation.draws import draw_exposure

COUNT = 1500


@pytest.fixture(scope="module")
def scenes(population):
    rng = np.random.Generator(np.random.Philox(key=[11, 0]))
    return [draw_scene(population, rng, stamp_size=96) for _ in range(COUNT)]


@pytest.fixture
def rng():
    return np.random.Generator(np.random.Philox(key=[12, 0]))


def test_magnitudes_are_uniform(scenes):
    magnitudes = [22.5 - 2.5 * math.log10(s.target.flux) for s in scenes]
    assert stats.kstest(magnitudes, stats.uniform(14.0, 6.5).cdf).pvalue > 1e-3


def test_sizes_follow_the_truncated_relation(scenes, population):
    """Each radius' rank within its own truncated lognormal is uniform, for one and two parts."""
    for parts in (1, 2):
        ranks = []
        for scene in scenes:
            if len(scene.target.components) != parts:
                continue
            magnitude = 22.5 - 2.5 * math.log10(scene.target.flux)
            center = math.log(10) * (0.40 - 0.13 * (magnitude - 17.5))
            low, high, drawn = (
                stats.norm.cdf(math.log(r), center, 0.8)
                for r in (0.5, 12.0, half_light_ellipse(scene.target.components).semi_major)
            )
            ranks.append((drawn - low) / (high - low))
        assert -1e-6 < min(ranks) < max(ranks) < 1 + 1e-6
        assert stats.kstest(ranks, "uniform").pvalue > 1e-3


def test_a_narrow_relation_is_met_exactly(population, rng):
    narrow = population.changed(size_scatter=1e-6, bulge_disc_fraction=1.0)
    galaxy = draw_galaxy(narrow, rng, magnitude=17.5, x=1.0, y=2.0)
    assert half_light_ellipse(galaxy.components).semi_major == pytest.approx(10**0.40, rel=1e-4)
    assert (galaxy.x, galaxy.y) == (1.0, 2.0)
    assert galaxy.flux == pytest.approx(100.0)


def test_companions_are_close_and_about_as_bright_as_their_target(population, rng):
    close = population.changed(
        companion_fraction=1.0, companion_separation=[2.0, 3.0], neighbour_density=0.0
    )
    kinds = set()
    for _ in range(200):
        scene = draw_scene(close, rng, stamp_size=96)
        [companion] = scene.neighbours
        kinds.add(type(companion))
        apart = math.hypot(companion.x - scene.target.x, companion.y - scene.target.y)
        assert 2.0 <= apart <= 3.0
        contrast = -2.5 * math.log10(companion.flux / scene.target.flux)
        assert -0.75 <= contrast <= 0.75
    assert kinds == {Galaxy, Star}


def test_a_companion_changes_nothing_else_of_a_scene(population):
    def scene(fraction):
        rng = np.random.default_rng(3)
        return draw_scene(population.changed(companion_fraction=fraction), rng, stamp_size=96)

    alone, blended = scene(0.0), scene(1.0)
    assert replace(blended, neighbours=blended.neighbours[:-1]) == alone


def test_single_sersic_galaxies(population, rng):
    single = population.changed(bulge_disc_fraction=0.0)
    late = single.changed(late_fraction=1.0)
    early = single.changed(late_fraction=0.0)
    for chosen, median, scatter, flattest in ((late, 1.3, 0.35, 0.2), (early, 4.0, 0.3, 0.4)):
        components = [
            draw_galaxy(chosen, rng, magnitude=18.0, x=0, y=0).components[0] for _ in range(800)
        ]
        n = np.array([c.sersic_n for c in components])
        assert set(n) <= set(SERSIC_N_GRID)
        limits = np.log(np.array([0.5, 6.0]) / median) / scatter
        law = stats.truncnorm(*limits, loc=math.log(median), scale=scatter)
        step = math.log(12) / 59
        blurred = np.log(n) + rng.uniform(-step / 2, step / 2, n.size)
        assert stats.kstest(blurred, law.cdf).pvalue > 1e-3
        q = [c.axis_ratio for c in components]
        assert stats.kstest(q, stats.uniform(flattest, 1 - flattest).cdf).pvalue > 1e-3
        angles = [c.position_angle for c in components]
        assert stats.kstest(angles, stats.uniform(0, math.pi).cdf).pvalue > 1e-3


def test_bulges_and_discs(population, rng):
    both = population.changed(bulge_disc_fraction=1.0)
    galaxies = [draw_galaxy(both, rng, magnitude=17.0, x=0, y=0) for _ in range(600)]
    bulges, discs = zip(*(g.components for g in galaxies), strict=True)
    fractions = [b.flux / g.flux for b, g in zip(bulges, galaxies, strict=True)]
    assert stats.kstest(fractions, stats.beta(1.2, 1.8).cdf).pvalue > 1e-3
    assert {d.sersic_n for d in discs} == {1.0}
    chosen = [sum(b.sersic_n == n for b in bulges) for n in (1.0, 2.0, 4.0)]
    assert sum(chosen) == 600
    assert stats.chisquare(chosen).pvalue > 1e-3
    ratios = np.log(
        [b.half_light_radius / d.half_light_radius for b, d in zip(bulges, discs, strict=True)]
    )
    assert stats.kstest(ratios, stats.norm(math.log(0.3), 0.4).cdf).pvalue > 1e-3
    twists = [b.position_angle - d.position_angle for b, d in zip(bulges, discs, strict=True)]
    assert np.std(twists) == pytest.approx(0.15, rel=0.15)
    share = np.mean([g.flux for g in galaxies])
    assert share == pytest.approx(flux_of(17.0))


def test_half_are_bulge_and_disc(scenes):
    two = sum(len(s.target.components) == 2 for s in scenes)
    assert stats.binomtest(two, COUNT, 0.5).pvalue > 1e-3


def test_neighbours(scenes):
    side = 96 * 0.396 + 2 * 4.0
    counts = [len(s.neighbours) for s in scenes]
    expected = 0.0019 * (side**2 - math.pi * 2.0**2)
    assert np.mean(counts) == pytest.approx(expected, abs=5 * math.sqrt(expected / COUNT))
    assert np.var(counts) == pytest.approx(expected, rel=0.2)
    neighbours = [(s.target, n) for s in scenes for n in s.neighbours]
    stars = sum(isinstance(n, Star) for _, n in neighbours)
    assert stats.binomtest(stars, len(neighbours), 0.35).pvalue > 1e-3
    distances = [math.hypot(n.x - t.x, n.y - t.y) for t, n in neighbours]
    assert min(distances) >= 2.0
    assert max(max(abs(n.x), abs(n.y)) for _, n in neighbours) <= side / 2
    magnitudes = np.array([22.5 - 2.5 * math.log10(n.flux) for _, n in neighbours])
    # Counts that grow as 10^(0.33 m): their cumulative number is uniform.
    low, high = 10 ** (0.33 * 14.0), 10 ** (0.33 * 22.5)
    assert stats.kstest((10 ** (0.33 * magnitudes) - low) / (high - low), "uniform").pvalue > 1e-3


def test_targets_stay_near_the_centre(scenes):
    x = [s.target.x for s in scenes]
    assert stats.kstest(x, stats.uniform(-1.5 * 0.396, 3 * 0.396).cdf).pvalue > 1e-3
    assert max(abs(s.target.y) for s in scenes) <= 1.5 * 0.396


def test_psfs(scenes):
    psfs = [s.psf for s in scenes]
    assert (
        stats.kstest(np.log([p.width for p in psfs]), stats.norm(math.log(1.32), 0.14).cdf).pvalue
        > 1e-3
    )
    doubles = [p for p in psfs if p.kind == "double_gaussian"]
    assert stats.binomtest(len(doubles), COUNT, 0.5).pvalue > 1e-3
    assert np.mean([p.sigma_ratio for p in doubles]) == pytest.approx(2.1, abs=0.03)
    assert np.mean([p.wing_ratio for p in doubles]) == pytest.approx(0.12, abs=0.008)
    assert {p.beta for p in psfs if p.kind == "moffat"} == {2.5, 3.5, 4.5}
    assert np.mean([math.hypot(p.e1, p.e2) for p in psfs]) == pytest.approx(0.03, abs=0.002)


def test_exposures_are_of_one_ccd_each(scenes, population, rng):
    ccds = {(gain("r", c, 3000), dark_variance("r", c, 3000)) for c in range(1, 7)}
    exposures = [s.exposure for s in scenes]
    assert {(e.gain, e.dark_variance) for e in exposures} == ccds
    calibration = np.log([e.nmgy_per_count for e in exposures])
    assert stats.kstest(calibration, stats.norm(math.log(0.0051), 0.08).cdf).pvalue > 1e-3
    surface = [22.5 - 2.5 * math.log10(e.sky * e.nmgy_per_count / 0.396**2) for e in exposures]
    assert stats.kstest(surface, stats.norm(20.8, 0.2).cdf).pvalue > 1e-3
    assert draw_exposure(population.changed(band="z"), rng).gain < 5.2


def test_sky_residuals(scenes):
    assert np.std([s.sky_level for s in scenes]) == pytest.approx(0.002, rel=0.1)
    assert np.std([s.sky_gradient for s in scenes]) == pytest.approx(2e-5, rel=0.1)


def test_single_objects_land_where_asked(population, rng):
    star = draw_star(population, rng, x=3.0, y=-4.0)
    assert (star.x, star.y) == (3.0, -4.0)
    kinds = {type(draw_neighbour(population, rng, x=1.0, y=1.0)) for _ in range(40)}
    assert kinds == {Galaxy, Star}
    assert draw_psf(population.changed(double_gaussian_fraction=0.0), rng).kind == "moffat"

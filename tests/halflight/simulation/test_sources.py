"""Stars and galaxies in five bands: labels, colours, one sky in every band, noise of each."""

import math

import numpy as np
import pandas as pd
import pytest

from halflight import params
from halflight.simulation import simulate_stamp, simulate_stamps
from halflight.simulation.colours import WAVELENGTHS, black_body, draw_galaxy_colours
from halflight.simulation.scene import Galaxy, Star
from halflight.simulation.sources import draw_sky, draw_views

BANDS = "ugriz"


@pytest.fixture(scope="module")
def section(root):
    return params.load(root / "params.yaml").star_galaxy.simulate


@pytest.fixture(scope="module")
def settings(section):
    return {
        "seed": 7,
        "stamp_size": 24,
        "psf_size": 15,
        "population": section.population.changed(neighbour_density=0.0005),
        "targets": section.targets,
    }


@pytest.fixture(scope="module")
def block(settings):
    [(table, *arrays)] = simulate_stamps(60, processes=1, **settings)
    return table, *arrays


def skies(population, count=150):
    for number in range(count):
        rng = np.random.default_rng(number)
        sky = draw_sky(population, rng, stamp_size=24)
        yield sky, draw_views(sky, population, rng)


def test_rows_say_what_the_target_is(block):
    table, image, sigma, psf = block
    assert image.shape == sigma.shape == (60, 24, 24, 5)
    assert psf.shape == (60, 15, 15, 5)
    assert {a.dtype for a in (image, sigma, psf)} == {np.dtype("float32")}
    stars = table["is_star"] == 1
    assert 0.3 < stars.mean() < 0.7
    assert set(table.loc[stars, "kind"]) == {"single_star", "binary"}
    assert set(table.loc[~stars, "kind"]) == {"galaxy", "compact_galaxy"}
    assert table.loc[stars, ["half_light_radius", "redshift"]].isna().all(axis=None)
    assert table.loc[~stars, ["half_light_radius", "redshift"]].notna().all(axis=None)
    compact = table["half_light_radius"] < table["psf_half_light_radius"]
    assert ((table["kind"] == "compact_galaxy") == compact).all()
    assert (table["magnitude"] == table["magnitude_r"]).all()
    assert table["magnitude"].between(14.5, 22.5).all()
    np.testing.assert_allclose(psf.sum(axis=(1, 2)), 1, atol=1e-5)


def test_pixels_hold_the_light_of_the_row(settings):
    """Aperture fluxes of bright stars are those of their magnitudes, in every band."""
    bright = settings["population"].changed(
        magnitude=(15.0, 15.5),
        star_fraction=1.0,
        star_temperature=(8000.0, 9000.0),
        neighbour_density=0.0,
        psf_width=(1.0, 0.01),
    )
    for index in range(6):
        row, image, *_ = simulate_stamp(index, **settings | {"population": bright})
        for number, band in enumerate(BANDS):
            light = image[..., number].sum(dtype=np.float64)
            assert 22.5 - 2.5 * math.log10(light) == pytest.approx(
                row[f"magnitude_{band}"], abs=0.12
            )


def test_each_band_has_its_own_noise(settings):
    empty = settings["population"].changed(magnitude=(29.0, 29.0), neighbour_density=0.0)
    scores, levels = [], []
    for index in range(25):
        _, image, sigma, _ = simulate_stamp(index, **settings | {"population": empty})
        scores.append((image - np.median(image, axis=(0, 1))) / sigma)
        levels.append(np.median(sigma, axis=(0, 1)))
    np.testing.assert_allclose(np.std(scores, axis=(0, 1, 2)), 1.0, atol=0.03)
    np.testing.assert_allclose(
        np.median(levels, axis=0), [0.0495, 0.0184, 0.029, 0.0462, 0.176], rtol=0.25
    )
    flat = np.array(scores).reshape(-1, 5)
    assert np.abs(np.corrcoef(flat.T) - np.eye(5)).max() < 0.05


def test_stars_are_black_bodies_and_galaxies_redden_with_redshift(section):
    population = section.population.changed(colour_scatter=0.0)
    assert black_body(WAVELENGTHS["g"], 3000) < black_body(WAVELENGTHS["r"], 3000)
    assert black_body(WAVELENGTHS["u"], 13000) > black_body(WAVELENGTHS["z"], 13000)
    reds = []
    for magnitude in (16.0, 21.0):
        drawn = [
            draw_galaxy_colours(
                population, np.random.default_rng(k), magnitude=magnitude, components=1
            )
            for k in range(200)
        ]
        reds.append(np.median([colours[0]["g"] for _, colours in drawn]))
    assert reds[1] < reds[0]


def test_a_bulge_is_redder_than_its_disc(section):
    rngs = (np.random.default_rng(k) for k in range(60))
    for rng in rngs:
        _, (bulge, disc) = draw_galaxy_colours(
            section.population, rng, magnitude=18.0, components=2
        )
        assert bulge["r"] == disc["r"] == 1.0
        assert bulge["u"] <= disc["u"] * 1.0001


def test_one_sky_is_seen_in_every_band(section):
    for sky, scenes in skies(section.population):
        reference = scenes["r"]
        for scene in scenes.values():
            assert type(scene.target) is type(reference.target)
            assert (scene.target.x, scene.target.y) == (reference.target.x, reference.target.y)
            assert [(n.x, n.y) for n in scene.neighbours] == [
                (n.x, n.y) for n in reference.neighbours
            ]
            if isinstance(scene.target, Galaxy):
                shapes = [c.half_light_radius for c in scene.target.components]
                assert shapes == [c.half_light_radius for c in reference.target.components]
            assert scene.psf.kind == reference.psf.kind
        assert reference.target.flux == pytest.approx(sky.target.item.flux)


def test_widths_of_the_bands_follow_each_other(section):
    widths = np.array([[s.psf.width for s in v.values()] for _, v in skies(section.population)])
    correlation = np.corrcoef(np.log(widths).T)
    assert correlation.min() > 0.75
    np.testing.assert_allclose(
        np.median(widths / widths[:, 2:3], axis=0), [1.16, 1.09, 1.0, 0.955, 0.977], rtol=0.02
    )


def test_dust_reddens_what_is_seen_and_is_recorded(section, settings):
    clean = section.population.changed(extinction=(0.0, 0.0))
    dusty = section.population.changed(extinction=(0.5, 0.5))
    rows = [
        simulate_stamp(3, **settings | {"population": population})[0]
        for population in (clean, dusty)
    ]
    assert rows[0]["extinction_u"] == 0
    assert rows[1]["extinction_r"] == pytest.approx(0.5)
    assert rows[1]["extinction_u"] == pytest.approx(0.5 * 5.155 / 2.751)
    reddening = [row["magnitude_u"] - row["magnitude_r"] for row in rows]
    assert reddening[1] - reddening[0] == pytest.approx(0.5 * 5.155 / 2.751 - 0.5)
    assert rows[0]["magnitude_r"] == pytest.approx(rows[1]["magnitude_r"])


def test_binaries_share_the_light_of_one(section):
    double = section.population.changed(star_fraction=1.0, binary_fraction=1.0)
    for sky, scenes in skies(double, 40):
        first, second = scenes["r"].own
        assert isinstance(first, Star)
        assert second.flux <= first.flux
        apart = math.hypot(second.x - first.x, second.y - first.y)
        assert 0.0199 < apart < 2.01
        assert sky.companion is not None


def test_blocks_are_the_same_for_any_number_of_processes(settings, block):
    [again] = simulate_stamps(60, processes=2, **settings)
    pd.testing.assert_frame_equal(block[0], again[0], check_exact=True)
    for one, two in zip(block[1:], again[1:], strict=True):
        assert one.tobytes() == two.tobytes()

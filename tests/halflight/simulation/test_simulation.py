"""Simulated stamps: the same bytes however made, honest sigma, and errors that name the stamp."""

import math

import numpy as np
import pandas as pd
import pytest

from halflight.half_light import Component, half_light_ellipse
from halflight.simulation import SimulationError, simulate_stamp, simulate_stamps
from halflight.simulation.simulation import CHUNK, generator

ROW = [
    "id", "magnitude", "half_light_radius", "axis_ratio", "position_angle", "sersic_n",
    "bulge_fraction", "components", "flux", "x", "y", "psf_half_light_radius", "psf_fwhm",
    "nmgy_per_count", "sky", "gain", "dark_variance", "neighbours",
    "blend_separation", "neighbour_flux_fraction",
    "bulge_half_light_radius", "bulge_axis_ratio", "bulge_position_angle", "bulge_sersic_n",
    "disc_half_light_radius", "disc_axis_ratio", "disc_position_angle", "disc_sersic_n",
]  # fmt: skip


@pytest.fixture(scope="module")
def quick(population):
    """Settings of small stamps of small galaxies, which draw fast."""
    small = population.changed(radius=(0.5, 2.0), sersic_n=(0.7, 1.5), bulge_sersic_n=(1.0, 2.0))
    return {"seed": 5, "stamp_size": 32, "psf_size": 25, "population": small}


def gathered(blocks):
    tables, images, sigmas, psfs = zip(*blocks, strict=True)
    return (
        pd.concat(tables, ignore_index=True),
        np.concatenate(images),
        np.concatenate(sigmas),
        np.concatenate(psfs),
    )


def test_one_stamp(quick):
    row, image, sigma, psf = simulate_stamp(7, **quick)
    assert list(row) == ROW
    assert image.shape == sigma.shape == (32, 32, 1)
    assert psf.shape == (25, 25, 1)
    assert image.dtype == sigma.dtype == psf.dtype == np.float32
    assert np.isfinite(image).all()
    assert (sigma > 0).all()
    assert psf.sum() == pytest.approx(1, abs=1e-5)
    assert row["id"] == 7
    assert row["flux"] == pytest.approx(10 ** (0.4 * (22.5 - row["magnitude"])))
    assert 0.5 <= row["half_light_radius"] <= 2.0


def test_sigma_is_computed_from_the_noisy_image(quick):
    """The SDSS recipe by hand, from the table's calibration."""
    row, image, sigma, _ = simulate_stamp(3, **quick)
    counts = np.maximum(image / row["nmgy_per_count"] + row["sky"], 0)
    by_hand = row["nmgy_per_count"] * np.sqrt(counts / row["gain"] + row["dark_variance"])
    np.testing.assert_allclose(sigma, by_hand, rtol=1e-5)


def test_rows_say_what_the_target_is(quick):
    rows = pd.DataFrame([simulate_stamp(i, **quick)[0] for i in range(40)])
    single = rows["components"] == 1
    assert single.any()
    assert (~single).any()
    assert rows.loc[single, "sersic_n"].between(0.69, 1.55).all()
    assert (rows.loc[single, "bulge_fraction"] == 0).all()
    assert rows.loc[~single, "sersic_n"].isna().all()
    assert rows.loc[~single, "bulge_fraction"].between(0, 1, inclusive="neither").all()
    parts = rows[[name for name in ROW if name.startswith(("bulge_", "disc_"))]]
    parts = parts.drop(columns="bulge_fraction")
    assert parts[single].isna().all(axis=None)
    assert parts[~single].notna().all(axis=None)
    assert (rows.loc[~single, "disc_sersic_n"] == 1.0).all()
    for row in rows[~single].to_dict("records"):
        share = {"bulge": row["bulge_fraction"], "disc": 1 - row["bulge_fraction"]}
        components = [
            Component(
                *(row[f"{part}_{name}"] for name in ("sersic_n", "half_light_radius")),
                *(row[f"{part}_{name}"] for name in ("axis_ratio", "position_angle")),
                flux,
            )
            for part, flux in share.items()
        ]
        assert half_light_ellipse(components).semi_major == pytest.approx(row["half_light_radius"])
    assert rows["position_angle"].between(0, math.pi).all()
    assert rows["psf_fwhm"].between(0.6, 2.2).all()
    assert (rows["psf_half_light_radius"] < rows["psf_fwhm"]).all()
    assert (rows["neighbour_flux_fraction"] > -1e-5).all()


def test_neighbour_light(quick):
    """None without neighbours; about the whole flux of one that lies on the target."""
    empty = quick | {"population": quick["population"].changed(neighbour_density=0.0)}
    row = simulate_stamp(1, **empty)[0]
    assert row["neighbours"] == 0
    assert row["neighbour_flux_fraction"] == 0.0
    crowded = quick["population"].changed(
        neighbour_density=0.05,
        neighbour_magnitude=(17.0, 18.0),
        magnitude=(20.0, 20.5),
    )
    rows = [simulate_stamp(i, **quick | {"population": crowded})[0] for i in range(5)]
    assert max(r["neighbour_flux_fraction"] for r in rows) > 0.3


def test_residuals_have_the_stated_noise(quick):
    """With the sky residual off, a stamp without its light is noise of the stated sigma."""
    empty = quick["population"].changed(
        neighbour_density=0.0,
        sky_residual=0.0,
        sky_gradient=0.0,
        magnitude=(29.0, 29.0),
    )
    scores = []
    for index in range(30):
        _, image, sigma, _ = simulate_stamp(index, **quick | {"population": empty})
        scores.append(image / sigma)
    assert np.std(scores) == pytest.approx(1.0, abs=0.02)
    assert np.mean(scores) == pytest.approx(0.0, abs=0.05)


def test_same_bytes_for_any_number_of_processes(quick):
    count = 2 * CHUNK + 7
    alone = list(simulate_stamps(count, processes=1, **quick))
    together = list(simulate_stamps(count, processes=2, **quick))
    assert [len(block[0]) for block in alone] == [CHUNK, CHUNK, 7]
    for one, two in zip(alone, together, strict=True):
        pd.testing.assert_frame_equal(one[0], two[0], check_exact=True)
        for a, b in zip(one[1:], two[1:], strict=True):
            assert a.tobytes() == b.tobytes()
    table, image, sigma, psf = gathered(together)
    assert list(table["id"]) == list(range(count))
    assert table["id"].dtype == np.int64
    row, *arrays = simulate_stamp(CHUNK + 3, **quick)
    for whole, single in zip((image, sigma, psf), arrays, strict=True):
        np.testing.assert_array_equal(whole[CHUNK + 3], single)
    assert table.loc[CHUNK + 3, "half_light_radius"] == row["half_light_radius"]


def test_seed_and_index_change_everything(quick):
    base = simulate_stamp(0, **quick)[1]
    assert (simulate_stamp(1, **quick)[1] != base).any()
    assert (simulate_stamp(0, **quick | {"seed": 6})[1] != base).any()
    np.testing.assert_array_equal(simulate_stamp(0, **quick)[1], base)


def test_streams_are_independent():
    draws = [generator(1, 2, stream).random(1000) for stream in (0, 1)]
    assert abs(np.corrcoef(draws)[0, 1]) < 0.15
    assert not np.isin(*draws).any()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failed_stamp_is_named(quick, processes):
    """A sky residual far below the sky itself makes negative light."""
    broken = quick | {"population": quick["population"].changed(sky_residual=50.0)}
    with pytest.raises(SimulationError, match=r"simulated stamp \d+ \(seed 5\) failed: image plus"):
        list(simulate_stamps(6, processes=processes, **broken))


def test_stopping_early_ends_the_processes(quick):
    blocks = simulate_stamps(6 * CHUNK, processes=2, **quick | {"stamp_size": 8})
    first = next(blocks)
    blocks.close()
    assert len(first[0]) == CHUNK


def test_nothing_asked_nothing_made(quick):
    assert list(simulate_stamps(0, processes=1, **quick)) == []


@pytest.mark.parametrize(
    "argument", [{"count": -1}, {"seed": -1}, {"stamp_size": 0}, {"psf_size": 0}, {"processes": 0}]
)
def test_impossible_arguments(quick, argument):
    name, value = next(iter(argument.items()))
    with pytest.raises(ValueError, match=rf"{name} must be at least \d, got {value}"):
        simulate_stamps(**{"count": 1, "processes": 1} | quick | argument)

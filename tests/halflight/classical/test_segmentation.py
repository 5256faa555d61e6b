"""Which pixels are the target's, which a neighbour's."""

import numpy as np
import pytest

from halflight.classical.segmentation import border_level, segment_stamp


def test_a_neighbour_is_masked_and_the_target_is_not(make_stamp):
    stamp = make_stamp(flux=100.0, neighbours=((60.0, 5.0, 4.0), (30.0, -9.0, 2.0)))
    found = segment_stamp(stamp.image, stamp.sigma)
    assert found.target > 0
    assert found.neighbours[round(47.5 + 4 / 0.396), round(47.5 + 5 / 0.396)]
    assert found.neighbours[round(47.5 + 2 / 0.396), round(47.5 - 9 / 0.396)]
    assert not found.neighbours[46:49, 47:50].any()
    assert found.neighbours.mean() < 0.2


def test_growing_adds_a_rim(make_stamp):
    stamp = make_stamp(flux=100.0, neighbours=((60.0, 7.0, 4.0),))
    tight = segment_stamp(stamp.image, stamp.sigma, grow_pixels=0).neighbours
    grown = segment_stamp(stamp.image, stamp.sigma, grow_pixels=3).neighbours
    assert np.all(grown[tight])
    assert grown.sum() > tight.sum()


def test_a_smooth_galaxy_is_not_shredded(make_stamp):
    masked = []
    for seed in range(8):
        stamp = make_stamp(flux=2000.0, radius=5.0, n=4.0, seed=seed)
        found = segment_stamp(stamp.image, stamp.sigma)
        assert (found.labels == found.target).mean() > 0.4
        masked.append(found.neighbours.mean())
    # What is masked are noise peaks in its wings, some 0.5 % of the stamp each: few, on average.
    assert np.mean(masked) < 0.02


def test_bad_pixels_are_neither_good_nor_labelled(make_stamp):
    stamp = make_stamp(flux=100.0)
    image, sigma = stamp.image.copy(), stamp.sigma.copy()
    image[40:44, 50:53] = np.nan
    sigma[60, 60] = np.inf
    found = segment_stamp(image, sigma)
    assert not found.good[40:44, 50:53].any()
    assert not found.good[60, 60]
    assert found.good.sum() == 96 * 96 - 13
    assert np.all(found.labels[~found.good] == 0)


def test_pure_noise_has_no_target(make_stamp):
    stamp = make_stamp(flux=1e-3, seed=4)
    assert segment_stamp(stamp.image, stamp.sigma).target == 0


def test_border_level_survives_a_bright_neighbour():
    rng = np.random.Generator(np.random.Philox(key=[1, 1]))
    image = rng.normal(0.5, 0.03, (96, 96))
    image[:10, :20] += 50.0
    assert border_level(image, np.ones((96, 96), bool)) == pytest.approx(0.5, abs=0.005)
    assert border_level(image, np.zeros((96, 96), bool)) == 0.0


def test_refuses_unlike_shapes():
    with pytest.raises(ValueError, match="square and alike"):
        segment_stamp(np.zeros((8, 8)), np.zeros((8, 9)))

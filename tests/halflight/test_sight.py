"""What a network looks at: its own kernels, its own maps, and light that counts where it lies."""

import numpy as np
import pytest

from halflight import nn, sight

SIZE = 16


@pytest.fixture
def prepared():
    rng = np.random.Generator(np.random.Philox(key=[5, 0]))
    image = rng.normal(size=(2, SIZE, SIZE, 1)).astype(np.float32)
    return {"image": image, "psf": rng.normal(size=(2, 9, 9, 1)).astype(np.float32)}


def test_the_filters_are_the_first_convolutions(tiny_estimator):
    network = tiny_estimator.network
    filters = sight.first_filters(network)
    kernel = network.get_weights()["trunk_1a_conv/kernel"]
    assert filters.shape == (4, 5, 5, 1)
    np.testing.assert_array_equal(filters[2, :, :, 0], kernel[:, :, 0, 2])


def test_a_network_without_convolutions_has_neither_filters_nor_maps():
    image = nn.Input((4, 4, 1), name="image")
    network = nn.Model(image, nn.layers.Dense(2)(nn.layers.Flatten()(image)))
    assert sight.first_filters(network).shape == (0, 1, 1, 1)
    assert sight.feature_maps(network, {"image": np.zeros((1, 4, 4, 1))}) == {}


def test_a_map_of_each_size_is_what_the_network_itself_makes(tiny_estimator, prepared):
    network = tiny_estimator.network
    before = network.predict(prepared)
    maps = sight.feature_maps(network, prepared)
    assert [values.shape for values in maps.values()] == [(2, 8, 8, 4), (2, 4, 4, 8)]
    assert next(iter(maps)) == "trunk_1b_relu"
    np.testing.assert_array_equal(network.predict(prepared), before)
    assert all((values >= 0).all() for values in maps.values())  # each is behind a ReLU


class Counts:
    """An estimator whose answer is the light of one pixel, and whose error grows without it."""

    def __init__(self, row, column):
        self.place = row, column

    def predict(self, prepared):
        light = prepared["image"][:, *self.place, 0].astype(float)
        return light[:, np.newaxis], np.exp(-light)[:, np.newaxis]


@pytest.mark.parametrize(("row", "column"), [(0, 0), (5, 11), (15, 2)])
def test_covering_the_square_of_the_light_that_counts_changes_the_answer_by_it(
    prepared, row, column
):
    value, spread = sight.occlusion(Counts(row, column), prepared, cells=4)
    light = prepared["image"][:, row, column, 0].astype(float)
    expected = np.zeros((2, 4, 4))
    expected[:, row // 4, column // 4] = -light
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(spread, -expected, rtol=1e-6, atol=1e-7)


def test_squares_of_a_size_that_does_not_divide_cover_every_pixel_once(prepared):
    total = sum(
        sight.occlusion(Counts(row, 3), prepared, cells=5)[0].sum(axis=(1, 2))
        for row in range(SIZE)
    )
    np.testing.assert_allclose(total, -prepared["image"][:, :, 3, 0].sum(axis=1), rtol=1e-5)


def test_more_squares_than_pixels_are_refused(tiny_estimator, prepared):
    with pytest.raises(ValueError, match="a stamp of 16 pixels a side has no 17 squares"):
        sight.occlusion(tiny_estimator, prepared, cells=17)

import numpy as np

from halflight.sandbox.measurements import model_radii, petrosian_radii, true_shapes
from halflight.sandbox.population import Source
from halflight.simulation import Component


def test_pure_profiles_are_measured_right() -> None:
    radii = model_radii(np.array([2.0, 2.0]), np.array([1.0, 4.0]))
    assert radii["exp"][0] == 2.0
    assert radii["deV"][1] == 2.0
    assert radii["exp"][1] < 2.0 < radii["deV"][0]


def test_petrosian_radii_are_not_corrected_for_seeing() -> None:
    small, large = np.array([0.1]), np.array([5.0])
    one = np.array([1.0])
    half, ninety, petro = petrosian_radii(small, one, one, 1.4 * one)
    assert half[0] > 0.7
    assert ninety[0] > half[0]
    assert petro[0] > ninety[0]
    np.testing.assert_allclose(petrosian_radii(large, one, one, 1.4 * one)[0], 5.0, rtol=0.03)


def test_true_shapes_of_a_star_a_galaxy_and_a_sum() -> None:
    bulge, disc = Component(4.0, 0.6, 0.8, 0.3, 30.0), Component(1.0, 2.5, 0.5, 0.3, 70.0)
    sources = [
        Source(1, 0.0, 0.0, 5.0),
        Source(2, 0.0, 0.0, 70.0, (disc,)),
        Source(3, 0.0, 0.0, 100.0, (bulge, disc)),
    ]
    truth = true_shapes(sources)
    np.testing.assert_array_equal(truth.thing_id, [1, 2, 3])
    assert truth.radius[0] == 0
    np.testing.assert_allclose(
        [truth.radius[1], truth.axis_ratio[1], truth.sersic_n[1]], [2.5, 0.5, 1.0]
    )
    assert 0.6 < truth.radius[2] < 2.5
    np.testing.assert_allclose([truth.bulge_fraction[2], truth.sersic_n[2]], [0.3, 1.9])

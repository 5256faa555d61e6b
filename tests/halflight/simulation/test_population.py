"""The population refuses impossible distributions, and says which."""

from dataclasses import MISSING, asdict, fields, replace

import pytest

from halflight.simulation import Population


def test_no_number_has_a_default(population):
    assert all(f.default is f.default_factory is MISSING for f in fields(Population))


def test_lists_become_tuples(population):
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(population).items()}
    assert Population(**values) == population
    assert isinstance(Population(**values).magnitude, tuple)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"magnitude": (20.0, 14.0)}, r"population.magnitude must be \[low, high\]"),
        ({"late_fraction": 1.2}, r"population.late_fraction must be in 0\.\.1, got 1.2"),
        ({"bulge_disc_fraction": -0.1}, "population.bulge_disc_fraction"),
        ({"early_axis_ratio": (0.0, 1.0)}, "population.early_axis_ratio must be within"),
        ({"sersic_n": (0.3, 6.0)}, "Sersic index must be within"),
        ({"bulge_sersic_n": (8.0,)}, "Sersic index must be within"),
        ({"bulge_sersic_n": ()}, "population.bulge_sersic_n needs at least one"),
        ({"size_scatter": 0.0}, "population.size_scatter must be above 0"),
        ({"radius": (0.0, 12.0)}, "population.radius must be above 0"),
        ({"neighbour_slope": 0.0}, "population.neighbour_slope must be above 0"),
        ({"band": "y"}, "population.band must be one of u, g, r, i, z, got 'y'"),
    ],
)
def test_impossible_population(population, change, message):
    with pytest.raises(ValueError, match=message):
        replace(population, **change)

"""A population of simulated scenes for the tests of the simulation."""

import pytest

from halflight import params
from halflight.params.simulate import Population


@pytest.fixture(scope="session")
def population(root) -> Population:
    """The broad training population of the default parameters."""
    return params.load(root / "params.yaml").radius.simulate.population

"""NaN and infinity are passed on, never swallowed, and go no further than they must."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.backends import COMPILED
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import Case, may_be_winograds

REFERENCE = kernels.load("reference")
# keep_finite reports instead; pooling's index and the dropout mask are compared like all the rest.
INPUTS = ("x", "dy", "w", "b", "g", "a", "prediction", "target")


def _reached_by_winograd(wrong, case):
    """Where Winograd's algorithm may carry what is not finite: a tile of 4 x 4, or all 9 taps."""
    reached = wrong.copy()
    if case.kernel == "conv2d_backward_weights":
        reached |= wrong.any(axis=(0, 1))
        return reached
    size = 4
    if case.kernel == "conv2d_fused_forward":
        # ReLU makes 0 of minus infinity, but not of the rest of its tile: other channels tell.
        reached |= wrong.any(axis=3, keepdims=True)
        size = 2 if case.arguments["pool"] else 4
    for row in range(0, wrong.shape[1], size):
        for column in range(0, wrong.shape[2], size):
            tile = reached[:, row : row + size, column : column + size]
            tile |= tile.any(axis=(1, 2), keepdims=True)
    return reached


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_not_finite_where_the_reference_is_not(name, poison):
    rng = np.random.Generator(np.random.Philox(key=[31, 0]))
    backend = kernels.load(name)
    checked = 0
    for case in all_cases():
        for argument in set(INPUTS) & set(case.arguments):
            value = case.arguments[argument]  # None, or a number of the formula such as a slope
            if not isinstance(value, np.ndarray) or argument in case.assigned:
                continue
            value = value.copy()
            value.flat[rng.integers(value.size)] = poison
            poisoned = Case(
                case.kernel, case.assigned, case.updated, case.arguments | {argument: value}
            )
            with np.errstate(all="ignore"):
                expected, received = poisoned.run(REFERENCE), poisoned.run(backend)
            for output, truth in expected.items():
                place = f"{case.kernel}: {output} for {poison} in {argument}"
                finite, allowed = np.isfinite(received[output]), np.isfinite(truth)
                if argument == "w" and "padding" in case.arguments:
                    allowed &= finite  # a bad weight may also show through the zeros of padding
                elif name == "cpu" and may_be_winograds(case) and output != "db":
                    allowed &= finite | ~_reached_by_winograd(~allowed, case)
                np.testing.assert_array_equal(finite, allowed, place)
                checked += not np.isfinite(truth).all()
    assert checked > 100

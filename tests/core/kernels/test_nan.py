"""NaN and infinity are passed on, never swallowed."""

import numpy as np
import pytest

from core import kernels
from tests.core.kernels.cases import all_cases
from tests.core.kernels.cases.case import Case

REFERENCE = kernels.load("reference")
# all_finite reports instead; pooling's index and the dropout mask are compared like all the rest.
INPUTS = ("x", "dy", "w", "b", "g", "a", "prediction", "target")


@pytest.mark.parametrize("name", [name for name in kernels.BACKENDS if name != "reference"])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_not_finite_where_the_reference_is_not(name, poison):
    rng = np.random.Generator(np.random.Philox(key=[31, 0]))
    backend = kernels.load(name)
    checked = 0
    for case in all_cases():
        for argument in set(INPUTS) & set(case.arguments):
            if case.arguments[argument] is None or argument in case.assigned:
                continue
            value = case.arguments[argument].copy()
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
                np.testing.assert_array_equal(finite, allowed, place)
                checked += not np.isfinite(truth).all()
    assert checked > 100

"""The numba.cuda back end equals the reference: on a GPU, or in Numba's simulator without one.

The simulator runs every thread in Python, so it tries each kernel's smallest cases only.
"""

import numpy as np
import pytest

from core import kernels
from core.kernels.cuda.compiler import SIMULATED
from core.kernels.shapes import SHAPES
from tests.core.kernels.cases import all_cases
from tests.core.kernels.cases.case import assert_agrees

pytestmark = [
    pytest.mark.gpu,
    # The simulator computes with NumPy's numbers, which warn of overflow and NaN.
    pytest.mark.filterwarnings("ignore::RuntimeWarning" if SIMULATED else "error"),
]

REFERENCE = kernels.load("reference")
CASES = all_cases()
# Numbers that the simulator is given for one kernel, in all of its cases.
AFFORDABLE = 1200


def _size(case):
    return sum(value.size for value in case.arguments.values() if isinstance(value, np.ndarray))


def _cases(kernel):
    """All cases of a kernel, or in the simulator the smallest."""
    found = sorted((case for case in CASES if case.kernel == kernel), key=_size)
    if not SIMULATED:
        return found
    sizes = np.cumsum([_size(case) for case in found])
    return found[: max(1, int(np.searchsorted(sizes, AFFORDABLE, side="right")))]


@pytest.mark.parametrize("kernel", SHAPES)
def test_equals_reference(kernel):
    backend = kernels.load("cuda")
    for case in _cases(kernel):
        assert_agrees(case, backend, REFERENCE)


@pytest.mark.parametrize("kernel", ["dense_backward_weights", "bias_backward", "sum_of_squares"])
def test_the_same_bytes_on_every_run(kernel):
    backend = kernels.load("cuda")
    case = _cases(kernel)[-1]
    first, second = case.run(backend), case.run(backend)
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)

"""Every case once more with Numba's bounds checks compiled in."""

import pytest

from tests.halflight.kernels.python import output_of

SCRIPT = """
import numba
from halflight import kernels
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import assert_agrees

assert numba.config.BOUNDSCHECK
reference = kernels.load("reference")
for name in ("cpu", "cpu_precise"):
    backend = kernels.load(name)
    for case in all_cases():
        if name == "cpu" or case.kernel.startswith("conv"):
            assert_agrees(case, backend, reference)
"""


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_index_out_of_bounds(root):
    output_of(SCRIPT, root, NUMBA_BOUNDSCHECK="1")

"""Every case once more, compiled for CPUs with fewer registers and instructions than this one."""

import platform

import pytest

from tests.halflight.kernels.python import output_of

SCRIPT = """
import numba
from halflight import kernels
from halflight.kernels.cpu.machine.compiler import cpu_features
from halflight.kernels.cpu.products.multiply import ROWS, VECTORS
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import assert_agrees

assert cpu_features() == ("NAME", "")
assert (ROWS, VECTORS) == (6, 1)
assert bool(numba.config.BOUNDSCHECK) is CHECKED
reference = kernels.load("reference")
for name in ("cpu", "cpu_precise"):
    backend = kernels.load(name)
    for case in all_cases():
        if name == "cpu" or case.kernel.startswith("conv"):
            assert_agrees(case, backend, reference)
"""


def agree(root, cpu, bounds):
    """Run every case in a process that compiles for `cpu`, with Numba's bounds checks or without.

    The features follow from the name alone: AVX2 with fused multiply-add, or the least there is.
    """
    script = SCRIPT.replace("NAME", cpu).replace("CHECKED", str(bounds))
    names = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    output_of(script, root, **names, **({"NUMBA_BOUNDSCHECK": "1"} if bounds else {}))


@pytest.mark.thorough
@pytest.mark.timeout(1500)
def test_the_least_of_cpus_will_do_and_no_index_is_out_of_bounds(root):
    agree(root, "generic", bounds=True)


@pytest.mark.thorough
@pytest.mark.timeout(1500)
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="it has no AVX2")
def test_avx2_will_do(root):
    agree(root, "haswell", bounds=False)

"""Every case once more, compiled for CPUs with fewer registers and instructions than this one."""

import platform

import pytest

from tests.halflight.kernels.python import output_of

SCRIPT = """
from halflight import kernels
from halflight.kernels.cpu.machine.compiler import cpu_features
from halflight.kernels.cpu.products.multiply import ROWS, VECTORS
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import assert_agrees

assert cpu_features() == ("CPU", "")
assert (ROWS, VECTORS) == (6, 1)
reference = kernels.load("reference")
for name in ("cpu", "cpu_precise"):
    backend = kernels.load(name)
    for case in all_cases():
        if name == "cpu" or case.kernel.startswith("conv"):
            assert_agrees(case, backend, reference)
"""
# The features follow from the name alone: AVX2 with fused multiply-add, and the least there is.
CPUS = ["generic"]
if platform.machine() in ("x86_64", "AMD64"):
    CPUS.append("haswell")


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("cpu", CPUS)
def test_any_cpu_will_do(root, cpu):
    script = SCRIPT.replace("CPU", cpu)
    output_of(script, root, NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES="")

"""Every case once more, compiled for processors with fewer registers and instructions."""

import platform

import pytest
from llvmlite import binding

from tests.halflight.kernels.python import output_of

SCRIPT = """
import hashlib
import numba
from halflight import kernels
from halflight.kernels.cpu.machine.level import LEVEL
from halflight.kernels.cpu.products.multiply import ROWS, VECTORS
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import assert_close

assert LEVEL.name == "NAME"
assert (ROWS, VECTORS) == ((24, 2) if "NAME" == "x86-64-v4" else (6, 1))
assert bool(numba.config.BOUNDSCHECK) is CHECKED
reference = kernels.load("reference")
for name in ("cpu", "cpu_precise"):
    backend = kernels.load(name)
    for number, case in enumerate(all_cases()):
        if name == "cpu" or case.kernel.startswith("conv"):
            received = case.run(backend)
            assert_close(case, backend, reference, received)
            digest = hashlib.sha256(b"".join(received[key].tobytes() for key in received))
            print(name, number, case.kernel, digest.hexdigest())
"""

pytestmark = [
    pytest.mark.timeout(1500),
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="x86-64's levels"),
]


def digests(root, level, *, checked=False):
    """Of every case's outputs, in a process that compiles for `level`, maybe checking bounds."""
    script = SCRIPT.replace("NAME", level).replace("CHECKED", str(checked))
    bounds = {"NUMBA_BOUNDSCHECK": "1"} if checked else {}
    return output_of(script, root, HALFLIGHT_CPU=level, **bounds).splitlines()


@pytest.fixture(scope="module")
def of_avx2(root):
    """Every case's outputs as AVX2 computes them."""
    return digests(root, "x86-64-v3")


@pytest.mark.thorough
def test_the_least_of_cpus_gives_the_same_bytes_and_no_index_is_out_of_bounds(root, of_avx2):
    assert digests(root, "x86-64", checked=True) == of_avx2


@pytest.mark.exhaustive
def test_avx512_gives_the_same_bytes_as_avx2(root, of_avx2):
    if not binding.get_host_cpu_features().get("avx512vl"):
        pytest.skip("this processor has no AVX-512")
    assert digests(root, "x86-64-v4") == of_avx2

"""The numba.cuda back end equals the reference: on a GPU, or in Numba's simulator without one.

The simulator runs every thread in Python, so it tries each kernel's smallest cases only.
"""

import os
import subprocess
import sys

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.cuda.machine.simulated import SIMULATED
from halflight.nn import Input, Sequential, layers, losses
from tests.benchmarks.determinism import digest
from tests.benchmarks.gpu_large import PARTS
from tests.benchmarks.networks import halflight, trained
from tests.halflight.kernels.backends import ON_GPU
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import assert_agrees

pytestmark = ON_GPU

REFERENCE = kernels.load("reference")
CASES = all_cases()
# Numbers that the simulator is given for one kernel, in all of its cases.
FEW, MANY = 600, 3000


def _size(case):
    return sum(value.size for value in case.arguments.values() if isinstance(value, np.ndarray))


def _cases(kernel, affordable=FEW):
    """All cases of a kernel, or in the simulator the smallest."""
    found = sorted((case for case in CASES if case.kernel == kernel), key=_size)
    if not SIMULATED:
        return found
    sizes = np.cumsum([_size(case) for case in found])
    return found[: max(1, int(np.searchsorted(sizes, affordable, side="right")))]


@pytest.mark.parametrize("affordable", [FEW, pytest.param(MANY, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("kernel", kernels.definitions())
def test_equals_reference(kernel, affordable):
    backend = kernels.load("cuda")
    for case in _cases(kernel, affordable):
        assert_agrees(case, backend, REFERENCE)


@pytest.mark.parametrize("kernel", ["dense_backward_weights", "bias_backward", "sum_of_squares"])
def test_the_same_bytes_on_every_run(kernel):
    backend = kernels.load("cuda")
    case = _cases(kernel)[-1]
    first, second = case.run(backend), case.run(backend)
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_a_network_trains_as_on_the_reference(monkeypatch):
    """Convolution, normalisation, pooling, dense layers, Adam: two epochs with a partial batch."""
    if SIMULATED:  # its shapes know no index -1; those of arrays on a GPU do
        monkeypatch.setattr("numba.cuda.simulator.cudadrv.devicearray.FakeShape", tuple)
    rng = np.random.Generator(np.random.Philox(key=[16, 0]))
    x, y = rng.standard_normal((3, 6, 6, 2), np.float32), np.array([0, 1, 2])
    found = []
    for backend in ("reference", "cuda"):
        stack = [
            Input((6, 6, 2)),
            *(layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()),
            *(layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3)),
        ]
        model = Sequential(stack, backend=backend, seed=1)
        model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(x, y, batch_size=2, epochs=2)
        found.append(model.predict(x))
    np.testing.assert_allclose(found[1], found[0], rtol=0.0, atol=2e-4)


NEEDS_A_GPU = pytest.mark.skipif(SIMULATED, reason="too large for Numba's simulator: needs a GPU")


@NEEDS_A_GPU
@pytest.mark.parametrize("part", PARTS)
def test_large_and_odd_shapes(part):
    """The reference computes in float64 what can be computed alone: the first, the last, some."""
    backend, rng = kernels.load("cuda"), np.random.Generator(np.random.Philox(key=[16, 1]))
    for large in PARTS[part](rng):
        large.check(backend, REFERENCE, large.case.run(backend))


@NEEDS_A_GPU
def test_two_trainings_give_the_same_weights():
    assert digest("N2", 512, 10, "cuda") == digest("N2", 512, 10, "cuda")


@NEEDS_A_GPU
def test_memory_stays_within_the_plan():
    """After the first steps, which allocate what kernels keep, nothing more is taken."""
    model = halflight("N2", "cuda")
    step = trained(model, "N2", 512)
    for _ in range(3):
        step()
    before = model.kernels.free_memory()
    for _ in range(20):
        step()
    assert model.kernels.free_memory() == before


def test_without_a_gpu_the_back_end_says_what_is_missing(root):
    if not SIMULATED:
        pytest.skip("there is a GPU")
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_ENABLE_CUDASIM"}
    program = "from halflight import kernels; kernels.load('cuda')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("RuntimeError: no GPU: ")

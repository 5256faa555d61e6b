"""The back ends that tests go through."""

import importlib.util

import pytest

from halflight.kernels import BACKENDS
from halflight.kernels.cuda.machine.simulated import SIMULATED

ON_CPU = tuple(name for name in BACKENDS if not name.startswith("cuda"))
COMPILED = tuple(name for name in ON_CPU if name != "reference")

ON_GPU = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        importlib.util.find_spec("numba_cuda") is None,
        reason="no numba-cuda: pip install numba-cuda, which there is for Linux and Windows",
    ),
    # The simulator computes with NumPy's numbers, which warn of overflow and NaN.
    pytest.mark.filterwarnings("ignore::RuntimeWarning" if SIMULATED else "error"),
]
EVERYWHERE = (*ON_CPU, pytest.param("cuda", marks=ON_GPU))
"""The GPU's too, or its simulation; that one takes seconds for some thousand numbers."""
AT_LENGTH = (*ON_CPU, pytest.param("cuda", marks=[*ON_GPU, pytest.mark.thorough]))
"""For what takes the simulation long; test_cuda.py holds every kernel to the reference anyway."""

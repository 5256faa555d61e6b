"""What the GPU's kernels compile to: float32 alone, and nothing spilled. It needs no GPU."""

import json
import os
import subprocess
import sys

import pytest

from tests.core.kernels.assemble import ptxas


@pytest.fixture(scope="module")
def compiled(root):
    if ptxas() is None:
        pytest.skip("no ptxas: pip install nvidia-cuda-nvcc-cu12, which there is for Linux")
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_ENABLE_CUDASIM"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.kernels.assemble"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_no_float64_in_any_kernel(compiled):
    assert len(compiled) > 100
    assert not [line for line in compiled if line["double"]]


def test_products_of_tf32_use_the_tensor_cores(compiled):
    """Others do not; a warp's turn of 64 x 32 sums is 16 of them, and a deep tile has two."""
    assert sorted(line["tensor"] for line in compiled if line["tensor"]) == [8, 32, 32]


def test_no_kernel_spills(compiled):
    assert not [line for line in compiled if line["spilled"]]

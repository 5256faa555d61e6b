"""What the GPU's kernels compile to: float32 alone, and nothing spilled. It needs no GPU.

Every parity case is launched on the pretended driver on the way.
"""

import json
import subprocess
import sys

import pytest

from tests.halflight.kernels import driver
from tests.halflight.kernels.assemble import ptxas

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def compiled(root, tmp_path_factory):
    if ptxas() is None:
        pytest.skip("no ptxas: pip install nvidia-cuda-nvcc-cu12, which there is for Linux")
    if driver.compiler() is None:
        pytest.skip("no C compiler (cc or gcc) on Linux, which the pretended driver needs")
    folder = tmp_path_factory.mktemp("driver")
    driver.build(folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.halflight.kernels.assemble"],
        cwd=root,
        env=driver.environment(folder, content=0),  # no index is outside of its table
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

"""The cuda back end as a GPU's user runs it, on a driver that computes nothing: no GPU is needed.

What the simulator leaves out is tried here: compilation, arrays and their views, launches with
their arguments, copies, and what all of it asks of the driver.
"""

import importlib.util
import subprocess
import sys

import pytest

from tests.halflight.kernels import driver

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("numba_cuda") is None,
        reason="no numba-cuda: pip install numba-cuda, which there is for Linux and Windows",
    ),
    pytest.mark.skipif(
        driver.compiler() is None,
        reason="no C compiler (cc or gcc) on Linux, which the pretended driver needs",
    ),
]


@pytest.mark.thorough
def test_copies_launches_and_networks(root, tmp_path):
    """All of driver/checks.py. The first time, its kernels are compiled: some 45 seconds."""
    driver.build(tmp_path)
    checks = str(driver.FOLDER / "checks.py")
    options = ["-q", "-rP", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, checks],
        cwd=root,
        env=driver.environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)  # and with it what a step asks of the driver
    assert done.returncode == 0, done.stderr[-3000:]

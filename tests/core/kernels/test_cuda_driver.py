"""The cuda back end as a GPU's user runs it, on a driver that computes nothing: no GPU is needed.

What the simulator leaves out is tried here: Numba's arrays and their views, compilation, modules,
launches with their arguments, copies, and what they ask of the driver.
"""

import importlib.util
import subprocess
import sys

import pytest

from tests.core.kernels import driver

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None,
    reason="no numba-cuda: pip install numba-cuda, which there is for Linux and Windows",
)

# Without nvJitLink of the same major version as cuda-bindings, the driver's own linker is used.
NO_LINKER = "ignore:cuda.bindings.nvjitlink is not available:RuntimeWarning"


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    """Runs a program of Python on the pretended driver, and returns what it printed."""
    folder = tmp_path_factory.mktemp("driver")
    driver.build(folder)

    def run(*arguments, **settings):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=root,
            env=driver.environment(folder, **settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
        return done.stdout

    return run


def test_copies_launches_and_networks(run):
    options = ["-q", "-rP", "-p", "no:cacheprovider", "-W", NO_LINKER]
    print(run("-m", "pytest", *options, str(driver.FOLDER / "checks.py")))


@pytest.mark.slow
def test_every_kernel_is_launched(run):
    """It takes a minute and a half until the kernels are in the cache."""
    run("-m", "tests.core.kernels.driver.cases", content=0)

"""Fixtures shared by every test: the repository root and the recorded real sky."""

import ctypes
import os
import signal
from pathlib import Path

import pytest

import stages  # noqa: F401  (first: it says how NumPy, once loaded, and all processes compute)

ROOT = Path(__file__).resolve().parent.parent


# Processes that tests start import this checkout, wherever they run.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(ROOT / "core"), os.environ.get("PYTHONPATH")])
)

# What a shell starts in the background ignores Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _driver_finds_a_gpu() -> bool:
    try:
        return ctypes.CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        return False


if not _driver_finds_a_gpu():  # before anything imports Numba
    os.environ.setdefault("NUMBA_ENABLE_CUDASIM", "1")


# The order of files, where it saves minutes of a run by two processes. One of them compiles every
# kernel, while the other does what needs none; then the pipeline, which is the longest, finds
# kernels compiled. Begun last, a file of minutes would keep a process alone.
FIRST = (
    *("test_other_cpus.py", "test_guard_zones.py"),
    *("test_page.py", "test_figures.py", "test_params.py", "test_faults.py", "test_download.py"),
    *("test_pipeline.py", "test_cuda_compiled.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of FIRST first, in their order."""
    rank = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(FIRST)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository root."""
    return ROOT


@pytest.fixture(scope="session")
def recorded_sky() -> Path:
    """The folder of recorded SDSS files; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("HALFLIGHT_RECORDED_SKY", ROOT.parent / "shared" / "sky"))
    if not folder.is_dir():
        pytest.skip(f"no recorded SDSS sky at {folder}: set HALFLIGHT_RECORDED_SKY")
    return folder


@pytest.fixture
def tiny_estimator():
    """An untrained estimator of the radius, for 16-pixel stamps in r and PSFs of 9 pixels."""
    from halflight import tasks
    from halflight.estimator import Estimator
    from halflight.instrument import SDSS
    from halflight.nn import presets
    from halflight.prepare import Preparation

    network = presets.build(
        "radius_net",
        image_shape=(16, 16, 1),
        psf_shape=(9, 9, 1),
        filters=[4, 8],
        dense_units=8,
        seed=1,
        **tasks.get("radius").network_options(),
    )
    return Estimator(
        network,
        tasks.get("radius"),
        SDSS.with_bands(["r"]),
        Preparation(16, 9, 1.0, 0.001, 0.05),
        {"ln_radius": (-1.0, 4.0), "psf_half_light_radius": (1.0, 4.0)},
    )

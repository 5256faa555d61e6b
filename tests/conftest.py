"""Fixtures shared by every test: the repository root and the recorded real sky."""

import ctypes
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


# Processes that tests start import this checkout, wherever they run.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(ROOT / "core"), os.environ.get("PYTHONPATH")])
)


def _driver_finds_a_gpu() -> bool:
    try:
        return ctypes.CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        return False


if not _driver_finds_a_gpu():  # before anything imports Numba
    os.environ.setdefault("NUMBA_ENABLE_CUDASIM", "1")


# Files of minutes, the longest first: begun last, one would keep a process alone.
LONG = ("test_other_cpus.py", "test_bounds.py", "test_pipeline.py", "test_cuda_compiled.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first."""
    rank = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.name, len(LONG)))


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

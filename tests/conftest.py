"""Fixtures shared by every test: the repository root and the recorded real sky."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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

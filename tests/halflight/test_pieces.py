"""Pieces of stamps: fitted as anywhere else, and by processes that load nothing else."""

import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest

from halflight import params
from halflight.classical import Beliefs, fit_scenes
from halflight.instrument import SDSS
from halflight.pieces import Piece, Settings, fitted

UNNEEDED = ("astropy", "matplotlib", "pydantic", "safetensors", "sep", "typer")
LOADED = f"""
import pickle, sys
work, piece = pickle.loads(sys.stdin.buffer.read())
assert len(work(piece).scenes) == len(piece.sources)
print(*sorted(set({UNNEEDED!r}) & sys.modules.keys()))
"""


@pytest.fixture(scope="module")
def classical(root):
    return params.load(root / "params.yaml").radius.classical


@pytest.fixture(scope="module")
def settings(classical):
    return Settings(dict(classical.scene), classical.detection_threshold)


@pytest.fixture(scope="module")
def piece():
    """Two Gaussians in noise, and nothing but noise."""
    y, x = np.mgrid[-23.5:24, -23.5:24]
    light = np.stack([k * np.exp(-(x**2 + y**2) / 18) for k in (30, 50, 0)])
    image = (light + np.random.default_rng(1).normal(size=light.shape)).astype(np.float32)
    seen = np.exp(-(np.arange(-7, 8) ** 2) / 3)
    psf = np.outer(seen, seen).astype(np.float32)
    stamps = (image, np.ones_like(image), np.tile(psf / psf.sum(), (3, 1, 1)))
    return Piece(stamps, SDSS, np.arange(3))


def test_scenes_are_fitted_as_elsewhere(piece, classical, settings):
    scenes = fitted(settings, False, piece).scenes
    beliefs = Beliefs(classical.scene, SDSS.pixel_scale, SDSS.zero_point)
    found, _ = fit_scenes(
        *piece.stamps, beliefs=beliefs, detection_threshold=classical.detection_threshold
    )
    pd.testing.assert_frame_equal(scenes, found)
    assert scenes["converged"].tolist() == [True, True, False]


def test_what_is_not_asked_for_is_not_done(piece, settings):
    assert fitted(settings, False, piece).beside == []
    scenes, beside = fitted(None, True, piece)
    assert scenes is None
    assert [row["fit_status"] for row in beside[:2]] == ["ok", "ok"]


def test_a_process_that_fits_loads_no_other_library(piece, settings):
    asked = pickle.dumps((partial(fitted, settings, False), piece))
    ended = subprocess.run(
        [sys.executable, "-c", LOADED], input=asked, capture_output=True, check=True
    )
    assert ended.stdout.split() == []

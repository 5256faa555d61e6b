"""The memory that a large image takes: that of a strip, not of the image."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits

SIDE = 8000
MOST_GROWTH = 150e6  # bytes; the image has 256 million
PROGRAM = """
import resource, sys
import numpy as np, pandas as pd
from halflight import images

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before = None
for path in sys.argv[1:]:
    field = images.open_field(path)
    at = np.random.default_rng(1).uniform(60, field.shape[0] - 60, (2, 400))
    sources = pd.DataFrame({"id": range(400), "x": at[0], "y": at[1], "status": ""})
    count = sum(len(chunk.rows) for chunk in images.cutouts(field, sources, "gaussian:3px"))
    assert count == 400
    before, after = peak() if before is None else before, peak()
print(after - before)
"""


@pytest.mark.thorough
def test_a_large_image_takes_hardly_more_memory_than_a_small_one(tmp_path):
    """Both are opened, their sky measured, and 400 stamps cut, in one process."""
    generator = np.random.default_rng(1)
    for name, side in (("small", 1000), ("large", SIDE)):
        pixels = np.empty((side, side), np.float32)
        for top in range(0, side, 1000):
            pixels[top : top + 1000] = generator.normal(size=(1000, side))
        fits.PrimaryHDU(pixels).writeto(tmp_path / f"{name}.fits")
    command = [sys.executable, "-c", PROGRAM, tmp_path / "small.fits", tmp_path / "large.fits"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST_GROWTH

"""The same bytes for any number of threads."""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import numba
import numpy as np
from core import kernels
from tests.core.kernels.cases import all_cases
from tests.core.kernels.cases.conv import conv_cases
from tests.core.kernels.cases.norm import norm_cases

backend = kernels.load("cpu")
rng = np.random.Generator(np.random.Philox(key=[41, 0]))
cases = all_cases()
cases += conv_cases(rng, 37, (12, 12), (16, 32), (3, 3), (1, 1), (1, 1), (2, 2))
cases += conv_cases(rng, 70, (24, 24), (1, 16), (5, 5), (2, 2), (1, 1), (3, 3))
cases += norm_cases(rng, 30, 24, 24, 16)
for threads in (1, 2, 3):
    numba.set_num_threads(threads)
    digest = hashlib.sha256()
    for case in cases:
        for output in case.run(backend).values():
            digest.update(output.tobytes())
    print(digest.hexdigest())
"""


def test_same_bytes_for_one_two_and_three_threads(root):
    environment = os.environ | {"NUMBA_NUM_THREADS": "3"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    digests = run.stdout.split()
    assert len(digests) == 3
    assert len(set(digests)) == 1

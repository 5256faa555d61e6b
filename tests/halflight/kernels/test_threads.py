"""The same bytes for any number of threads, and on every run."""

from tests.halflight.kernels.python import output_of

# Small arrays are computed by one thread whatever is asked for: some of these are large.
SCRIPT = """
import hashlib
import numba
import numpy as np
from halflight import kernels
from tests.halflight.kernels.cases import all_cases, lstm
from tests.halflight.kernels.cases.conv import conv_cases
from tests.halflight.kernels.cases.dense import dense_cases
from tests.halflight.kernels.cases.depthwise import Layout, depthwise_cases
from tests.halflight.kernels.cases.norm import norm_cases

rng = np.random.Generator(np.random.Philox(key=[41, 0]))
one, two = (1, 1), (2, 2)
cases = all_cases()
cases += conv_cases(rng, 37, (12, 12), (16, 32), (3, 3), one, one, two)
cases += conv_cases(rng, 1, (61, 62), (16, 16), (3, 3), one, one, two)
cases += conv_cases(rng, 70, (24, 24), (1, 16), (5, 5), two, one, (3, 3))
cases += conv_cases(rng, 9, (17, 18), (20, 40), (3, 3), one, one, two, groups=2)
cases += depthwise_cases(rng, 9, 24, 1, Layout((17, 18), (3, 3), one, one, two, one))
cases += dense_cases(rng, 397, 410, 90)
cases += norm_cases(rng, 30, 24, 24, 16)
cases += lstm.lstm_cases(rng, 101, 4, 41, True)
for threads in (1, 2, 4, 4):
    numba.set_num_threads(threads)
    digest = hashlib.sha256()
    for name in ("cpu", "cpu_precise"):
        backend = kernels.load(name)
        for case in cases:
            if name == "cpu" or case.kernel.startswith("conv"):
                for output in case.run(backend).values():
                    digest.update(output.tobytes())
    print(digest.hexdigest())
"""


def test_same_bytes_for_one_two_and_four_threads(root):
    digests = output_of(SCRIPT, root, NUMBA_NUM_THREADS="4").split()
    assert len(digests) == 4
    assert len(set(digests)) == 1

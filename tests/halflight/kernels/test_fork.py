"""A process that was forked after the pool of threads had started computes, alone and the same."""

import os

import pytest

from tests.halflight.kernels.python import output_of

FORKED = """
import concurrent.futures
import hashlib
import multiprocessing
import os
import numba
import numpy as np
from halflight import kernels

x = np.linspace(-3, 3, 200_003, dtype=np.float32)

def answer(_=None):
    y = np.empty_like(x)
    kernels.load("cpu").softplus_forward(y, x)
    return hashlib.sha256(y.tobytes()).hexdigest()

here = answer()
fork = multiprocessing.get_context("fork")
with fork.Pool(2) as pool:
    assert pool.map_async(answer, range(4)).get(timeout=200) == [here] * 4
with concurrent.futures.ProcessPoolExecutor(2, mp_context=fork) as pool:
    assert list(pool.map(answer, range(4), timeout=200)) == [here] * 4
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)  # as a child's own thread has it
    os.write(writer, answer().encode())
    os._exit(0)
assert os.read(reader, 64).decode() == here
assert os.waitpid(child, 0)[1] == 0
assert answer() == here
print("the same")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
def test_kernels_run_in_a_forked_child(root):
    assert output_of(FORKED, root, NUMBA_NUM_THREADS="2") == "the same\n"


UNCOMPILED = """
import numpy as np
from halflight.nn import Input, Sequential, layers

model = Sequential([Input((3,)), layers.Dense(1)], seed=2)
print(model.predict(np.ones((2, 3), np.float32)).tobytes().hex())
"""


def test_numbas_switch_for_debugging_leaves_the_kernels_compiled(root):
    said = {output_of(UNCOMPILED, root, NUMBA_DISABLE_JIT=switch) for switch in "01"}
    assert len(said) == 1

"""Memory that was freed is the system's again, not only the heap's."""

import subprocess
import sys

import pytest

from halflight.images import heap

# Arrays too small to be taken from the system one by one, beneath one that stays.
PROGRAM = """
import resource
import numpy as np
from halflight.images.heap import give_back

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

before = held()
arrays = [np.ones(12_000) for _ in range(500)]
kept, arrays = arrays[-1], None
freed = held()
give_back()
print(before, freed, held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="read from Linux's /proc")
def test_what_was_freed_is_given_back():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    before, freed, after = map(int, done.stdout.split())
    assert freed - before > 30e6
    assert after - before < 10e6


def test_a_c_library_without_it_is_left_alone(monkeypatch):
    heap._trim.cache_clear()
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: object())
    heap.give_back()
    heap._trim.cache_clear()

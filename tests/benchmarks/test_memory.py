"""What a process and those that it started hold is counted as one."""

import os
import subprocess
import sys
import time

import pytest

from tests.benchmarks.memory import PAUSE, Most, watched

MIB = 64
HOLDS = f"held = b'x' * ({MIB} << 20); print(flush=True); input()"
STARTS = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {HOLDS!r}])
child.wait()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from Linux's /proc")


def test_what_a_process_started_counts_with_it():
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        most = Most()
        most.look(process.pid)
        process.communicate(b"\n")
    assert MIB < most.largest < 2 * MIB
    assert most.first < MIB
    assert most.largest < most.whole < 2 * MIB
    assert MIB < most.anonymous < most.whole


def test_one_that_has_ended_holds_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    most = Most()
    most.look(process.pid)
    assert most == Most()


def test_it_is_looked_at_until_the_block_ends():
    with watched(os.getpid()) as most:
        time.sleep(2 * PAUSE)
    assert most.first == most.whole > 0

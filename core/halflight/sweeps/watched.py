"""Watched: run a command that ends with the process that started it, and write what it cost.

A script by itself (it imports nothing of ours and is started by its path), at the head of a process
group of its own: `watched.py LOCK COST MEMORY COMMAND...`. LOCK is held as long as the command or
any child that inherits it lives, and holds the group's number; COST is a JSON file; MEMORY is the
most bytes a process may have, 0 for no limit.
"""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

POLL = 0.2  # seconds between two looks at the process that started this one
GRACE = 10.0  # seconds to end cleanly once told to; files are whole or absent, so abruptly is safe
BUSY = 75  # exit code: the lock is held (EX_TEMPFAIL)
SIGNALLED = 128  # added to the number of the signal that ended the command, as shells do
KIB = 1 if sys.platform == "darwin" else 1024  # of a unit of ru_maxrss


def main(lock: str, cost: str, memory: str, *command: str) -> int:
    """Run the command in this process group; returns its exit code."""
    starter = os.getppid()
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return BUSY
    os.ftruncate(held, 0)
    os.write(held, str(os.getpgrp()).encode())
    if limit := int(memory):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    told: list[float] = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(time.monotonic()))
    begun = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[held]) as process:
        while process.poll() is None:
            if os.getppid() != starter and not told:
                os.killpg(0, signal.SIGTERM)  # this process too, which takes note
            if told and time.monotonic() - told[0] > GRACE:
                os.killpg(0, signal.SIGKILL)
            time.sleep(POLL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    measured = {
        "seconds": time.monotonic() - begun,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_memory": used.ru_maxrss * KIB,
    }
    Path(cost).write_text(json.dumps(measured), encoding="utf-8")
    code = process.returncode
    return SIGNALLED - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

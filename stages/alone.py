"""A stage is alone at its outputs, and stops cleanly when it is told to or nobody waits for it."""

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from halflight.paths import RUNNING
from stages import PARENT

# Seconds for the stage that a killed DVC left behind to notice and stop (see `stoppable`).
WAIT = 20.0
POLL = 0.2  # seconds between two looks
# Seconds to stop cleanly once DVC has gone; files are whole or absent, so an abrupt end is safe.
GRACE = 10.0


class BusyError(RuntimeError):
    """Another process is at the same stage; the message says which."""


@contextmanager
def alone(stage: str, words: Sequence[str]) -> Iterator[None]:
    """Hold the lock of a stage of these words in this checkout; a killed holder's lock is free.

    Raises BusyError, naming the process that holds it, where it is not free in time, and OSError
    where the folder cannot be written or has no locks.
    """
    path = RUNNING / "-".join([stage, *(quote(word, safe="") for word in words)])
    end, said = time.monotonic() + WAIT, False
    while (descriptor := _locked(path)) is None:
        holder = _holder(path)
        if not said:
            print(
                f"{stage}: {holder} is at this stage already; waiting up to {WAIT:.0f} s for it "
                "to end",
                file=sys.stderr,
                flush=True,
            )
            said = True
        if time.monotonic() > end:
            raise BusyError(
                f"{holder} is at this stage already: wait until it ends, or end it with "
                f"`kill {holder.split()[-1]}`, and run again"
            )
        time.sleep(POLL)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path) -> int | None:
    """The descriptor that holds the lock, or None where another process does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is(path, descriptor):  # its last holder has just removed it
                raise BlockingIOError
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        except BaseException:
            os.close(descriptor)
            raise
    except BlockingIOError:
        return None
    except OSError as error:
        raise OSError(
            error.errno,
            f"{path.absolute()} cannot be locked ({error.strerror}): make room, allow writing in "
            "its folder, or work on a disk that has locks (some network folders have none)",
        ) from error
    return descriptor


def _is(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        return f"process {int(path.read_text())}"
    except (OSError, ValueError):  # between taking the lock and writing who did, or removed
        return "another process"


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM, and the end of the DVC that runs this stage, stop it as Ctrl-C does.

    A stage whose DVC was killed would work for nothing: nobody records what it writes, and the next
    `dvc repro` removes it. Only Ctrl-C can be ignored, as programs in the background do.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    done = threading.Event()
    if "DVC_STAGE" in os.environ:
        threading.Thread(target=_end_with, args=(PARENT, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _end_with(parent: int, done: threading.Event) -> None:
    while os.getppid() == parent:
        if done.wait(POLL):
            return
    print("\nthe dvc that ran this stage has ended", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    if not done.wait(GRACE):
        os._exit(1)

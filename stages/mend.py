"""Mend: put right the two files that DVC leaves half written when it is killed while it writes."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from halflight.params.plain import plain_values
from stages import ROOT

LOCK = Path("dvc.lock")
RWLOCK = Path(".dvc/tmp/rwlock")
# Seconds in which a DVC that is alive has finished writing either.
WAIT = 2.0


def main() -> None:
    """Take dvc.lock back from git's index, and remove a lock file of DVC's, where they are broken.

    What git's copy does not name, DVC finds in its run cache or runs again.
    """
    if _broken(ROOT / LOCK, _reads_as_lock):
        kept = subprocess.run(
            ["git", "show", f":{LOCK}"], cwd=ROOT, capture_output=True, check=False
        )
        if kept.returncode == 0:
            (ROOT / LOCK).write_bytes(kept.stdout)
        else:
            (ROOT / LOCK).unlink()
        print(f"{LOCK} was half written by a DVC that was killed: git's copy is back")
    if _broken(ROOT / RWLOCK, json.loads):
        (ROOT / RWLOCK).unlink()
        print(f"{RWLOCK} was half written by a DVC that was killed: removed")


def _reads_as_lock(text: bytes) -> None:
    values = plain_values(text)
    stages = values.get("stages") if isinstance(values, dict) else None
    entries = stages.values() if isinstance(stages, dict) else [None]
    if not (text.endswith(b"\n") and all(isinstance(e, dict) and "cmd" in e for e in entries)):
        raise ValueError("cut short")


def _broken(path: Path, read: Callable[[bytes], object]) -> bool:
    """Whether a file is there and stays unreadable."""
    for pause in (WAIT, 0.0):
        try:
            read(path.read_bytes())
            return False
        except FileNotFoundError:
            return False
        except ValueError:
            time.sleep(pause)
    return True


if __name__ == "__main__":
    main()

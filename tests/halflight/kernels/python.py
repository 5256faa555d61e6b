"""Python code in a process of its own, where the environment differs."""

import os
import subprocess
import sys
from pathlib import Path


def run_python(script: str, root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished process of `script`, run from the repository's root."""
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=1400,
        check=False,
    )


def output_of(script: str, root: Path, **environment: str) -> str:
    """What `script` prints; it must succeed."""
    run = run_python(script, root, **environment)
    assert run.returncode == 0, run.stderr
    return run.stdout

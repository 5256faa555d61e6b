"""Run Python on the pretended driver: `python -m tests.halflight.kernels.driver -m a.module ...`.

The arguments are those of Python. PRETENDED_MEMORY and PRETENDED_CONTENT are the driver's settings.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.halflight.kernels import driver

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        driver.build(Path(folder))
        command = [sys.executable, *sys.argv[1:]]
        done = subprocess.run(command, env=driver.environment(Path(folder)), check=False)
    raise SystemExit(done.returncode)

"""A driver of CUDA that pretends to be a GPU: it accepts every call and computes nothing.

The cuda back end runs on it as on a GPU: compilation, arrays, copies, launches. Memory is the
host's, so copies are real; a copy or an array of a launch that is not wholly in allocated memory is
refused. Programs that use it are processes of their own, with `environment()`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def compiler() -> str | None:
    """The C compiler that builds the driver, if there is one, and this is Linux."""
    return (shutil.which("cc") or shutil.which("gcc")) if sys.platform == "linux" else None


def build(folder: Path) -> None:
    """Compile the driver into `folder`."""
    options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread"]
    files = [str(file) for file in sorted(FOLDER.glob("*.c"))]
    command = [str(compiler()), *options, "-o", str(folder / "libcuda.so.1"), *files, "-ldl"]
    subprocess.run(command, check=True)


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """The environment of a process that finds the driver in `folder`.

    `settings` are the driver's: memory="1000000" sets PRETENDED_MEMORY, its size in bytes (8 GiB if
    not given), and content="0" PRETENDED_CONTENT, the number that fresh memory is full of.
    """
    known = {k: v for k, v in os.environ.items() if k != "NUMBA_ENABLE_CUDASIM"}
    paths = [str(folder), *filter(None, [known.get("LD_LIBRARY_PATH")])]
    return {
        **known,
        "LD_LIBRARY_PATH": os.pathsep.join(paths),
        **{f"PRETENDED_{name.upper()}": str(value) for name, value in settings.items()},
    }

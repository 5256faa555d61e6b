"""What a run is made with beside its inputs: the commit, the machine, parameters that were changed.

None of it may be in an output of a stage: it differs where the results do not.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from halflight import __version__
from halflight.params.plain import plain_values
from halflight.paths import PARAMS, PIPELINE

CODE = ("core", "stages", PARAMS.as_posix(), PIPELINE.as_posix())
"""What decides a result, of all that git tracks; outputs of stages are tracked, too."""
SHORT = 10  # digits of a commit: unique in any repository of a project
GIT_SECONDS = 20.0  # for one question, on a slow network disk


class NoGitError(RuntimeError):
    """Git is not there, or this is no repository of it; the message says which."""


def git(*words: str) -> str:
    """What git answers in the current folder.

    Raises NoGitError with the reason where it gives no answer.
    """
    try:
        done = subprocess.run(
            ("git", *words),
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
            timeout=GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise NoGitError("git is not installed") from error
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["it gave no reason"])[0]
        raise NoGitError(f"git gave no answer: {reason}") from error
    except subprocess.TimeoutExpired as error:
        raise NoGitError(f"git gave no answer in {GIT_SECONDS:.0f} s") from error
    return done.stdout


def commit() -> str:
    """The commit that is checked out, short, with "+" where its code or parameters were edited.

    Raises NoGitError where there is none.
    """
    name = git("rev-parse", "HEAD").strip()[:SHORT]
    edited = git("status", "--porcelain", "--untracked-files=no", "--", *CODE).strip()
    return f"{name}+" if edited else name


def machine() -> dict[str, str]:
    """The machine and the programs, by what they are called."""
    return {
        "halflight": __version__,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "processors used": str(processors()),
    }


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def processor() -> str:
    """The processor's own name, where the system tells it, else its architecture."""
    about = Path("/proc/cpuinfo")
    if about.is_file():
        for line in about.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def changed_parameters(absent: Any) -> list[tuple[str, Any, Any]]:
    """The parameters that are not the committed ones: (name, committed, here), in their order.

    absent: stands for a parameter that one side does not have. Raises NoGitError where there is no
    committed params.yaml, and ValueError where one of the two cannot be read.
    """
    committed = flat(plain_values(git("show", f"HEAD:./{PARAMS.as_posix()}").encode()))
    here = flat(plain_values(PARAMS.read_bytes()))
    return [
        (name, committed.get(name, absent), here.get(name, absent))
        for name in dict.fromkeys([*committed, *here])
        if committed.get(name, absent) != here.get(name, absent)
    ]


def flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, with dotted names."""
    if not isinstance(tree, dict) or not tree:
        return {prefix: tree}
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= flat(value, f"{prefix}.{name}" if prefix else str(name))
    return found

"""The stages of the pipeline, one thin script each, and how every one of them starts and ends."""

import inspect
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A queued experiment runs a copy of the repository, and must import that copy's halflight.
sys.path.insert(0, str(ROOT / "core"))

# Set before NumPy loads: BLAS threads would fight the kernels' own, and the order of their sums,
# and so the last bit of a result, would depend on the number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

# NumPy and OpenBLAS have several versions of their functions, whose last bits differ, and choose by
# the processor: here always those of x86-64-v3, which every later one runs, Intel's and AMD's.
_ONE_PROCESSOR = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
}


def _use_one_processor() -> None:
    """Unless HALFLIGHT_CPU is "native": then everything is the host's own."""
    about = Path("/proc/cpuinfo")
    has_it = about.is_file() and " avx2 " in about.read_text(encoding="utf-8")
    if has_it and os.environ.get("HALFLIGHT_CPU") != "native":
        os.environ.update(_ONE_PROCESSOR)


_use_one_processor()

INTERRUPTED = 130
PARENT = os.getppid()  # before imports, which take seconds in which it may end


def source_files() -> dict[str, bytes]:
    """Every file of the project's code, by its name from the repository's root."""
    found: dict[str, bytes] = {}
    for room in ("core/halflight", "stages"):
        for folder, folders, names in os.walk(ROOT / room):  # a fifth of the time of Path.rglob
            folders[:] = [name for name in folders if name != "__pycache__"]
            within = folder.removeprefix(f"{ROOT}{os.sep}")
            found |= {f"{within}/{name}": Path(f"{folder}/{name}").read_bytes() for name in names}
    return found


# Read before any of it is imported: what runs, whatever is edited meanwhile.
SOURCES = source_files()


# Set by whoever starts the processes of MPI: Open MPI; MPICH and Intel MPI; Slurm by PMIx.
_RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")
# Seconds before a process of MPI tells an error that all of them met: the first ends them sooner.
_LEAD = 3.0


def rank() -> int | None:
    """Which of the processes of `mpirun` this is, from 0; None where it is of none."""
    return next((int(os.environ[name]) for name in _RANKS if name in os.environ), None)


def run(stage: Callable[..., None], *expected: type[Exception], together: bool = False) -> None:
    """Run a stage with the command line's words (its task, its dataset) as arguments.

    It is alone: a second process at the same stage waits a little, then gives up. It refuses to
    finish where its parameters, code or data changed meanwhile. It ends with one clear line, and a
    telling exit code, on an expected error: 0 done, 1 an error, 2 wrong arguments, 130 stopped, by
    Ctrl-C (DVC leaves it to the stage), SIGTERM or the end of the DVC that runs it. Errors that are
    not `expected`, and so are defects of halflight, keep their traceback; with
    HALFLIGHT_TRACEBACK=1 every error does. Where the processes of `mpirun` can do it `together`,
    the first holds the lock, writes and tells, and the others help it; one that fails ends all.
    """
    try:
        _run(stage, *expected, together=together)
    except BaseException as error:
        code = error.code if isinstance(error, SystemExit) else 1
        if rank() is None or code in (None, 0):
            raise
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(int(str(code)))  # an orderly end waits for the others, who wait for this one


def _run(stage: Callable[..., None], *expected: type[Exception], together: bool) -> None:
    from halflight.params import ParamsError
    from halflight.text import error_line, guarded_terminal, shown
    from stages.alone import BusyError, alone, stoppable
    from stages.ran import timed
    from stages.record import ChangedError, unchanged

    # A full disk and short memory can meet every stage.
    failures: tuple[type[Exception], ...] = (
        ParamsError,
        BusyError,
        ChangedError,
        OSError,
        MemoryError,
        *expected,
    )
    name, words = Path(sys.argv[0]).stem, _asked_of_cluster(sys.argv[1:])
    wanted = list(inspect.signature(stage).parameters)
    if len(words) != len(wanted):
        usage = " ".join([f"python -m stages.{name}", *(word.upper() for word in wanted)])
        print(f"{name}: received {shown(words)}: usage: {usage}", file=sys.stderr)
        sys.exit(2)
    items = dict(zip(wanted, words, strict=True))
    helps = together and bool(rank())
    try:
        with ExitStack() as stack:
            stack.enter_context(guarded_terminal())
            stack.enter_context(stoppable())
            if helps:
                silence = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
                stack.enter_context(redirect_stdout(silence))
                stack.enter_context(redirect_stderr(silence))
                os.environ.pop("HALFLIGHT_LIVE", None)
            else:
                for context in (alone(name, words), timed(name, items), unchanged(name, items)):
                    stack.enter_context(context)
            stage(*words)
    except KeyboardInterrupt:
        if not helps:
            again = "`dvc repro`" if rank() is None else "the same command"
            print(f"\n{name}: stopped; {again} goes on from here", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except failures as error:
        if helps:
            time.sleep(_LEAD)
        if os.environ.get("HALFLIGHT_TRACEBACK") == "1":
            raise
        print(f"\n{name}: {error_line(_explained(error))}", file=sys.stderr)
        sys.exit(1)


def _asked_of_cluster(words: list[str]) -> list[str]:
    """The words without `--cluster ADDRESS`, by which workers of a Dask scheduler do the work."""
    if "--cluster" not in words[:-1]:
        return words
    at = words.index("--cluster")
    os.environ["HALFLIGHT_CLUSTER"] = words[at + 1]
    return words[:at] + words[at + 2 :]


def _explained(error: Exception) -> Exception:
    """The error, with what to do where memory was short."""
    if not isinstance(error, MemoryError):
        return error
    return MemoryError(
        f"memory is short ({str(error) or 'no more could be had'}); what was there before is "
        "unchanged: close other programs, or use fewer processes (HALFLIGHT_PROCESSES) or smaller "
        "batches (batch_size), and run again"
    )


def processes() -> int:
    """Worker processes of a stage: HALFLIGHT_PROCESSES, or every core this process may use.

    Not a parameter: the number changes no byte of any output, so it must not be in dvc.lock.

    Raises:
        ValueError: HALFLIGHT_PROCESSES is no number above 0.
    """
    # As halflight.workers.cores, which would be a dependency of every stage.
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    chosen = os.environ.get("HALFLIGHT_PROCESSES", str(cores))
    if not (chosen.isdecimal() and int(chosen) > 0):
        raise ValueError(f"HALFLIGHT_PROCESSES must be a number above 0, received {chosen!r:.40}")
    return int(chosen)


def project_path(path: Path) -> Path:
    """A path relative to the main checkout, also for a queued experiment in its temporary copy."""
    return Path(os.environ.get("DVC_ROOT", ".")) / path

"""Processes of the benchmarks: their threads, allocator and instruction set, and their answers."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# glibc gives freed memory back to the system by default, and faults it in again at every step.
ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "20000000000",
    "MALLOC_TOP_PAD_": "200000000",
}
# What restricts a side to the instructions of a processor without AVX-512.
INSTRUCTIONS: Mapping[str, Mapping[str, str]] = {
    "native": {},
    "avx2": {
        "HALFLIGHT_CPU": "x86-64-v3",
        "ATEN_CPU_CAPABILITY": "avx2",
        "DNNL_MAX_CPU_ISA": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
}


def environment(
    threads: int, instructions: str = "native", side: str = "halflight"
) -> dict[str, str]:
    """The environment of a process with so many threads, on one side of a comparison."""
    return (
        os.environ
        | {
            "NUMBA_NUM_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": "1",
        }
        | INSTRUCTIONS[instructions]
        | (ALLOCATOR if side == "torch" else {})
    )


def start(module: str, *arguments: object, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start tests.benchmarks.`module`, with pipes to its input and from its output."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def measured(module: str, *arguments: object, env: Mapping[str, str]) -> Any:
    """What tests.benchmarks.`module` prints as its last line, in JSON.

    Raises SystemExit if the process fails.
    """
    process = start(module, *arguments, env=env)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"benchmark: {module} {arguments} ended with {process.returncode}")
    return json.loads(output.splitlines()[-1])


def empty_cache() -> "tempfile.TemporaryDirectory[str]":
    """A temporary folder for NUMBA_CACHE_DIR: what runs with it compiles everything anew."""
    return tempfile.TemporaryDirectory(prefix="halflight-benchmark-")


def threads_available() -> int:
    """How many threads this process may run at once."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1

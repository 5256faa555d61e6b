"""Whether the kernels agree with the reference on this GPU, and how long they take to compile."""

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from halflight import kernels
from halflight.kernels.cuda.machine import gpu
from tests.benchmarks import gpu_large
from tests.benchmarks.gpu_part import GPU_LOST
from tests.benchmarks.gpu_sections import Record, Section, Setting, WrongError
from tests.benchmarks.page import table
from tests.halflight.kernels.cases import HOMES, all_cases
from tests.halflight.kernels.cases.case import Case, assert_close

TINY = "a few small calls"
LINES = 3  # of each failure, on the page
SHOWN = 40  # failures on the page


class Call(NamedTuple):
    """A case, and what checks the outputs that a back end gave for it."""

    case: Case
    check: Callable[[kernels.Backend, kernels.Backend, dict[str, np.ndarray]], None]


def parts(setting: Setting) -> list[str]:
    """The modules of kernels, then the large calls."""
    return ["bias", TINY] if setting.tiny else [*dict.fromkeys(HOMES.values()), *gpu_large.PARTS]


def calls_of(part: str, setting: Setting) -> list[Call]:
    """The calls of a part, always the same ones."""
    if part in HOMES.values():
        cases = [case for case in all_cases() if HOMES[case.kernel] == part]
        cases = cases[:2] if setting.tiny else cases
        return [Call(case, plain(case)) for case in cases]
    rng = np.random.Generator(np.random.Philox(key=[2, len(part)]))
    found = gpu_large.tiny(rng) if part == TINY else gpu_large.PARTS[part](rng)
    return [Call(large.case, large.check) for large in found]


def plain(case: Case) -> Callable[[kernels.Backend, kernels.Backend, dict[str, Any]], None]:
    """A check of a case's whole outputs."""
    return lambda backend, reference, found: assert_close(case, backend, reference, found)


def measure(setting: Setting, part: str) -> Iterator[Record]:
    """Run every call of a part twice: the first time compiles, and both must give the same bytes.

    After an error of the GPU itself nothing more can be done in a process: another goes on.
    """
    backend, reference = kernels.load(setting.backend), kernels.load("reference")
    calls = calls_of(part, setting)
    failed = 0
    for number, call in enumerate(calls):
        if number < setting.skip:
            continue
        if setting.left() < 0.0:
            yield {"cut": f"{len(calls) - number} of {len(calls)} calls"}
            break
        yield {"begin": number, "of": len(calls), "kernel": call.case.kernel}
        try:
            yield {"done": number, **run(call, backend, reference)}
        except Exception as error:  # noqa: BLE001 (the next call is tried)
            failed += 1
            yield {"done": number, "error": described(call.case, error)}
            if not usable():
                sys.exit(GPU_LOST)
    print(f"parity of {part}: {failed} of {len(calls) - setting.skip} calls fail", flush=True)
    if failed:
        raise WrongError(f"{failed} of {len(calls)} calls disagree or fail")


def run(call: Call, backend: kernels.Backend, reference: kernels.Backend) -> dict[str, float]:
    """Seconds of the first and the second run; raises AssertionError if either is wrong."""
    start = time.perf_counter()
    first = call.case.run(backend)
    between = time.perf_counter()
    second = call.case.run(backend)
    end = time.perf_counter()
    call.check(backend, reference, first)
    for name, values in first.items():
        same = values.tobytes() == second[name].tobytes()
        assert same, f"{call.case.kernel}: {name} has other bytes in a second run"
    return {"first": between - start, "again": end - between}


def described(case: Case, error: Exception) -> str:
    """An error with the shapes of the call, and where it came from unless it is a disagreement."""
    shapes = ", ".join(
        f"{name} {'x'.join(map(str, value.shape)) if isinstance(value, np.ndarray) else value}"
        for name, value in case.arguments.items()
    )
    if isinstance(error, AssertionError):
        text = str(error).strip()
    else:
        text = "".join(traceback.format_exception(error)[-3:]).strip()
        text = "\n".join(reversed(text.splitlines()[-LINES:]))
    print(f"{case.kernel} ({shapes}): {text}", flush=True)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{case.kernel} ({shapes}): " + " / ".join(lines[:LINES])[:600]


def usable() -> bool:
    """Whether the GPU still answers this process."""
    try:
        gpu.synchronize()
    except RuntimeError:
        return False
    return True


def render(found: Mapping[str, list[Record]]) -> list[str]:
    """A table of the parts, and the failures."""
    rows, failures = [], []
    total = bad = 0
    compiling = 0.0
    for part, records in found.items():
        outcomes = [r for r in records if "done" in r]
        died = [r for r in records if "died" in r]
        wrong = [r["error"] for r in outcomes if "error" in r]
        begun = {r["begin"]: r["kernel"] for r in records if "begin" in r}
        known = {r["done"] for r in outcomes}
        wrong += [f"{begun[r['begun']]}: {r['died']}" for r in died if r["begun"] not in known]
        seconds = sum(max(0.0, r["first"] - r["again"]) for r in outcomes if "first" in r)
        calls = next((r["of"] for r in records if "of" in r), 0)
        rows.append([part, calls, len(begun) - len(wrong), len(wrong), f"{seconds:.1f}"])
        failures += [f"- {text}" for text in wrong]
        total, bad, compiling = total + len(begun), bad + len(wrong), compiling + seconds
    hidden = [f"- and {len(failures) - SHOWN} more"] if len(failures) > SHOWN else []
    return [
        f"**{total - bad} of {total} calls agree with the float64 reference**, err by at most 4 "
        "times what rounding to float32 costs, and give the same bytes twice. Large calls are "
        "compared on some of their outputs. Compilation, that is what the first run of each call "
        f"took longer than the second, came to {compiling:.0f} s in all, in processes side by side "
        "that share a cache.",
        table(["part", "calls", "agree", "fail", "compilation, s"], rows),
        *(["\n".join(failures[:SHOWN] + hidden)] if failures else []),
    ]


SECTION = Section("Agreement with the reference", parts, measure, render, True, 12)

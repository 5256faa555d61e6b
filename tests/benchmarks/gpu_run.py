"""Runs the parts of a section of the GPU's benchmark, each in a process of its own, in time."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import gpu_part, gpu_sections
from tests.benchmarks.gpu_sections import Record, Setting
from tests.benchmarks.processes import ROOT

TIME_UP = -1000  # instead of an exit code
LEAST_SECONDS = 4.0  # less is not worth the start of a process
MOST_DEATHS = 6  # of a part, before the rest of it is given up
STEP_SECONDS = 45.0  # a part that can be resumed hangs if a step takes longer


@dataclass
class Found:
    """What became of a part."""

    records: list[Record] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """A line for each thing that went wrong."""
    cut: bool = False
    """Whether the time was up before the part was done."""


Show = Callable[[Mapping[str, Found]], None]


def run(name: str, setting: Setting, folder: Path, *, inside: bool, show: Show) -> dict[str, Found]:
    """Measure all parts of a section; `show` is called with what there is after each of them.

    With `inside` they run one after the other in this process.
    """
    section = gpu_sections.load(name)
    parts, found = section.parts(setting), {}
    at_once = 1 if inside else min(section.at_once, max(1, (os.cpu_count() or 1) - 1), len(parts))
    with ThreadPoolExecutor(at_once) as pool:
        waiting = {}
        for number, part in enumerate(parts):
            rest = -(-(len(parts) - number) // at_once)
            waiting[pool.submit(_part, name, part, setting, folder, inside, rest)] = part
        for future in as_completed(waiting):
            found[waiting[future]] = future.result()
            show({part: found[part] for part in parts if part in found})
    return {part: found[part] for part in parts}


def _part(name: str, part: str, setting: Setting, folder: Path, inside: bool, rest: int) -> Found:
    """Measure one part, in as many processes as it takes; `rest` parts share the time left."""
    section, found = gpu_sections.load(name), Found()
    records = folder / f"{name}.{part.replace(' ', '-')}.jsonl"
    share = setting.left() if section.at_once > 1 else setting.left() / rest
    ends, skip = time.monotonic() + share, setting.skip
    for _ in range(MOST_DEATHS):
        if ends - time.monotonic() < LEAST_SECONDS:
            found.cut = True
            break
        code: int | None
        if inside:
            code = gpu_part.measure(name, part, setting, records)
        else:
            code = _process(name, part, setting, records, ends, skip)
        found.records = gpu_part.read(records)
        if code in (0, 1, TIME_UP):
            found.cut = code == TIME_UP
            break
        died = _reason(code)
        begun = [record["begin"] for record in found.records if "begin" in record]
        if not section.resumable or not begun:
            found.failures.append(f"{part}: {died}")
            break
        skip = begun[-1] + 1
        with records.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"died": died, "begun": begun[-1]}) + "\n")
        found.records = gpu_part.read(records)
    found.failures += _failures(part, found.records)
    found.cut |= any("cut" in record for record in found.records)
    return found


def _process(
    name: str, part: str, setting: Setting, records: Path, ends: float, skip: int
) -> int | None:
    """The exit code of a process that measures a part; None if it hung and was killed."""
    options: dict[str, Any] = {"backend": setting.backend, "tiny": setting.tiny, "skip": skip}
    options |= {"facts": dict(setting.facts), "ends": ends}
    options |= {"records": str(records)}
    section = gpu_sections.load(name)
    threads = {f"{library}_NUM_THREADS": "2" for library in ("OPENBLAS", "MKL", "OMP")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.gpu_part", name, part, json.dumps(options)],
        cwd=ROOT,
        env=os.environ | (threads if section.at_once > 1 else {}),
    ) as process:
        size, moved = -1, time.monotonic()
        while process.poll() is None:
            time.sleep(0.05)
            now = time.monotonic()
            if records.exists() and (new := records.stat().st_size) != size:
                size, moved = new, now
            hangs = section.resumable and now - moved > STEP_SECONDS
            if hangs or now > ends + 2.0:
                process.kill()
                process.wait()
                return None if hangs else TIME_UP
        return process.returncode


def _reason(code: int | None) -> str:
    """Why a process ended."""
    if code is None:
        return f"nothing happened for {STEP_SECONDS:.0f} s"
    if code == gpu_part.GPU_LOST:
        return "the GPU could no longer be used"
    return f"the process ended with {code}"


def _failures(part: str, records: list[Record]) -> list[str]:
    """A line for each failure among the records."""
    found = []
    for record in records:
        if "wrong" in record:
            found.append(f"{part}: {record['wrong']}")
        elif "traceback" in record:
            found.append(f"{part}: {record['traceback'].strip().splitlines()[-1]}")
        elif "died" in record:
            found.append(f"{part}: step {record['begun']}: {record['died']}")
    return found

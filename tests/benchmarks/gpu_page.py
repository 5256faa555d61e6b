"""The page of the GPU's benchmark: the card, the versions, and every section that was measured."""

import datetime
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence

from halflight.kernels.cuda.machine.device import device_name
from halflight.kernels.cuda.machine.simulated import SIMULATED
from tests.benchmarks import gpu_sections
from tests.benchmarks.gpu_run import Found
from tests.benchmarks.page import cpu_name, section, table

PACKAGES = ("numba", "numba-cuda", "cuda-bindings", "numpy", "torch")
QUERY = ("driver_version", "memory.total", "clocks.max.sm", "power.limit")


def versions() -> dict[str, str]:
    """What the numbers depend on, by name."""
    found = {"GPU": device_name(), **card()}
    found |= {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "none"
    return found | {"processor": cpu_name()}


def card() -> dict[str, str]:
    """What the driver's own command tells of the first card."""
    command = ["nvidia-smi", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader"]
    if SIMULATED:
        return {}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return {}
    values = done.stdout.splitlines()[0].split(",") if done.stdout else []
    return dict(zip(QUERY, (value.strip() for value in values), strict=False))


def page(
    results: Mapping[str, Mapping[str, Found]],
    known: Mapping[str, str],
    command: str,
    wanted: Sequence[str],
    seconds: float,
) -> str:
    """Everything that was measured so far."""
    failures = [f for found in results.values() for one in found.values() for f in one.failures]
    missing = [name for name in wanted if name not in results]
    sim = "**In Numba's simulator: no number here means anything.** " if SIMULATED else ""
    parts = [
        "# halflight on a GPU",
        f"{sim}{datetime.date.today()}, written by `{command}` in {seconds:.0f} s. N1 is the "
        "star-galaxy network, N2 the radius network of `tests/benchmarks/networks.py`. All data "
        "are synthetic.",
        table(["what", "version"], list(known.items())),
        f"**{len(failures)} failures**, named below." if failures else "Nothing failed.",
    ]
    if missing:
        parts.append(f"Not measured yet, or the run was ended: {', '.join(missing)}.")
    parts += [one_section(name, found) for name, found in results.items()]
    return "\n\n".join(parts) + "\n"


def one_section(name: str, found: Mapping[str, Found]) -> str:
    """A section with what failed and what was cut."""
    shape = gpu_sections.load(name)
    failures = [f"- {text}" for one in found.values() for text in one.failures]
    cut = [part for part, one in found.items() if one.cut]
    lines = []
    if failures:
        lines.append("\n".join(["**Failed:**", "", *failures]))
    if cut:
        lines.append(f"Cut, because the time was up: {', '.join(cut)}.")
    return section(
        shape.title, *lines, *shape.render({part: one.records for part, one in found.items()})
    )

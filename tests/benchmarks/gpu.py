"""The GPU benchmark: agreement, limits, networks beside PyTorch, kernels; one page of it all.

`python -m tests.benchmarks.gpu` needs an NVIDIA GPU, numba-cuda, and at most eight minutes; where
PyTorch is installed it is compared with. Every part of a section is a process of its own: one that
crashes or hangs takes nothing else with it. The page is written after each of them. The command
ends with 1 if anything failed. `--tiny` measures nothing that means anything, in one process: so
Numba's simulator can run all of it, with NUMBA_ENABLE_CUDASIM=1.
"""

import argparse
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from halflight import kernels
from halflight.files import write_bytes
from halflight.kernels.cuda.machine.device import device_name
from tests.benchmarks import gpu_limits, gpu_run, gpu_sections
from tests.benchmarks.gpu_page import page, versions
from tests.benchmarks.gpu_run import Found
from tests.benchmarks.gpu_sections import PLACES, Setting
from tests.benchmarks.processes import ROOT

PAGE = ROOT / "reports/benchmarks/gpu.md"
BUDGET = 480.0


def names(text: str) -> list[str]:
    """A list such as parity,limits, in the order in which they are measured."""
    found = text.split(",")
    if not set(found) <= set(PLACES):
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {','.join(PLACES)}")
    return [name for name in PLACES if name in found]


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--sections", type=names, default=list(PLACES))
    parser.add_argument("--budget", type=float, default=BUDGET, metavar="SECONDS")
    gpus = [name for name in kernels.BACKENDS if name.startswith("cuda")]
    parser.add_argument("--backend", choices=gpus, default="cuda")
    parser.add_argument("--tiny", action="store_true", help="sizes for Numba's simulator")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, command: str) -> dict[str, dict[str, Found]]:
    """Measure section by section, and write the page after every part."""
    start = time.monotonic()
    results: dict[str, dict[str, Found]] = {}
    known = versions()
    print(", ".join(f"{name} {version}" for name, version in known.items()), flush=True)

    def write() -> None:
        text = page(results, known, command, options.sections, time.monotonic() - start)
        write_bytes(options.page, text.encode())

    with tempfile.TemporaryDirectory(prefix="halflight-benchmark-") as folder:
        for number, name in enumerate(options.sections):
            left = options.budget - (time.monotonic() - start)
            later = sum(PLACES[other][1] for other in options.sections[number:])
            share = left * PLACES[name][1] / later
            print(f"measuring {name}, for {share:.0f} s at most", flush=True)
            facts = gpu_limits.facts_of(records_of(results.get("limits", {})))
            ends = time.monotonic() + share
            setting = Setting(options.backend, options.tiny, ends, facts=facts)

            def show(found: Mapping[str, Found], name: str = name) -> None:
                results[name] = dict(found)
                write()

            begin = time.monotonic()
            inside = bool(options.tiny)
            results[name] = gpu_run.run(name, setting, Path(folder), inside=inside, show=show)
            print(f"{name} took {time.monotonic() - begin:.0f} s", flush=True)
            write()
    return results


def records_of(found: Mapping[str, Found]) -> dict[str, list[gpu_sections.Record]]:
    """The findings of a section's parts."""
    return {part: one.records for part, one in found.items()}


def main() -> None:
    """Measure and write the page; without a GPU, say what is missing."""
    arguments = sys.argv[1:]
    options = options_of(arguments)
    try:
        device_name()
    except RuntimeError as missing:
        sys.exit(f"benchmark: {missing}")
    results = run(options, shlex.join(["python", "-m", "tests.benchmarks.gpu", *arguments]))
    failures = [
        line for found in results.values() for one in found.values() for line in one.failures
    ]
    print(
        "\n".join([f"wrote {options.page}", *(f"FAILED {line}" for line in failures)]), flush=True
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

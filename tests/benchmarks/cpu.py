"""The CPU benchmark beside PyTorch: every measurement, written to reports/benchmarks/cpu.md.

`python -m tests.benchmarks.cpu` needs `pip install torch==2.13.0`, and many minutes on an idle
machine. Each side runs in a process of its own; the two take turns of a few steps, so that a noisy
machine disturbs both alike. PyTorch is given what makes it fast: channels last, fused Adam, and an
allocator that keeps its memory. With `--instructions avx2` both sides are compared once more
without AVX-512. `--sections` measures less; every section but the networks' also runs alone, as
`python -m tests.benchmarks.<section>`.
"""

import argparse
import importlib.util
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from halflight.files import write_bytes
from tests.benchmarks import busy, determinism, machine, ratios
from tests.benchmarks.kernels import kernels_section
from tests.benchmarks.networks import SHAPES
from tests.benchmarks.page import setting
from tests.benchmarks.precision import precision_section
from tests.benchmarks.processes import INSTRUCTIONS, ROOT, environment, measured
from tests.benchmarks.startup import startup_section

PAGE = ROOT / "reports/benchmarks/cpu.md"
SECTIONS = ("networks", "busy", "machine", "kernels", "startup", "precision", "determinism")


def names(allowed: Sequence[str]) -> object:
    """A reader of lists such as N1,N2."""

    def read(text: str) -> list[str]:
        found = text.split(",")
        if not set(found) <= set(allowed):
            raise argparse.ArgumentTypeError(f"{text!r}: choose from {','.join(allowed)}")
        return found

    return read


def numbers(text: str) -> list[int]:
    """A list such as 32,128."""
    found = [int(part) for part in text.split(",")]
    if min(found) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers must be positive")
    return found


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=names(list(SHAPES)), default=list(SHAPES))
    parser.add_argument("--batches", type=numbers, default=[32, 128, 256])
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--turns", type=int, default=6, help="of each side, in every row")
    parser.add_argument("--instructions", choices=list(INSTRUCTIONS), default="native")
    parser.add_argument("--sections", type=names(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser.parse_args(arguments)


def sections(options: argparse.Namespace) -> list[str]:
    """Measure what is asked for, and write it down."""
    wanted, restricted = options.sections, options.instructions
    most = max(options.threads)
    written = []
    if "networks" in wanted:
        rows = ratios.cases(options.networks, options.batches, options.threads)
        native = ratios.measure(rows, options.turns)
        written.append(ratios.networks_section(native, options.turns))
        if restricted != "native":
            found = ratios.measure(rows, options.turns, restricted)
            written.append(ratios.instructions_section(restricted, found, native))
    if "busy" in wanted:
        say("training beside other work")
        written.append(busy.busy_section(busy.measure(most, options.turns), most))
    if {"machine", "kernels"} & set(wanted):
        say("the machine's limits")
        limits = {
            name: machine.limits(most, name) for name in dict.fromkeys(["native", restricted])
        }
        written.append(machine.machine_section(limits))
    if "kernels" in wanted:
        written.append(kernels_section(options.networks, most, limits["native"]))
    if "startup" in wanted:
        say("the first step of a process")
        written.append(startup_section(most))
    if "precision" in wanted:
        say("rounding errors")
        lines = measured("precision", "--json", env=environment(most))
        written.append(precision_section(*lines))
    if "determinism" in wanted:
        say("the same bits")
        written.append(determinism.determinism_section(determinism.measure()))
    return written


def say(what: str) -> None:
    """Announce what is measured next."""
    print(f"measuring {what}", flush=True)


def main() -> None:
    """Measure and write the page; without PyTorch, say how to get it."""
    options = options_of(sys.argv[1:])
    if importlib.util.find_spec("torch") is None:
        sys.exit("benchmark: needs PyTorch to compare with: pip install torch==2.13.0")
    command = shlex.join(["python", "-m", "tests.benchmarks.cpu", *sys.argv[1:]])
    head = (
        "# halflight beside PyTorch on a CPU",
        f"{setting()} Written by `{command}`. N1 is the star-galaxy network, N2 the radius network "
        "of `tests/benchmarks/networks.py`.",
    )
    text = "\n\n".join([*head, *sections(options)]) + "\n"
    write_bytes(options.page, text.encode())
    print(f"wrote {options.page}")


if __name__ == "__main__":
    main()

"""Rounding errors beside PyTorch's: float32 against float64 on the same weights and data.

`python -m tests.benchmarks.precision` compares the back ends cpu and cpu_precise and PyTorch in
float32 with PyTorch in float64, for every convolution of the two networks and for the networks as a
whole; with `--json` it prints the errors only.
"""

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.networks import SHAPES
from tests.benchmarks.page import section, table
from tests.benchmarks.results import (
    BATCH,
    OURS,
    Host,
    convolution_results,
    convolutions,
    network_methods,
)

NETWORKS = ("N1", "N2")
METHODS = (*OURS, "torch")
DRAWS, DRAW_BATCH = 9, 2  # of whole networks


def errors(found: Sequence[Host], exact: Sequence[Host]) -> tuple[float, float]:
    """Root mean square and maximum of the errors, each array's in units of its own rms."""
    scaled = [
        np.abs(array.astype(np.float64) - true).ravel() / np.sqrt(np.mean(true**2))
        for array, true in zip(found, exact, strict=True)
    ]
    every = np.concatenate(scaled)
    return float(np.sqrt(np.mean(every**2))), float(every.max())


def convolution_lines() -> Iterator[list[Any]]:
    """Subject, what, and the errors of every method, for every convolution."""
    for network in NETWORKS:
        for conv in convolutions(network):
            results = convolution_results(conv)
            for what, exact in results["exact"].items():
                found = {name: errors(results[name][what], exact) for name in METHODS}
                yield [f"{network} {conv}", what, found]


def network_lines() -> Iterator[list[Any]]:
    """Network, what, and every method's rms errors, one for each draw of the data."""
    for network in NETWORKS:
        methods = network_methods(network)
        found: dict[str, dict[str, list[float]]] = {}
        for draw in range(DRAWS):
            rng = np.random.Generator(np.random.Philox(key=[3, draw]))
            x, dy = (
                rng.standard_normal((DRAW_BATCH, *shape), np.float32)
                for shape in (SHAPES[network], (2,))
            )
            results = {name: method(x, dy) for name, method in methods.items()}
            for what, exact in results["exact"].items():
                for name in METHODS:
                    rms, _ = errors(results[name][what], exact)
                    found.setdefault(what, {}).setdefault(name, []).append(rms)
        yield from ([network, what, by_method] for what, by_method in found.items())


def precision_section(convolutions: Sequence[Any], networks: Sequence[Any]) -> str:
    """The two tables of errors and their ratios to PyTorch's."""
    return section(
        "Rounding errors",
        "Errors of float32 against PyTorch in float64 on the same data and weights, in units of "
        "the exact result's root mean square; a ratio above 1 means that halflight's error is "
        "larger than PyTorch's. `cpu` uses Winograd's algorithm for most 3 x 3 convolutions, "
        "`cpu_precise` sums directly.",
        f"Single convolutions, batch {BATCH}: root mean square and, in brackets, the largest.",
        table(
            ["of", "what", "PyTorch", *(h for name in OURS for h in (f"`{name}`", "ratio"))],
            (convolution_row(*line) for line in convolutions),
        ),
        f"Whole networks in training mode, batch {DRAW_BATCH}: the median root mean square over "
        f"{DRAWS} draws of the data and, in brackets, the worst draw. There a rectifier or a "
        "maximum that is all but undecided falls to the other side by rounding alone, and its "
        "gradient goes elsewhere; that is rare, and the more so the smaller the errors are.",
        table(
            ["network", "what", "PyTorch", *(h for name in OURS for h in (f"`{name}`", "ratio"))],
            (network_row(*line) for line in networks),
        ),
    )


def convolution_row(subject: str, what: str, found: dict[str, tuple[float, float]]) -> list[str]:
    """Errors as rms (max), and the ratios of both."""
    return [subject, what, *cells(found)]


def network_row(subject: str, what: str, found: dict[str, list[float]]) -> list[str]:
    """Errors as median (worst) of the draws, and the ratios of both."""
    return [subject, what, *cells({n: (statistics.median(v), max(v)) for n, v in found.items()})]


def cells(found: dict[str, tuple[float, float]]) -> list[str]:
    """Two errors of each method, and their ratios to PyTorch's."""
    theirs = found["torch"]
    row = ["{:.1e} ({:.1e})".format(*theirs)]
    for name in OURS:
        ours = found[name]
        row += ["{:.1e} ({:.1e})".format(*ours)]
        row += ["{:.2f} ({:.2f})".format(*(a / b for a, b in zip(ours, theirs, strict=True)))]
    return row


def main() -> None:
    """Print the table, or the errors only."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lines = [list(convolution_lines()), list(network_lines())]
    print(json.dumps(lines) if options.json else precision_section(*lines))


if __name__ == "__main__":
    main()

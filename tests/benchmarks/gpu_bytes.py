"""Whether two trainings from the same seed give the same weights on the GPU, byte for byte."""

from collections.abc import Iterator, Mapping

from tests.benchmarks.determinism import digest
from tests.benchmarks.gpu_limits import gpu_backends
from tests.benchmarks.gpu_sections import Record, Section, Setting, WrongError
from tests.benchmarks.page import table

NETWORKS = {"small": (3, 20), "N2": (512, 20)}  # batch and steps
RUNS = 2


def parts(setting: Setting) -> list[str]:
    """Each network on each back end."""
    names = ["tiny"] if setting.tiny else list(NETWORKS)
    return [f"{network} {backend}" for network in names for backend in gpu_backends(setting)]


def measure(setting: Setting, part: str) -> Iterator[Record]:
    """The SHA-256 of all weights after each training."""
    network, backend = part.split()
    batch, steps = (2, 1) if setting.tiny else NETWORKS[network]
    found = []
    for number in range(RUNS):
        found.append(digest(network, batch, steps, backend))
        print(f"  {part}, run {number + 1}: {found[-1]}", flush=True)
        yield {"run": number + 1, "batch": batch, "steps": steps, "digest": found[-1]}
    if len(set(found)) > 1:
        raise WrongError("two trainings from the same seed gave different weights")


def render(results: Mapping[str, list[Record]]) -> list[str]:
    """The table of digests, and whether they agree."""
    runs = {part: [r for r in records if "digest" in r] for part, records in results.items()}
    bad = [part for part, found in runs.items() if len({r["digest"] for r in found}) > 1]
    return [
        "SHA-256 of all weights after trainings from the same seed. "
        + (f"**They differ for {', '.join(bad)}.**" if bad else "They agree."),
        table(
            ["network", "batch", "steps", "run", "SHA-256"],
            [
                [part, r["batch"], r["steps"], r["run"], f"`{r['digest']}`"]
                for part, found in runs.items()
                for r in found
            ],
        ),
    ]


SECTION = Section("The same bytes", parts, measure, render)

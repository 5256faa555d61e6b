"""Every kernel on awkward shapes, one file for each module of kernels."""

import importlib

import numpy as np

from halflight.kernels import definitions
from tests.halflight.kernels.cases.case import Case

HOMES = {name: kernel.__module__.rpartition(".")[2] for name, kernel in definitions().items()}
"""The module of every kernel."""


def all_cases(seed: int = 1) -> list[Case]:
    """At least one call of every kernel; each module's arrays follow from (seed, its name)."""
    found: list[Case] = []
    for module in dict.fromkeys(HOMES.values()):
        key = int.from_bytes(module.encode(), "little") % 2**63
        rng = np.random.Generator(np.random.Philox(key=[seed, key]))
        found += importlib.import_module(f"{__name__}.{module}").cases(rng)
    return found

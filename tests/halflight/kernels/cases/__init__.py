"""Every kernel on awkward shapes, one file for each module of kernels."""

import importlib

import numpy as np

from halflight.kernels import MODULES
from tests.halflight.kernels.cases.case import Case


def all_cases(seed: int = 1) -> list[Case]:
    """At least one call of every kernel; each module's arrays follow from (seed, its name)."""
    found: list[Case] = []
    for module in MODULES:
        key = int.from_bytes(module.encode(), "little") % 2**63
        rng = np.random.Generator(np.random.Philox(key=[seed, key]))
        found += importlib.import_module(f"{__name__}.{module}").cases(rng)
    return found

"""Calls of the kernels of gated recurrent units."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing
from tests.halflight.kernels.cases.recurrent import SIZES, activated, matrix


def _gru(rng: np.random.Generator, n: int, t: int, u: int, reverse: bool) -> list[Case]:
    """All four kernels once."""
    states = {"y": nothing(n, t, u)}
    inner = {"inner": nothing(n, t, u)}
    last = {"w": matrix(rng, u, 3 * u), "b": normal(rng, 2, 3 * u), "reverse": reverse}
    gates = {"gates": normal(rng, n, t, 3 * u)}
    before = {name: last[name] for name in ("w", "reverse")}
    seen = {
        "gates": activated(rng, "sst", n, t, u),
        "dw": normal(rng, u, 3 * u),
        "dy": normal(rng, n, t, u),
        "y": activated(rng, "t", n, t, u),
    } | before
    biased = {"db": normal(rng, 2, 3 * u), "inner": normal(rng, n, t, u)}
    return [
        Case("gru_forward", ("y", "inner"), ("gates",), states | inner | gates | last),
        Case("gru_backward", (), ("gates", "dw", "db"), seen | biased),
        Case("gru_reset_before_forward", ("y",), ("gates",), states | gates | before),
        Case("gru_reset_before_backward", (), ("gates", "dw"), seen),
    ]


def _without(case: Case, *names: str) -> Case:
    """The same call with None instead of some arrays."""
    updated = tuple(name for name in case.updated if name not in names)
    return Case(case.kernel, case.assigned, updated, case.arguments | dict.fromkeys(names))


def cases(rng: np.random.Generator) -> list[Case]:
    """Both directions; no bias; frozen weights."""
    found = [case for size in SIZES for way in (False, True) for case in _gru(rng, *size, way)]
    forward, backward, _, backward_before = _gru(rng, 4, 3, 5, False)
    return [
        *found,
        _without(forward, "b"),
        _without(backward, "db"),
        _without(backward, "dw", "db"),
        _without(backward_before, "dw"),
    ]

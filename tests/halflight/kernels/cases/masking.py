"""Calls of the kernels of masked sequences."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """Masks with gaps anywhere, one of nothing among them, and one step."""
    found = []
    for n, t, u in ((1, 1, 1), (4, 6, 17)):
        mask = (rng.random((n, t)) < 0.6).astype(float)
        mask[0] = n == 1
        x, step = normal(rng, n, t, u), normal(rng, n, u)
        values = rng.integers(0, 2, (n, t, 2)).astype(float)
        index = rng.integers(0, 3, (n, t), dtype=np.int32)
        whole, masked = nothing(n, t, u), {"mask": mask}
        found += [
            Case("unequal_any", ("y",), (), {"y": nothing(n, t), "x": values, "value": 1.0}),
            Case("unequal_index", ("y",), (), {"y": nothing(n, t), "index": index, "value": 2}),
            Case("clear_steps", ("y",), (), {"y": whole, "x": x} | masked),
            Case("masked_average_forward", ("y",), (), {"y": nothing(n, u), "x": x} | masked),
            Case("masked_average_backward", ("dx",), (), {"dx": whole, "dy": step} | masked),
        ]
        found.append(
            Case("fill_masked", (), ("y",), {"y": normal(rng, n, u, t), "value": -2.0} | masked)
        )
        for reverse in (False, True):
            order = {"reverse": reverse} | masked
            for name in ("pack_steps", "spread_steps"):
                found.append(Case(name, ("y",), (), {"y": whole, "x": x} | order))
            for name in ("unpack_steps", "gather_steps"):
                found.append(Case(name, ("dx",), (), {"dx": whole, "dy": x} | order))
    return found

"""Calls of penalties and of the limit of a norm."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def cases(rng: np.random.Generator) -> list[Case]:
    """A few values and more than a block; columns within the limit and beyond."""
    found = []
    for shape in ((3, 3, 5, 7), (150, 140)):
        arguments = {"penalty": nothing(1), "dw": None, "w": normal(rng, *shape), "l1": 0.25}
        arguments |= {"l2": 0.125}
        found.append(Case("regularize", ("penalty",), (), arguments))
        arguments |= {"dw": normal(rng, *shape)}
        found.append(Case("regularize", ("penalty",), ("dw",), arguments))
    for rows, columns, limit in ((5, 1, 1.0), (45, 7, 6.5), (33, 140, 5.75)):
        arguments = {"w": normal(rng, rows, columns), "finite": np.ones(1), "limit": limit}
        found.append(Case("max_norm", (), ("w",), arguments))
    for rows, columns, finite in ((5, 1, 1.0), (45, 7, 1.0), (33, 140, 1.0), (4, 3, 0.0)):
        arguments = {"w": normal(rng, rows, columns), "finite": np.full(1, finite)}
        found.append(Case("not_negative", (), ("w",), arguments))
        limits = {"least": 1.5, "most": 5.75, "share": 0.75}
        found.append(Case("min_max_norm", (), ("w",), arguments | limits))
    return found

"""Calls of the products of stacked matrices."""

import numpy as np

from tests.halflight.kernels.cases.case import Case, normal, nothing


def _case(rng: np.random.Generator, n, i, k, o, transpose_a, transpose_b) -> Case:
    a = normal(rng, n, *((k, i) if transpose_a else (i, k)))
    b = normal(rng, n, *((o, k) if transpose_b else (k, o)))
    flags = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    return Case("multiply_matrices", ("y",), (), {"y": nothing(n, i, o), "a": a, "b": b} | flags)


def cases(rng: np.random.Generator) -> list[Case]:
    """Small and large matrices, either factor transposed."""
    sizes = ((1, 1, 1, 1), (5, 3, 7, 2), (3, 37, 5, 19), (2, 66, 65, 67))
    flags = [(a, b) for a in (False, True) for b in (False, True)]
    return [_case(rng, *size, *flag) for size in sizes for flag in flags]

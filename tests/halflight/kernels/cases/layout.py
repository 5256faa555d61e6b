"""Calls of the kernels that move pixels."""

import numpy as np

from tests.halflight.kernels.cases.case import SHAPES, Case, normal, nothing


def _concatenations(rng: np.random.Generator, *shape: int) -> list[Case]:
    return [
        Case(
            "concatenate_forward",
            (),
            ("y",),
            {"y": normal(rng, *shape, 9), "offset": 2, "x": normal(rng, *shape, 4)},
        ),
        Case(
            "concatenate_backward",
            ("dx",),
            (),
            {"dx": nothing(*shape, 4), "dy": normal(rng, *shape, 9), "offset": 5},
        ),
    ]


def _margins(
    rng: np.random.Generator,
    small: tuple[int, ...],
    large: tuple[int, ...],
    corner: tuple[int, int],
) -> list[Case]:
    """Padding `small` to `large`, and cropping it out again."""
    place = {"top": corner[0], "left": corner[1]}
    return [
        Case("pad2d", ("y",), (), {"y": nothing(*large), "x": normal(rng, *small)} | place),
        Case("crop2d", ("y",), (), {"y": nothing(*small), "x": normal(rng, *large)} | place),
    ]


def _permutation(rng: np.random.Generator, shape: tuple[int, ...], axes: tuple[int, ...]) -> Case:
    x = normal(rng, *shape)
    return Case(
        "permute", ("y",), (), {"y": nothing(*x.transpose(axes).shape), "x": x, "axes": axes}
    )


def cases(rng: np.random.Generator) -> list[Case]:
    """Margins on any side or none; every rank of a permutation."""
    found = [case for shape in SHAPES for case in _concatenations(rng, *shape[:-1])]
    found += _margins(rng, (3, 4, 5, 7), (3, 7, 6, 7), (1, 0))
    found += _margins(rng, (1, 1, 2, 1), (1, 4, 9, 1), (3, 7))
    found += _margins(rng, (2, 3, 3, 2), (2, 3, 3, 2), (0, 0))
    found += [
        _permutation(rng, (7,), (0,)),
        _permutation(rng, (5, 3), (1, 0)),
        _permutation(rng, (2, 3, 5), (0, 1, 2)),
        _permutation(rng, (3, 4, 5, 2), (0, 2, 3, 1)),
        _permutation(rng, (2, 3, 1, 4, 2), (4, 0, 3, 1, 2)),
        _permutation(rng, (2, 3, 2, 4, 3, 2), (0, 5, 2, 4, 1, 3)),
    ]
    return found

"""Large and odd calls of kernels, compared with the reference on some of their outputs.

The reference computes in float64 what can be computed alone: some images, some channels, or some
elements; the first and the last are always among them, because edges go wrong first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from halflight.kernels import Backend
from tests.halflight.kernels.cases.case import Case, assert_close, elementwise_case, normal, nothing
from tests.halflight.kernels.cases.conv import conv_cases
from tests.halflight.kernels.cases.crossentropy import one_hot
from tests.halflight.kernels.cases.dense import dense_cases
from tests.halflight.kernels.cases.fused_norm import fused_norm_cases
from tests.halflight.kernels.cases.loss import loss_case
from tests.halflight.kernels.cases.norm import norm_cases
from tests.halflight.kernels.cases.optimizer import optimizers
from tests.halflight.kernels.cases.optimizer_adam import adams
from tests.halflight.kernels.cases.pool import global_pool_cases, pool_cases

Rng: TypeAlias = np.random.Generator
ONE, NONE = (1, 1), (0, 0)


@dataclass(frozen=True)
class Large:
    """A call, and the part of every array that the reference is given."""

    case: Case
    part: Mapping[str, Any] = field(default_factory=dict)
    """Indices by the names of arrays; whatever is not named stays whole."""
    changed: Mapping[str, Any] = field(default_factory=dict)
    """Other arguments of the reference."""

    def check(self, backend: Backend, reference: Backend, received: dict[str, np.ndarray]) -> None:
        """Raise AssertionError if these outputs of the whole call are wrong."""
        known = {n: v[self.part[n]] for n, v in self.case.arguments.items() if n in self.part}
        arguments = self.case.arguments | known | dict(self.changed)
        alone = Case(self.case.kernel, self.case.assigned, self.case.updated, arguments)
        some = {name: value[self.part.get(name, ...)] for name, value in received.items()}
        assert_close(alone, backend, reference, some)


def some(rng: Rng, length: int, count: int) -> np.ndarray:
    """The first and the last index, and up to so many in all."""
    return np.unique([0, length - 1, *rng.integers(length, size=max(0, count - 2))])


def along(case: Case, index: Any) -> Large:
    """The same part of all arrays."""
    names = [n for n, value in case.arguments.items() if isinstance(value, np.ndarray)]
    return Large(case, dict.fromkeys(names, index))


def convolutions(rng: Rng, *shape: Any, **options: Any) -> list[Large]:
    """All passes of a convolution: some images, or some channels of one group."""
    forward, backward, weights = conv_cases(rng, *shape, **options)
    images = some(rng, shape[0], 2)
    groups, (read, written) = options.get("groups", 1), shape[2]
    read, written, group = read // groups, written // groups, groups - 1
    a, b = some(rng, read, 5), some(rng, written, 5)
    out = group * written + b
    part = {"dw": (..., a[:, None], out), "x": (..., group * read + a), "dy": (..., out)}
    part |= {"db": out} if weights.arguments["db"] is not None else {}
    return [
        Large(forward, {"y": images, "x": images}),
        Large(backward, {"dx": images, "dy": images}),
        Large(weights, part, {"groups": 1}),
    ]


def denses(rng: Rng, batch: int, inputs: int, units: int) -> list[Large]:
    """All passes of a dense layer: some rows, or some weights."""
    rows, a, b = some(rng, batch, 40), some(rng, inputs, 40), some(rng, units, 40)
    found = []
    for case in dense_cases(rng, batch, inputs, units):
        if case.kernel.endswith("weights"):
            part = {"dw": np.ix_(a, b), "x": (..., a), "dy": (..., b)}
            part |= {"db": b} if case.arguments["db"] is not None else {}
        else:
            part = {name: rows for name in ("y", "x", "dx", "dy") if name in case.arguments}
        found.append(Large(case, part))
    return found


def pools(rng: Rng) -> list[Large]:
    """Pooling of windows and of whole images: some images."""
    found = pool_cases(rng, 128, (44, 44), 33, (2, 2), (2, 2), NONE, NONE)
    found += pool_cases(rng, 64, (31, 29), 65, (3, 3), (2, 2), ONE, (2, 2))
    found += global_pool_cases(rng, 512, 64, 128) + global_pool_cases(rng, 7, 4099, 33)
    return [along(c, some(rng, len(next(iter(c.arguments.values()))), 3)) for c in found]


def norms(rng: Rng) -> list[Large]:
    """Batch normalisation, fused and not: some channels."""
    found = norm_cases(rng, 64, 31, 29, 65) + norm_cases(rng, 100_003, 7)
    for pool in (False, True):
        found += fused_norm_cases(rng, (96, 44, 44, 33), affine=True, slope=0.01, pool=pool)
    found += fused_norm_cases(rng, (512, 31, 29, 16), affine=True, slope=0.0, pool=True)
    lengths = [next(iter(case.arguments.values())).shape[-1] for case in found]
    return [along(c, (..., some(rng, n, 3))) for c, n in zip(found, lengths, strict=True)]


def losses(rng: Rng) -> list[Large]:
    """Softmax, its cross-entropies and the sums of a bias: everything."""
    found = []
    for rows, classes in ((65_537, 10), (513, 1000)):
        logits, name = 4.0 * normal(rng, rows, classes), "categorical_crossentropy_from_logits"
        numbers = rng.integers(classes, size=(rows, 1)).astype(np.float64)
        found += [
            loss_case(rng, name, logits, one_hot(rng, rows, classes), label_smoothing=0.0),
            loss_case(rng, f"sparse_{name}", logits, numbers, ignore_class=np.nan),
            elementwise_case(rng, (rows, classes), "softmax_forward", "x"),
        ]
    b, dy = normal(rng, 33), normal(rng, 300_007, 33)
    return [Large(c) for c in [*found, Case("bias_backward", (), ("db",), {"db": b, "dy": dy})]]


def elements(rng: Rng, size: int = 10**7 + 1) -> list[Large]:
    """Optimisers' steps on many weights: some of them; and sums over all."""
    found = [along(c, some(rng, size, 100_000)) for c in optimizers(rng, size) + adams(rng, size)]
    x, bad = normal(rng, size), normal(rng, size)
    bad[-1] = np.nan
    wholes = [Case("sum_of_squares", ("out",), (), {"out": nothing(1), "x": x})]
    wholes += [
        Case("keep_finite", (), ("finite",), {"finite": np.ones(1), "x": values})
        for values in (x, bad)
    ]
    return found + [Large(case) for case in wholes]


SAME3, SAME5 = (ONE, ONE, (2, 2)), (ONE, (2, 2), (4, 4))  # strides, padding, zeros added in all
# Batch, image, channels, window, strides, padding, zeros added in all, and options.
CONVOLUTIONS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "5x5, 5 to 32 on 44x44": ((64, (44, 44), (5, 32), (5, 5), ONE, NONE, NONE), {}),
    "3x3, 33 to 65 on 31x29": ((64, (31, 29), (33, 65), (3, 3), *SAME3), {}),
    "3x3, 1 to 16 on 64x64": ((128, (64, 64), (1, 16), (3, 3), *SAME3), {"bias": False}),
    "3x3, 128 to 128 on 10x10": ((256, (10, 10), (128, 128), (3, 3), *SAME3), {}),
    "1x1, 33 to 65 on 44x44": ((33, (44, 44), (33, 65), ONE, ONE, NONE, NONE), {}),
    "3x3, 17 to 48 on 31x29, strides 2": (
        (65, (31, 29), (17, 48), (3, 3), (2, 2), ONE, (2, 2)),
        {},
    ),
    "7x7, 3 to 64 on 64x64, strides 2": (
        (32, (64, 64), (3, 64), (7, 7), (2, 2), (3, 3), (6, 6)),
        {},
    ),
    "3x3, 24 to 40 on 31x29, dilation 2": (
        (64, (31, 29), (24, 40), (3, 3), ONE, (2, 2), (4, 4)),
        {"dilation": (2, 2)},
    ),
    "3x3, 32 to 64 on 44x44, 4 groups": (
        (32, (44, 44), (32, 64), (3, 3), *SAME3),
        {"groups": 4},
    ),
    "5x5, 15 to 21 on 31x29, 3 groups": (
        (64, (31, 29), (15, 21), (5, 5), *SAME5),
        {"groups": 3},
    ),
}
DENSES = ((4099, 1031, 2053), (256, 3200, 2048), (512, 2048, 2), (100_003, 17, 33), (3, 100_003, 5))
PARTS: dict[str, Callable[[Rng], list[Large]]] = {
    **{
        f"large conv2d {name}": lambda rng, shape=shape, options=options: convolutions(
            rng, *shape, **options
        )
        for name, (shape, options) in CONVOLUTIONS.items()
    },
    **{
        f"large dense {'x'.join(map(str, shape))}": lambda rng, shape=shape: denses(rng, *shape)
        for shape in DENSES
    },
    "large pools": pools,
    "large norms": norms,
    "large losses": losses,
    "large elements": elements,
}


def tiny(rng: Rng) -> list[Large]:
    """A few small calls, restricted in every way."""
    grouped = convolutions(rng, 3, (3, 3), (4, 4), (2, 2), ONE, NONE, NONE, groups=2)
    return [*grouped[1:], denses(rng, 3, 4, 3)[2], elements(rng, 40)[-3]]

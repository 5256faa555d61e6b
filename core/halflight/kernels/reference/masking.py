"""Masks of sequences, by definition: a step counts where its mask is not 0.

In the laws: n samples, t steps, u values.
"""

from .. import masked_steps as steps
from ..contract import kernel
from .arrays import Array, Indices


@kernel(y="...", x="... u")
def unequal_any(y: Array, x: Array, value: float) -> None:
    """y (...) = 1 where any of the last axis of x (..., u) is not `value`, 0 elsewhere."""
    y[...] = (x != value).any(axis=-1)


@kernel(y="...", index="...")
def unequal_index(y: Array, index: Indices, value: int) -> None:
    """y = 1 where index is not `value`, 0 elsewhere; any shape."""
    y[...] = index != value


@kernel(y="n t u", x="n t u", mask="n t")
def clear_steps(y: Array, x: Array, mask: Array) -> None:
    """y (n, t, u) = x (n, t, u) where the step counts, 0 elsewhere; its own gradient."""
    steps.clear(y, x, mask)


@kernel(y="n t u", x="n t u", mask="n t")
def pack_steps(y: Array, x: Array, mask: Array, reverse: bool) -> None:
    """y (n, t, u) = the steps of x (n, t, u) that count, side by side in their order, and zeros.

    They come first, or with `reverse` last.
    """
    steps.pack(y, x, mask, reverse=reverse)


@kernel(dx="n t u", dy="n t u", mask="n t")
def unpack_steps(dx: Array, dy: Array, mask: Array, reverse: bool) -> None:
    """dx (n, t, u) = the gradient of pack_steps: 0 for steps that do not count."""
    steps.unpack(dx, dy, mask, reverse=reverse)


@kernel(y="n t u", x="n t u", mask="n t")
def spread_steps(y: Array, x: Array, mask: Array, reverse: bool) -> None:
    """y (n, t, u) = the packed step of x (n, t, u) that was read last at each step, or 0.

    Where a step does not count the one before is shown on, or with `reverse` the one after.
    """
    steps.spread(y, x, mask, reverse=reverse)


@kernel(dx="n t u", dy="n t u", mask="n t")
def gather_steps(dx: Array, dy: Array, mask: Array, reverse: bool) -> None:
    """dx (n, t, u) = the gradient of spread_steps: sums of dy (n, t, u)."""
    steps.gather(dx, dy, mask, reverse=reverse)


@kernel(y="n u", x="n t u", mask="n t")
def masked_average_forward(y: Array, x: Array, mask: Array) -> None:
    """y (n, u) = the mean of x (n, t, u) over the steps that count; 0 where none does."""
    steps.average(y, x, mask)


@kernel(dx="n t u", dy="n u", mask="n t")
def masked_average_backward(dx: Array, dy: Array, mask: Array) -> None:
    """dx (n, t, u) = dy (n, u) / the number of steps that count, where they do; 0 elsewhere."""
    steps.share(dx, dy, mask)


@kernel(y="n r t", mask="n t")
def fill_masked(y: Array, mask: Array, value: float) -> None:
    """y (n, r, t) = value in columns whose step does not count; elsewhere it stays."""
    steps.fill_columns(y, mask, value)

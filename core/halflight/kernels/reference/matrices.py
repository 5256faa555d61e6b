"""Products of the matrices of two stacks, by definition."""

import numpy as np

from ..contract import kernel
from .arrays import Array


@kernel(y="n i o", a="n p q", b="n r s")
def multiply_matrices(
    y: Array, a: Array, b: Array, transpose_a: bool = False, transpose_b: bool = False
) -> None:
    """y[n] = a[n] b[n], either factor transposed before; its gradients are such products too."""
    left = a.transpose(0, 2, 1) if transpose_a else a
    y[...] = np.matmul(left, b.transpose(0, 2, 1) if transpose_b else b)

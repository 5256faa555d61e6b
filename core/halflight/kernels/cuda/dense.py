"""Dense layers: windows of one pixel.

With `tf32`, factors are rounded to 10 bits of mantissa for the tensor cores.
"""

from ..contract import checked
from .arrays import FLOAT, Array
from .columns import add_column_sums
from .correlate import correlate
from .correlate_weights import correlate_weights
from .epilogue import Ending
from .gather import Gather, Geometry

__all__ = [
    "dense_backward_input",
    "dense_backward_weights",
    "dense_forward",
]

_ONE = (1, 1, 1)
_PIXEL = Geometry(_ONE, (0, 0, 0), _ONE, 1)


def _rows(x: Array) -> Gather:
    return _PIXEL.windows(_ONE, (x.shape[0], *_ONE, x.shape[1]), _ONE)


@checked(FLOAT)
def dense_forward(y: Array, x: Array, w: Array, b: Array | None, tf32: bool = False) -> None:
    """y (n, out) = x (n, in) w (in, out) + b (out,); b may be None."""
    correlate(y, x, w, Ending(shift=b), _rows(x), tf32=tf32)


@checked(FLOAT)
def dense_backward_input(dx: Array, dy: Array, w: Array, tf32: bool = False) -> None:
    """dx (n, in) = dy (n, out) w^T."""
    correlate(dx, dy, w, Ending(), _rows(dy), transposed=True, tf32=tf32)


@checked(FLOAT)
def dense_backward_weights(
    dw: Array,
    db: Array | None,
    dy: Array,
    x: Array,
    fresh: bool = False,
    tf32: bool = False,
) -> None:
    """dw (in, out) += x^T dy; db (out,) += sum of dy over the batch; db may be None.

    What dw held before does not count if it is `fresh`.
    """
    correlate_weights(dw, dy, x, _rows(x), fresh=fresh, tf32=tf32)
    if db is not None:
        add_column_sums(db, dy)

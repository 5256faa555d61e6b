"""Dense layers: windows of one pixel.

With `tf32`, factors are rounded to 10 bits of mantissa for the tensor cores.
"""

from ..contract import twin
from ..reference import dense as reference
from .arrays import Array
from .loops.columns import add_column_sums
from .products.correlate import correlate
from .products.correlate_weights import correlate_weights
from .products.epilogue import Ending
from .products.gather import Gather, Geometry

_ONE = (1, 1, 1)
_PIXEL = Geometry(_ONE, (0, 0, 0), _ONE, 1)


def _rows(x: Array) -> Gather:
    return _PIXEL.windows(_ONE, (x.shape[0], *_ONE, x.shape[1]), _ONE)


@twin(reference.dense_forward)
def dense_forward(y, x, w, b, *, tf32=False):
    correlate(y, x, w, Ending(shift=b), _rows(x), tf32=tf32)


@twin(reference.dense_backward_input)
def dense_backward_input(dx, dy, w, *, tf32=False):
    correlate(dx, dy, w, Ending(), _rows(dy), transposed=True, tf32=tf32)


@twin(reference.dense_backward_weights)
def dense_backward_weights(dw, db, dy, x, fresh=False, *, tf32=False):
    correlate_weights(dw, dy, x, _rows(x), fresh=fresh, tf32=tf32)
    if db is not None:
        add_column_sums(db, dy)

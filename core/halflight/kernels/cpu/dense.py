"""Dense layers."""

from ..contract import twin
from ..reference import dense as reference
from .products.epilogue import Ending, epilogue
from .products.product import product, weight_product


@twin(reference.dense_forward)
def dense_forward(y, x, w, b):
    product(y, x, w, epilogue(w.shape[1], Ending(shift=b)))


@twin(reference.dense_backward_input)
def dense_backward_input(dx, dy, w):
    product(dx, dy, w, epilogue(w.shape[0], Ending()), transposed=True)


@twin(reference.dense_backward_weights)
def dense_backward_weights(dw, db, dy, x, fresh=False):
    weight_product(dw, db, dy, x, fresh)

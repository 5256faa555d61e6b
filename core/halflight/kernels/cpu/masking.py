"""Masks of sequences: plain copies, and sums in the order of the steps."""

from .. import masked_steps as steps
from ..contract import twin
from ..reference import masking as reference


@twin(reference.unequal_any)
def unequal_any(y, x, value):
    y[...] = (x != value).any(axis=-1)


@twin(reference.unequal_index)
def unequal_index(y, index, value):
    y[...] = index != value


@twin(reference.clear_steps)
def clear_steps(y, x, mask):
    steps.clear(y, x, mask)


@twin(reference.pack_steps)
def pack_steps(y, x, mask, reverse):
    steps.pack(y, x, mask, reverse=reverse)


@twin(reference.unpack_steps)
def unpack_steps(dx, dy, mask, reverse):
    steps.unpack(dx, dy, mask, reverse=reverse)


@twin(reference.spread_steps)
def spread_steps(y, x, mask, reverse):
    steps.spread(y, x, mask, reverse=reverse)


@twin(reference.gather_steps)
def gather_steps(dx, dy, mask, reverse):
    steps.gather(dx, dy, mask, reverse=reverse)


@twin(reference.masked_average_forward)
def masked_average_forward(y, x, mask):
    steps.average(y, x, mask)


@twin(reference.masked_average_backward)
def masked_average_backward(dx, dy, mask):
    steps.share(dx, dy, mask)


@twin(reference.fill_masked)
def fill_masked(y, mask, value):
    steps.fill_columns(y, mask, value)

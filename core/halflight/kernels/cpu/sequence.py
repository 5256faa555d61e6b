"""Turning and cutting sequences: plain copies."""

import numpy as np

from ..contract import twin
from ..reference import sequence as reference


@twin(reference.reverse_time)
def reverse_time(y, x):
    np.copyto(y, x[:, ::-1])


@twin(reference.take_time)
def take_time(y, x, time):
    np.copyto(y, x[:, time])


@twin(reference.put_time)
def put_time(dx, dy, time):
    dx.fill(0.0)
    np.copyto(dx[:, time], dy)

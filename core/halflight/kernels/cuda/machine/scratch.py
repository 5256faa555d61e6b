"""Scratch memory on the GPU."""

from ...scratch import Scratch
from ..arrays import empty

scratch = Scratch(empty)

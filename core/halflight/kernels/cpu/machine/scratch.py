"""Scratch memory of the CPU back end, aligned."""

from ...scratch import Scratch
from ..arrays import zeros

scratch = Scratch(zeros)

"""Keras's `models`: the kinds of models, and how a saved one is read."""

from halflight.nn.loading import load_model
from halflight.nn.model import Model
from halflight.nn.sequential import Sequential

__all__ = ["Model", "Sequential", "load_model"]

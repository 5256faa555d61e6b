"""The network: layers, models and their training, with Keras 3's names; it knows arrays alone."""

from core.kernels import Choice, choose
from core.nn import (
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    presets,
    regularizers,
    schedules,
)
from core.nn.history import History
from core.nn.layer import Layer
from core.nn.model import Model
from core.nn.prefetch import ReadAhead
from core.nn.saving import load_model
from core.nn.sequential import Sequential
from core.nn.sources import ArraySource, BatchSource
from core.nn.tensor import Input, Tensor
from core.nn.weights import WeightsError

__all__ = [
    "ArraySource",
    "BatchSource",
    "Choice",
    "History",
    "Input",
    "Layer",
    "Model",
    "ReadAhead",
    "Sequential",
    "Tensor",
    "WeightsError",
    "callbacks",
    "choose",
    "constraints",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "optimizers",
    "presets",
    "regularizers",
    "schedules",
]

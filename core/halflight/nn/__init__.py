"""The network: layers, models and their training, with Keras 3's names; it knows arrays alone."""

from halflight.kernels import Choice, choose
from halflight.nn import (
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    presets,
    regularizers,
    schedules,
    utils,
)
from halflight.nn.history import History
from halflight.nn.layer import Input, Layer, Tensor
from halflight.nn.layer_check import check_layer
from halflight.nn.loading import load_model
from halflight.nn.model import Model
from halflight.nn.prefetch import ReadAhead
from halflight.nn.registration import register
from halflight.nn.sequential import Sequential
from halflight.nn.sources import ArraySource, BatchSource
from halflight.nn.weights import WeightsError

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
    "check_layer",
    "choose",
    "constraints",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "presets",
    "register",
    "regularizers",
    "schedules",
    "utils",
]

"""Converters of activations: the table of functions, and the layers that are one."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from halflight.export.converters.axes import over_axes
from halflight.export.writer import Converter, Value, Writer
from halflight.nn import layers
from halflight.nn.arrays import Shape
from halflight.nn.layer import Layer
from halflight.nn.layers.activation import Activated, Elementwise, Function


def activate(w: Writer, layer: Activated, x: str) -> str:
    """Write the activation that the layer ends in."""
    return apply(w, layer.function, x)


def _elementwise(w: Writer, layer: Elementwise, x: Value, shape: Shape) -> str:
    return apply(w, layer.function, x.name)


def apply(w: Writer, function: Function | None, x: str) -> str:
    """Write f(x) and return its name."""
    return x if function is None else FUNCTIONS[function.kernel](w, x, *function.constants)


def _softmax(w: Writer, layer: layers.Softmax, x: Value, shape: Shape) -> str:
    return over_axes(w, layer.trailing, x.name, shape, lambda rows: w.op("Softmax", rows, axis=-1))


def _prelu(w: Writer, layer: layers.PReLU, x: Value, shape: Shape) -> str:
    """Write the channels first, so that convolutions around it may stay in that order."""
    rank = len(shape) - 1
    slopes = w.weight(layer.alpha, lambda alpha: np.moveaxis(alpha, -1, 0))
    return w.channels_last(w.op("PRelu", w.channels_first(x.name, rank), slopes), rank)


# Functions.

# The approximation of GELU by tanh: Hendrycks & Gimpel 2016, section 2.
_GELU_CUBIC, _GELU_FACTOR = 0.044715, math.sqrt(2.0 / math.pi)


def _operator(kind: str, **attributes: float) -> Callable[[Writer, str], str]:
    """Return the converter of a function that is an operator of ONNX."""
    return lambda w, x: w.op(kind, x, **attributes)


def _clipped_relu(w: Writer, x: str, limit: float, slope: float, threshold: float) -> str:
    low = w.op("Relu", x)
    if slope or threshold:
        edge = w.numbers(threshold)
        below = w.op("Mul", w.op("Sub", x, edge), w.numbers(slope))
        low = w.op("Where", w.op("LessOrEqual", x, edge), below, x)
    if math.isinf(limit):
        return low
    return w.op("Where", w.op("Less", x, w.numbers(limit)), low, w.numbers(limit))


def _step(w: Writer, x: str) -> str:
    return w.op("Where", w.op("Greater", x, w.numbers(0.0)), w.numbers(1.0), w.numbers(0.0))


def _gaussian(w: Writer, x: str) -> str:
    return w.op("Exp", w.op("Neg", w.op("Mul", x, x)))


def _silu(w: Writer, x: str) -> str:
    return w.op("Mul", x, w.op("Sigmoid", x))


def _mish(w: Writer, x: str) -> str:
    return w.op("Mul", x, w.op("Tanh", w.op("Softplus", x)))


def _gelu(w: Writer, x: str) -> str:
    erf = w.op("Erf", w.op("Mul", x, w.numbers(math.sqrt(0.5))))
    return _halved_product(w, x, erf)


def _gelu_tanh(w: Writer, x: str) -> str:
    cube = w.op("Mul", w.op("Mul", x, x), x)
    inner = w.op("Add", x, w.op("Mul", cube, w.numbers(_GELU_CUBIC)))
    return _halved_product(w, x, w.op("Tanh", w.op("Mul", inner, w.numbers(_GELU_FACTOR))))


def _halved_product(w: Writer, x: str, y: str) -> str:
    """Write x (1 + y) / 2."""
    return w.op("Mul", w.op("Mul", x, w.numbers(0.5)), w.op("Add", y, w.numbers(1.0)))


def _hard_shrink(w: Writer, x: str, threshold: float) -> str:
    near = w.op("LessOrEqual", w.op("Abs", x), w.numbers(threshold))
    return w.op("Where", near, w.numbers(0.0), x)


def _threshold(w: Writer, x: str, threshold: float, default: float) -> str:
    below = w.op("LessOrEqual", x, w.numbers(threshold))
    return w.op("Where", below, w.numbers(default), x)


def _sparse_plus(w: Writer, x: str) -> str:
    """Write a parabola of what is kept within -1 and 1, and what is beyond."""
    inside = w.op("Clip", x, w.numbers(-1.0), w.numbers(1.0))
    half = w.op("Mul", w.op("Add", inside, w.numbers(1.0)), w.numbers(0.5))
    return w.op("Add", w.op("Mul", half, half), w.op("Relu", w.op("Sub", x, w.numbers(1.0))))


def _squareplus(w: Writer, x: str, b: float) -> str:
    root = w.op("Sqrt", w.op("Add", w.op("Mul", x, x), w.numbers(b)))
    return w.op("Mul", w.op("Add", x, root), w.numbers(0.5))


FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "celu": lambda w, x, alpha: w.op("Celu", x, alpha=alpha),
    "hard_shrink": _hard_shrink,
    "hard_silu": _operator("HardSwish"),
    "hard_tanh": lambda w, x: w.op("Clip", x, w.numbers(-1.0), w.numbers(1.0)),
    "log_sigmoid": lambda w, x: w.op("Neg", w.op("Softplus", w.op("Neg", x))),
    "soft_shrink": lambda w, x, bias: w.op("Shrink", x, bias=bias, lambd=bias),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _operator("HardSigmoid", alpha=0.5, beta=0.5),
    "squareplus": _squareplus,
    "tanh_shrink": lambda w, x: w.op("Sub", x, w.op("Tanh", x)),
    "threshold_at": _threshold,
    "clipped_relu": _clipped_relu,
    "elu": lambda w, x, alpha: w.op("Elu", x, alpha=alpha),
    "exponential": _operator("Exp"),
    "gaussian": _gaussian,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "hard_sigmoid": _operator("HardSigmoid", alpha=1.0 / 6.0, beta=0.5),
    "leaky_relu": lambda w, x, slope: w.op("LeakyRelu", x, alpha=slope),
    "log_softmax": _operator("LogSoftmax", axis=-1),
    "mish": _mish,
    "relu": _operator("Relu"),
    "selu": _operator("Selu"),
    "sigmoid": _operator("Sigmoid"),
    "silu": _silu,
    "softmax": _operator("Softmax", axis=-1),
    "softplus": _operator("Softplus"),
    "softsign": _operator("Softsign"),
    "step": _step,
    "tanh": _operator("Tanh"),
}
"""By the name of the kernels; called with their constants."""

_FUNCTION_LAYERS: tuple[type[Layer], ...] = (
    layers.Activation,
    layers.ELU,
    layers.GELU,
    layers.Gaussian,
    layers.Identity,
    layers.LeakyReLU,
    layers.Linear,
    layers.ReLU,
    layers.SELU,
    layers.SiLU,
    layers.Sigmoid,
    layers.Softplus,
    layers.Step,
    layers.Tanh,
)
CONVERTERS: Mapping[type[Layer], Converter] = {
    **dict.fromkeys(_FUNCTION_LAYERS, _elementwise),
    layers.PReLU: _prelu,
    layers.Softmax: _softmax,
}

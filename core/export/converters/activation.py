"""Converters of activations: the table of functions, and the layers that are one."""

from collections.abc import Callable, Mapping

from core.export.writer import Value, Writer
from core.nn.layer import Shape
from core.nn.layers.activation import Activated, Elementwise, Function


def activate(w: Writer, layer: Activated, x: str) -> str:
    """Write the activation that the layer ends in."""
    return apply(w, layer.function, x)


def elementwise(w: Writer, layer: Elementwise, x: Value, shape: Shape) -> str:
    """Write a layer that is one function."""
    return apply(w, layer.function, x.name)


def apply(w: Writer, function: Function | None, x: str) -> str:
    """Write f(x); None is the identity."""
    return x if function is None else FUNCTIONS[function.kernel](w, x, *function.constants)


def _operator(kind: str) -> Callable[[Writer, str], str]:
    """Return the converter of a function that is an operator of ONNX."""
    return lambda w, x: w.op(kind, x)


def _silu(w: Writer, x: str) -> str:
    return w.op("Mul", x, w.op("Sigmoid", x))


FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "relu": _operator("Relu"),
    "leaky_relu": lambda w, x, slope: w.op("LeakyRelu", x, alpha=slope),
    "elu": lambda w, x, alpha: w.op("Elu", x, alpha=alpha),
    "sigmoid": _operator("Sigmoid"),
    "tanh": _operator("Tanh"),
    "softplus": _operator("Softplus"),
    "silu": _silu,
}
"""By the name of the kernels; called with their constants."""

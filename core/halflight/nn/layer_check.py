"""check_layer: whether a layer of one's own does what a layer promises, in one call."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from halflight.kernels import load
from halflight.nn.arrays import Host, Shape
from halflight.nn.configuration import plain
from halflight.nn.layer import Input, Layer, Tensor
from halflight.nn.parameters import Parameters

# Tried in this order where no shape is given.
_SHAPES: tuple[Shape, ...] = ((5,), (6, 4), (6, 5, 3), (4, 5, 3, 2))
_SAMPLES = 3
_STEP = 1e-6  # of central differences, in float64
_TOLERANCE = 1e-5  # of their relative error: some ten times what rounding costs
_CLASSES = 4  # integers that a layer without a limit of its own is given: 0 to 3


def check_layer(layer: Layer | type[Layer], *shapes: Shape, seed: int = 0) -> dict[str, float]:
    """Try a layer in float64: its forward pass, its gradients, its configuration.

    The gradients by every input and every trained weight, along a random direction, must be the
    slopes of the forward pass by central differences. A layer that draws random numbers must draw
    the same ones in both passes: they are a function of (`self.stream`, `self.step`).

    Args:
        layer: a layer that is in no model, or a class that needs no argument.
        shapes: of its inputs, without the batch axis; without any the first of (5,), (6, 4),
            (6, 5, 3) and (4, 5, 3, 2) that it takes.
        seed: of the inputs, weights and directions.

    Returns:
        The relative error of each gradient, by name: "x" (or "x 0", "x 1", ...) and the weights.

    Raises:
        ValueError: the layer breaks a promise; the message says which.
    """
    made = layer() if isinstance(layer, type) else layer
    config = json.loads(json.dumps(plain(made), allow_nan=False))["config"]
    again = type(made)(**config)
    if again.get_config() != made.get_config():
        raise made.error(f"must be made anew from its configuration {config}", again.get_config())
    tensor = _call(again, shapes)
    return _Trial(again, tensor, np.random.default_rng(seed), seed).run()


def _call(layer: Layer, shapes: Sequence[Shape]) -> Tensor:
    """Call the layer on inputs of these shapes, or of the first that it takes."""
    dtype = "int32" if layer.takes_integers else "float32"
    inputs = 2 if layer.takes_list else 1
    tried = [tuple(shapes)] if shapes else [(shape,) * inputs for shape in _SHAPES]
    for number, each in enumerate(tried, start=1):
        tensors = [Input(shape, dtype=dtype) for shape in each]
        try:
            return layer.call_on(tensors, masked=False)
        except ValueError as error:
            if number == len(tried):
                raise ValueError(f"{error}; check_layer: give it shapes that it takes") from error
    raise AssertionError


class _Trial:
    """A layer with memory of its own."""

    def __init__(self, layer: Layer, tensor: Tensor, rng: np.random.Generator, seed: int) -> None:
        kernels = load("reference")
        assert tensor.call is not None
        layer.name, layer.kernels = layer.name or "layer", kernels
        Parameters(kernels, layer.weights, seed)
        for weight in layer.weights.values():  # away from 0 and 1, which hide mistakes
            weight.value[...] += 0.1 + 0.2 * rng.random(weight.shape)
        for request in tensor.call.requests:
            shape = (_SAMPLES, *request.shape) if request.per_sample else request.shape
            dtype = np.int32 if request.integer else np.float64
            request.scratch.value = kernels.empty(shape, dtype)
        self._layer, self._rng = layer, rng
        self._x = [self._input(part.shape) for part in tensor.call.inputs]
        self._many = layer.takes_list or len(self._x) > 1
        self._y = np.empty((_SAMPLES, *tensor.shape))

    def run(self) -> dict[str, float]:
        """Check everything; return the relative errors of the gradients."""
        layer, x = self._layer, self._x
        before = [part.copy() for part in x]
        y = self._forward(training=True)
        if any(not np.array_equal(a, b) for a, b in zip(before, x, strict=True)):
            raise layer.error("forward must leave its input as it is", "another x after it")
        if not np.array_equal(self._forward(training=True), y):
            raise layer.error("forward must give the same again", "another y the second time")
        self._forward(training=False)
        self._forward(training=True)
        cotangent = self._rng.normal(size=y.shape)
        dx, once = self._backward(cotangent)
        _, twice = self._backward(cotangent)
        for name, gradient in once.items():
            if not np.allclose(twice[name], 2.0 * gradient, rtol=1e-9, atol=1e-12):
                raise layer.error(f"backward must add to the gradient of {name!r}", "another one")
        if layer.weights and not layer.always_writes_dx:
            self._forward(training=True)
            self._run_backward([None] * len(x), cotangent)
        checked: dict[str, tuple[Host, Host]] = {}
        for number, (part, slope) in enumerate(zip(x, dx, strict=True)):
            if slope is not None:
                checked["x" if len(x) == 1 else f"x {number}"] = part, slope
        for name, gradient in once.items():
            checked[name] = layer.weights[name].value, gradient
        return {
            name: self._compare(name, array, gradient, cotangent)
            for name, (array, gradient) in checked.items()
        }

    def _input(self, shape: Shape) -> Host:
        if not self._layer.takes_integers:
            return self._rng.normal(size=(_SAMPLES, *shape))
        limit = self._layer.index_limit or _CLASSES
        return self._rng.integers(0, limit, (_SAMPLES, *shape), dtype=np.int32)

    def _forward(self, *, training: bool) -> Host:
        self._y.fill(np.nan)
        self._layer.reset_state()
        self._layer.forward(self._y, self._x if self._many else self._x[0], training)
        if not np.isfinite(self._y).all():
            count = int((~np.isfinite(self._y)).sum())
            raise self._layer.error("forward must write every value of y", f"{count} not finite")
        return self._y.copy()

    def _backward(self, cotangent: Host) -> tuple[list[Host | None], dict[str, Host]]:
        """Return the gradients by the inputs, and those of the weights since the beginning."""
        self._forward(training=True)
        integers = self._layer.takes_integers
        dx = [None if integers else np.full(part.shape, np.nan) for part in self._x]
        self._run_backward(dx, cotangent)
        for gradient in dx:
            if gradient is not None and not np.isfinite(gradient).all():
                count = int((~np.isfinite(gradient)).sum())
                raise self._layer.error("backward must write all of dx", f"{count} not finite")
        trained = {n: w for n, w in self._layer.weights.items() if w.trained}
        return dx, {name: weight.grad.copy() for name, weight in trained.items()}

    def _run_backward(self, dx: Sequence[Any], cotangent: Host) -> None:
        x, gradients = (self._x, list(dx)) if self._many else (self._x[0], dx[0])
        self._layer.backward(gradients, cotangent.copy(), x, self._y)

    def _compare(self, name: str, array: Host, gradient: Host, cotangent: Host) -> float:
        direction = self._rng.normal(size=array.shape)
        direction /= np.linalg.norm(direction)

        def value() -> float:
            return float((self._forward(training=True) * cotangent).sum())

        slope = _slope(value, array, direction)
        found = float((gradient * direction).sum())
        scale = max(abs(slope), 1e-3 * float(np.linalg.norm(gradient)), 1e-12)
        error = abs(found - slope) / scale
        if not error <= _TOLERANCE:
            raise self._layer.error(
                f"backward must give the slope of forward by {name!r}, {slope:.8g} along a random "
                "direction",
                found,
            )
        return error


def _slope(value: Callable[[], float], array: Host, direction: Host) -> float:
    """Return how fast `value` changes with `array` along a direction, by central differences."""
    original = array.copy()
    array[...] = original + _STEP * direction
    above = value()
    array[...] = original - _STEP * direction
    below = value()
    array[...] = original
    return (above - below) / (2.0 * _STEP)

"""Fixtures of the network's tests: one layer outside any model, and numerical gradients."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from halflight import kernels
from halflight.nn import Layer
from halflight.nn.parameters import Parameters
from tests.halflight.nn.rows.row import Row

Numbers = dict[str, np.ndarray]
FLOAT32_EPSILON = float(np.finfo(np.float32).eps)


@dataclass
class Placed:
    """A layer with memory of its own, so that its input gradients can be seen."""

    layer: Layer
    inputs: list[np.ndarray]
    output: np.ndarray

    @property
    def reads_list(self) -> bool:
        return self.layer.takes_list or len(self.inputs) > 1

    def forward(self, training: bool = True) -> np.ndarray:
        self.output.fill(np.nan)
        self.layer.reset_state()
        x = self.inputs if self.reads_list else self.inputs[0]
        self.layer.forward(self.output, x, training)
        return self.output.copy()

    def backward(self, cotangent: np.ndarray) -> list[Any]:
        """Return the input gradients; the weights' are in `layer.weights[...].grad`.

        Integers have no gradient: theirs is None.
        """
        gradients = [None if x.dtype == np.int32 else np.full_like(x, np.nan) for x in self.inputs]
        x, dx = (self.inputs, gradients) if self.reads_list else (self.inputs[0], gradients[0])
        self.layer.backward(dx, cotangent.astype(self.output.dtype), x, self.output)
        return gradients


@functools.cache
def reference_in_float32() -> kernels.Backend:
    """The reference's formulas on float32 arrays: what rounding alone costs."""
    found = {name: inspect.unwrap(k) for name, k in vars(kernels.load("reference")).items()}
    memory = {name: getattr(kernels.load("cpu"), name) for name in ("FLOAT", "empty", "zeros")}
    memory |= {name: getattr(kernels.load("cpu"), name) for name in ("to_device", "to_host")}
    return kernels.Backend(**found | memory)


def place_layer(
    layer: Layer,
    shapes: Sequence[tuple[int, ...]],
    backend: str,
    batch: int = 3,
    seed: int = 7,
    integers: int | None = None,
    masked: bool = False,
) -> Placed:
    rng = np.random.default_rng(seed)
    k = reference_in_float32() if backend == "reference in float32" else kernels.load(backend)
    row = Row(lambda: layer, tuple(shapes), (), integers=integers, masked=masked)
    tensor = row.call(layer, row.tensors())
    layer.name, layer.kernels, layer.stream, layer.step = "layer", k, 5, 3
    Parameters(k, layer.weights, seed)
    for weight in layer.weights.values():
        offset = 0.5 + rng.random(weight.shape)  # biases and moving statistics that matter
        weight.value[...] += offset.astype(k.FLOAT) * 0.3
    assert tensor.call is not None
    for request in tensor.call.requests:
        shape = (batch, *request.shape) if request.per_sample else request.shape
        request.scratch.value = k.empty(shape, np.int32 if request.integer else k.FLOAT)
    inputs = row.data(rng, batch)
    if integers is None:
        inputs = [x.astype(np.float32).astype(k.FLOAT) for x in inputs]
    return Placed(layer, inputs, k.empty((batch, *tensor.shape)))


@pytest.fixture
def place() -> Callable[..., Placed]:
    """Place a layer: place(layer, shapes, backend); `integers` bounds integer inputs."""
    return place_layer


def directional_error(
    value: Callable[[], float], array: np.ndarray, gradient: np.ndarray, step: float = 1e-6
) -> float:
    """Compare a gradient with central differences of `value` along one random direction."""
    direction = np.random.default_rng(11).normal(size=array.shape)
    direction /= np.linalg.norm(direction)
    original = array.copy()
    array[...] = original + step * direction
    above = value()
    array[...] = original - step * direction
    below = value()
    array[...] = original
    numerical = (above - below) / (2 * step)
    analytical = float(np.sum(gradient * direction))
    scale = max(abs(numerical), 1e-3 * float(np.linalg.norm(gradient)), 1e-12)
    return abs(numerical - analytical) / scale


@pytest.fixture
def gradient_error() -> Callable[..., float]:
    """Relative error of a gradient: gradient_error(value, array, gradient)."""
    return directional_error


def assert_gradients(placed: Placed) -> None:
    """The gradients of a layer's first input and of its weights are those of differences."""
    cotangent = np.random.default_rng(5).normal(size=placed.output.shape)

    def value() -> float:
        return float(np.sum(placed.forward() * cotangent))

    value()
    dx, *_ = placed.backward(cotangent.copy())
    assert directional_error(value, placed.inputs[0], dx) <= 1e-6
    for weight in placed.layer.weights.values():
        assert directional_error(value, weight.value, weight.grad) <= 1e-6, weight.name


@pytest.fixture
def gradients_agree() -> Callable[[Placed], None]:
    """Check a placed layer's gradients: gradients_agree(placed)."""
    return assert_gradients


def assert_agrees(truth: Numbers, rounded: Numbers, received: Numbers) -> None:
    """`received` errs by at most 4 times what `rounded` does, or one rounding of its size."""
    for name, expected in truth.items():
        cost = max(rms(rounded[name] - expected), FLOAT32_EPSILON * rms(expected))
        error = rms(received[name] - expected)
        assert error <= 4.0 * cost, f"{name} errs by {error}, rounding by {cost}"


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


@pytest.fixture
def agrees() -> Callable[[Numbers, Numbers, Numbers], None]:
    """Compare with float32 rounding: agrees(truth, rounded, received)."""
    return assert_agrees


@pytest.fixture
def regression() -> tuple[np.ndarray, np.ndarray]:
    """A small synthetic regression: y = sin(3 x_0) + x_1 plus noise of deviation 0.1."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, size=(256, 2))
    y: Any = np.sin(3 * x[:, 0]) + x[:, 1] + 0.1 * rng.normal(size=256)
    return x, y

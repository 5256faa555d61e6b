"""One row a kernel: arguments to try it with, and how two back ends are compared."""

import inspect
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

EPSILON = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Case:
    """A call: arrays on the host in float64 but exactly representable in float32, and scalars.

    `assigned` outputs must be overwritten wholly (they start as NaN), `updated` ones have a past.
    """

    kernel: str
    assigned: tuple[str, ...]
    updated: tuple[str, ...]
    arguments: dict[str, Any]

    def run(self, backend: ModuleType) -> dict[str, np.ndarray]:
        """The outputs of this call by one back end."""
        arguments = {
            name: backend.to_device(value) if isinstance(value, np.ndarray) else value
            for name, value in self.arguments.items()
        }
        getattr(backend, self.kernel)(**arguments)
        return {n: backend.to_host(arguments[n]) for n in self.assigned + self.updated}

    def run_in_float32(self, reference: ModuleType) -> dict[str, np.ndarray]:
        """The outputs of the reference's own formulas, evaluated by NumPy in float32."""
        arguments = {
            name: value.astype(np.float32) if _is_float(value) else value
            for name, value in self.arguments.items()
        }
        arguments = {n: v.copy() if isinstance(v, np.ndarray) else v for n, v in arguments.items()}
        inspect.unwrap(getattr(reference, self.kernel))(**arguments)
        return {n: arguments[n] for n in self.assigned + self.updated}


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def assert_agrees(case: Case, backend: ModuleType, reference: ModuleType) -> None:
    """The back end errs by at most 4 times what float32 rounding alone costs.

    That cost is the rms error of the reference's formulas in float32, at least one rounding of a
    typical output.
    """
    expected, received = case.run(reference), case.run(backend)
    rounded = case.run_in_float32(reference)
    for name, truth in expected.items():
        if truth.dtype == np.int32:
            np.testing.assert_array_equal(received[name], truth)
            continue
        assert received[name].dtype == backend.FLOAT
        cost = max(_rms(rounded[name] - truth), EPSILON * _rms(truth))
        error = _rms(received[name] - truth)
        assert error <= 4.0 * cost, f"{case.kernel}: {name} errs by {error}, rounding by {cost}"


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Normal numbers that float32 holds exactly."""
    return rng.standard_normal(shape, np.float32).astype(np.float64)


def positive(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers in [0.5, 1.5) that float32 holds exactly."""
    return (rng.random(shape, np.float32) + np.float32(0.5)).astype(np.float64)


def nothing(*shape: int) -> np.ndarray:
    """An output that nobody may read."""
    return np.full(shape, np.nan)


def output_shape(
    image: tuple[int, int], size: tuple[int, int], strides: tuple[int, int], total: tuple[int, int]
) -> tuple[int, int]:
    """Windows that fit an image with `total` zeros added, along both axes."""
    rows, columns = (
        (i + t - k) // s + 1 for i, k, s, t in zip(image, size, strides, total, strict=True)
    )
    return rows, columns


def conv_cases(
    rng: np.random.Generator,
    batch: int,
    image: tuple[int, int],
    channels: tuple[int, int],
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple[int, int],
    total: tuple[int, int],
    bias: bool = True,
) -> list[Case]:
    """All three passes of one convolution."""
    x_shape = (batch, *image, channels[0])
    y_shape = (batch, *output_shape(image, size, strides, total), channels[1])
    w_shape = (*size, *channels)
    geometry = {"strides": strides, "padding": padding}
    x, w, dy = normal(rng, *x_shape), normal(rng, *w_shape), normal(rng, *y_shape)
    b = normal(rng, channels[1]) if bias else None
    db = normal(rng, channels[1]) if bias else None
    return [
        Case(
            "conv2d_forward",
            ("y",),
            (),
            {"y": nothing(*y_shape), "x": x, "w": w, "b": b} | geometry,
        ),
        Case(
            "conv2d_backward_input",
            ("dx",),
            (),
            {"dx": nothing(*x_shape), "dy": dy, "w": w} | geometry,
        ),
        Case(
            "conv2d_backward_weights",
            (),
            ("dw", "db") if bias else ("dw",),
            {"dw": normal(rng, *w_shape), "db": db, "dy": dy, "x": x} | geometry,
        ),
    ]


def pool_cases(
    rng: np.random.Generator,
    batch: int,
    image: tuple[int, int],
    channels: int,
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple[int, int],
    total: tuple[int, int],
) -> list[Case]:
    """Maximum and average pooling, both passes; x has ties."""
    x_shape = (batch, *image, channels)
    y_shape = (batch, *output_shape(image, size, strides, total), channels)
    x = np.round(normal(rng, *x_shape) * 2.0)
    y, dx, dy = nothing(*y_shape), nothing(*x_shape), normal(rng, *y_shape)
    geometry = {"size": size, "strides": strides, "padding": padding}
    index = rng.integers(0, size[0] * size[1], y_shape, dtype=np.int32)
    forward = Case(
        "max_pool2d_forward", ("y", "index"), (), {"y": y, "index": index, "x": x} | geometry
    )
    return [
        forward,
        Case("max_pool2d_backward", ("dx",), (), {"dx": dx, "dy": dy, "index": index} | geometry),
        Case("average_pool2d_forward", ("y",), (), {"y": y, "x": x} | geometry),
        Case("average_pool2d_backward", ("dx",), (), {"dx": dx, "dy": dy} | geometry),
    ]


def norm_cases(rng: np.random.Generator, *shape: int) -> list[Case]:
    """Batch normalisation of one shape, all four kernels."""
    channels = shape[-1]
    x, dy = normal(rng, *shape) * 2.0 + 1.0, normal(rng, *shape)
    gamma, beta = positive(rng, channels), normal(rng, channels)
    axes = tuple(range(len(shape) - 1))
    mean = x.mean(axes).astype(np.float32).astype(np.float64)
    inverse = (1.0 / np.sqrt(x.var(axes) + 0.125)).astype(np.float32).astype(np.float64)
    running = {"running_mean": normal(rng, channels), "running_variance": positive(rng, channels)}
    gradients = {
        "dx": nothing(*shape),
        "dgamma": normal(rng, channels),
        "dbeta": normal(rng, channels),
    }
    return [
        Case(
            "batch_norm_forward_training",
            ("y", "mean", "inverse_deviation"),
            ("running_mean", "running_variance"),
            {
                "y": nothing(*shape),
                "mean": nothing(channels),
                "inverse_deviation": nothing(channels),
            }
            | running
            | {"x": x, "gamma": gamma, "beta": beta, "momentum": 0.875, "epsilon": 0.125},
        ),
        Case(
            "batch_norm_forward_inference",
            ("y",),
            (),
            {"y": nothing(*shape), "x": x, "gamma": gamma, "beta": beta}
            | running
            | {"epsilon": 0.125},
        ),
        Case(
            "batch_norm_backward",
            ("dx",),
            ("dgamma", "dbeta"),
            gradients
            | {"dy": dy, "x": x, "gamma": gamma, "mean": mean, "inverse_deviation": inverse},
        ),
        Case(
            "batch_norm_backward_inference",
            ("dx",),
            ("dgamma", "dbeta"),
            gradients | {"dy": dy, "x": x, "gamma": gamma} | running | {"epsilon": 0.125},
        ),
    ]


def _elementwise(rng: np.random.Generator, *shape: int) -> list[Case]:
    def case(kernel: str, *inputs: str, **scalars: float) -> Case:
        output = "dx" if kernel.endswith("backward") else "y"
        arrays = {name: normal(rng, *shape) * 3.0 for name in inputs}
        return Case(kernel, (output,), (), {output: nothing(*shape)} | arrays | scalars)

    return [
        case("relu_forward", "x"),
        case("relu_backward", "dy", "y"),
        case("leaky_relu_forward", "x", negative_slope=0.125),
        case("leaky_relu_backward", "dy", "y", negative_slope=0.125),
        case("elu_forward", "x", alpha=1.5),
        case("elu_backward", "dy", "y", alpha=1.5),
        case("sigmoid_forward", "x"),
        case("sigmoid_backward", "dy", "y"),
        case("tanh_forward", "x"),
        case("tanh_backward", "dy", "y"),
        case("softplus_forward", "x"),
        case("softplus_backward", "dy", "x"),
        case("silu_forward", "x"),
        case("silu_backward", "dy", "x"),
        case("add_forward", "a", "b"),
        case("dropout_forward", "x", rate=0.25, seed=7, step=3),
        case("dropout_backward", "dy", rate=0.25, seed=7, step=3),
        case("copy", "x"),
        Case("fill", ("y",), (), {"y": nothing(*shape), "value": 0.5}),
        Case("accumulate", (), ("y",), {"y": normal(rng, *shape), "x": normal(rng, *shape)}),
        Case("sum_of_squares", ("out",), (), {"out": nothing(1), "x": normal(rng, *shape)}),
        Case("all_finite", ("out",), (), {"out": nothing(1), "x": normal(rng, *shape)}),
        Case(
            "concatenate_forward",
            (),
            ("y",),
            {"y": normal(rng, *shape[:-1], 9), "offset": 2, "x": normal(rng, *shape[:-1], 4)},
        ),
        Case(
            "concatenate_backward",
            ("dx",),
            (),
            {"dx": nothing(*shape[:-1], 4), "dy": normal(rng, *shape[:-1], 9), "offset": 5},
        ),
    ]


def _losses(rng: np.random.Generator, batch: int, outputs: int) -> list[Case]:
    def case(kernel: str, prediction: np.ndarray, target: np.ndarray) -> Case:
        arrays = {"loss": nothing(batch), "dprediction": nothing(*prediction.shape)}
        arrays |= {"prediction": prediction, "target": target, "weight": positive(rng, batch)}
        return Case(kernel, ("loss", "dprediction"), (), arrays)

    target = normal(rng, batch, outputs)
    return [
        case("gaussian_nll", normal(rng, batch, 2 * outputs), target),
        case("mean_squared_error", normal(rng, batch, outputs), target),
        case("mean_absolute_error", normal(rng, batch, outputs), target),
        case(
            "binary_crossentropy_from_logits",
            normal(rng, batch, 1) * 4.0,
            np.round(positive(rng, batch, 1) - 0.5),
        ),
    ]


def _dense(rng: np.random.Generator, batch: int, inputs: int, units: int) -> list[Case]:
    x, w, dy = normal(rng, batch, inputs), normal(rng, inputs, units), normal(rng, batch, units)
    y, dx, dw, db = nothing(batch, units), nothing(batch, inputs), normal(rng, inputs, units), None
    return [
        Case("dense_forward", ("y",), (), {"y": y, "x": x, "w": w, "b": normal(rng, units)}),
        Case("dense_backward_input", ("dx",), (), {"dx": dx, "dy": dy, "w": w}),
        Case(
            "dense_backward_weights",
            (),
            ("dw", "db"),
            {"dw": dw, "db": normal(rng, units), "dy": dy, "x": x},
        ),
        Case("dense_backward_weights", (), ("dw",), {"dw": dw, "db": db, "dy": dy, "x": x}),
    ]


def _optimizers(rng: np.random.Generator, size: int) -> list[Case]:
    w, g, m, v = normal(rng, size), normal(rng, size), normal(rng, size), positive(rng, size)
    sgd = {"w": w, "g": g, "velocity": m, "learning_rate": 0.125, "momentum": 0.75}
    adam = {"w": w, "g": g, "m": m, "v": v, "learning_rate": 0.125, "beta_1": 0.875}
    adam |= {"beta_2": 0.96875, "epsilon": 2.0**-20, "weight_decay": 0.25, "step": 3}
    return [
        Case("sgd_step", (), ("w", "velocity"), sgd | {"nesterov": False}),
        Case("sgd_step", (), ("w", "velocity"), sgd | {"nesterov": True}),
        Case("adam_step", (), ("w", "m", "v"), adam),
        Case("scale", (), ("x",), {"x": w, "factor": 0.3}),
    ]


def all_cases(seed: int = 1) -> list[Case]:
    """Every kernel on awkward shapes: nothing is a multiple of a vector or of a tile."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    cases: list[Case] = []
    for shape in ((1,), (7,), (3, 5, 2, 3), (20011,)):
        cases += _elementwise(rng, *shape)
    cases += conv_cases(rng, 2, (7, 9), (3, 5), (3, 3), (1, 1), (1, 1), (2, 2))
    cases += conv_cases(rng, 3, (9, 8), (1, 16), (5, 5), (2, 2), (1, 1), (3, 3), bias=False)
    cases += conv_cases(rng, 5, (6, 6), (33, 17), (3, 3), (1, 1), (1, 1), (2, 2))
    cases += conv_cases(rng, 1, (1, 1), (1, 1), (1, 1), (1, 1), (0, 0), (0, 0))
    cases += conv_cases(rng, 2, (9, 9), (2, 3), (1, 2), (3, 3), (0, 1), (0, 1))
    cases += pool_cases(rng, 2, (6, 8), 16, (2, 2), (2, 2), (0, 0), (0, 0))
    cases += pool_cases(rng, 3, (7, 5), 5, (3, 3), (2, 2), (1, 1), (2, 2))
    cases += pool_cases(rng, 1, (5, 4), 1, (2, 3), (1, 2), (1, 2), (1, 3))
    for shape in ((3, 2, 1, 17), (300, 3), (2, 20, 21, 16), (1, 1)):
        cases += norm_cases(rng, *shape)
        cases += _elementwise(rng, *shape)[-2:]
    for batch, channels in ((1, 1), (3, 20)):
        x, y = normal(rng, batch, 5, 3, channels), normal(rng, batch, channels)
        forward = {"y": nothing(*y.shape), "x": x}
        backward = {"dx": nothing(*x.shape), "dy": y}
        cases.append(Case("global_average_pool2d_forward", ("y",), (), forward))
        cases.append(Case("global_average_pool2d_backward", ("dx",), (), backward))
    for batch, inputs, units in ((1, 1, 1), (5, 37, 19), (50, 300, 33)):
        cases += _dense(rng, batch, inputs, units)
        cases += _losses(rng, batch, units)
        cases += _optimizers(rng, inputs * 70)
    return cases

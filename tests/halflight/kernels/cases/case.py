"""A call of a kernel to try, and how two back ends are compared."""

import inspect
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from halflight.kernels import Backend

EPSILON = float(np.finfo(np.float32).eps)
FACTORS = ("x", "w", "dy")
"""What products of dense layers and convolutions multiply."""


@dataclass(frozen=True)
class Case:
    """A call: arrays on the host in float64 but exactly representable in float32, and scalars.

    `assigned` outputs must be overwritten wholly (they start as NaN), `updated` ones have a past.
    """

    kernel: str
    assigned: tuple[str, ...]
    updated: tuple[str, ...]
    arguments: dict[str, Any]

    def run(self, backend: Backend) -> dict[str, np.ndarray]:
        """The outputs of this call by one back end."""
        arguments = {
            name: backend.to_device(value) if isinstance(value, np.ndarray) else value
            for name, value in self.arguments.items()
        }
        getattr(backend, self.kernel)(**arguments)
        return {n: backend.to_host(arguments[n]) for n in self.assigned + self.updated}

    def with_rounded_factors(self) -> "Case":
        """The same call with the factors of its products rounded to TF32."""
        factors = {n: round_to_tf32(self.arguments[n]) for n in FACTORS if n in self.arguments}
        return replace(self, arguments=self.arguments | factors)

    def run_in_float32(self, reference: Backend) -> dict[str, np.ndarray]:
        """The outputs of the reference's own formulas, evaluated by NumPy in float32."""
        arguments = {
            name: value.astype(np.float32) if _is_float(value) else value
            for name, value in self.arguments.items()
        }
        arguments = {n: v.copy() if isinstance(v, np.ndarray) else v for n, v in arguments.items()}
        inspect.unwrap(getattr(reference, self.kernel))(**arguments)
        return {n: arguments[n] for n in self.assigned + self.updated}


def round_to_tf32(values: np.ndarray) -> np.ndarray:
    """The nearest numbers with 11 significant bits, of two as near the larger in size."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.copysign(np.floor(np.abs(mantissa) * 2.0**11 + 0.5), values), exponent - 11)


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def assert_agrees(case: Case, backend: Backend, reference: Backend) -> None:
    """The back end errs by at most 4 times what float32 rounding alone costs; direct sums, twice.

    That cost is the rms error of the reference's formulas in float32, at least one rounding of a
    typical output. Where Winograd's algorithm may serve it is at least two, as the sums of others
    have: PyTorch 2.13 shows 1.7 to 2.7 on most of these cases. To TF32's cost is added what the
    reference, in float64, errs by with its factors rounded to TF32: at most 2^-11 of each of them.
    There it is at least four, as a GPU's tensor cores cut sums off where others round them.
    """
    assert_close(case, backend, reference, case.run(backend))


def assert_close(
    case: Case, backend: Backend, reference: Backend, received: dict[str, np.ndarray]
) -> None:
    """The same of outputs that the back end has computed, of `case` or of more than it."""
    expected, rounded = case.run(reference), case.run_in_float32(reference)
    direct = backend.name == "cpu_precise" and case.kernel.startswith("conv")
    direct &= "fused" not in case.kernel  # a normalisation is folded into one factor first
    limit = 2.0 if direct else 4.0
    tf32 = backend.name == "cuda_tf32" and case.kernel.startswith(("conv", "dense"))
    least = 2.0 if not direct and may_be_winograds(case) else 1.0
    least = (4.0 if tf32 else least) * EPSILON
    cheaper = case.with_rounded_factors().run(reference) if tf32 else expected
    for name, truth in expected.items():
        if truth.dtype == np.int32:
            same = cheaper[name] == truth  # which of a pool is largest hangs on the rounding
            np.testing.assert_array_equal(received[name][same], truth[same])
            continue
        assert received[name].dtype == backend.FLOAT
        cost = max(_rms(rounded[name] - truth), least * _rms(truth))
        cost += _rms(cheaper[name] - truth)
        error = _rms(received[name] - truth)
        assert error <= limit * cost, f"{case.kernel}: {name} errs by {error}, rounding by {cost}"


def may_be_winograds(case: Case) -> bool:
    """Whether a call convolves images with windows of 3 x 3 at every pixel."""
    weights = case.arguments.get("w", case.arguments.get("dw"))
    return (
        case.kernel.startswith("conv2d")
        and weights.shape[:2] == (3, 3)
        and case.arguments["strides"] == case.arguments["dilation"] == (1, 1)
    )


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Normal numbers that float32 holds exactly."""
    return rng.standard_normal(shape, np.float32).astype(np.float64)


def positive(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers in [0.5, 1.5) that float32 holds exactly."""
    return (rng.random(shape, np.float32) + np.float32(0.5)).astype(np.float64)


def nothing(*shape: int) -> np.ndarray:
    """An output that nobody may read."""
    return np.full(shape, np.nan)


# Nothing here is a multiple of a vector or of a block.
SHAPES = ((1,), (7,), (3, 5, 2, 3), (20011,))


def elementwise_case(
    rng: np.random.Generator, shape: tuple[int, ...], kernel: str, *inputs: str, **scalars: float
) -> Case:
    """A call of a kernel that maps arrays of one shape to y, or to dx."""
    output = "dx" if kernel.endswith("backward") else "y"
    arrays = {name: normal(rng, *shape) * 3.0 for name in inputs}
    return Case(kernel, (output,), (), {output: nothing(*shape)} | arrays | scalars)

"""A plain function as a loss, its gradient checked before it is used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host
from halflight.nn.losses.loss import Loss

Formula = Callable[[Host, Host], tuple[Host, Host]]
_ROWS, _STEP, _TOLERANCE = 8, 1e-6, 1e-5  # of the check, in float64


@dataclass(eq=False)
class FunctionLoss(Loss):
    """function(target, prediction) -> (values (n,), gradient by the prediction (n, k)).

    It is given rows on the host, target (n, k) and prediction (n, k), in float64; on a GPU every
    step waits for it. A file does not hold it: for that, make the loss a class.
    """

    function: Formula

    def check_gradient(self, outputs: int) -> None:
        """Compare the gradient with central differences on rows of random numbers in (0, 1).

        Raises:
            ValueError: shapes or slopes are not what they must be; the message says which.
        """
        rng = np.random.Generator(np.random.Philox(key=[0, outputs]))
        target, prediction, direction = rng.uniform(0.1, 0.9, (3, _ROWS, outputs))
        _, gradient = self._of(target, prediction)
        above, _ = self._of(target, prediction + _STEP * direction)
        below, _ = self._of(target, prediction - _STEP * direction)
        slope, found = (above - below) / (2.0 * _STEP), (gradient * direction).sum(axis=1)
        wrong = ~(np.abs(found - slope) <= _TOLERANCE * np.maximum(np.abs(slope), 1e-3))
        if wrong.any():
            row = int(wrong.argmax())
            rule = f"the gradient must be the slope of the values, {slope[row]:.8g} in row {row}"
            raise self.error(f"{rule} along a random direction", float(found[row]))

    def write(
        self,
        kernels: Backend,
        loss: Array,
        dprediction: Array,
        prediction: Array,
        target: Array | None,
        weight: Array,
    ) -> None:
        """Write the loss of each row (n,), and d(weighted mean) / d(prediction) (n, k)."""
        arrays = [kernels.to_host(array).astype(np.float64) for array in (target, prediction)]
        values, gradient = self._of(*arrays)
        share = kernels.to_host(weight).astype(np.float64)
        kernels.copy(loss, kernels.to_device(values))
        kernels.copy(dprediction, kernels.to_device(gradient * (share / share.sum())[:, None]))

    def _of(self, target: Host, prediction: Host) -> tuple[Host, Host]:
        found: Any = self.function(target, prediction)
        parts = found if isinstance(found, tuple) else (found,)
        shapes = [np.shape(part) for part in parts]
        if shapes != [prediction.shape[:1], prediction.shape]:
            raise self.error(
                f"must return values {prediction.shape[:1]} and their gradient {prediction.shape}",
                shapes,
            )
        values, gradient = (np.asarray(part, np.float64) for part in found)
        return values, gradient

    @property
    def label(self) -> str:
        """The function's name, for messages."""
        return f"loss {getattr(self.function, '__name__', self.function)!r}"

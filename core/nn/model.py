"""Model: a network that can be compiled, fitted, evaluated, saved, and asked to predict."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.nn import losses, optimizers, training
from core.nn.data import (
    ArraySource,
    BatchSource,
    Host,
    Inputs,
    as_source,
    by_name,
    check_inputs,
    validation_source,
)
from core.nn.history import History
from core.nn.losses import Loss
from core.nn.metrics import Metric
from core.nn.metrics import get as get_metric
from core.nn.network import Network
from core.nn.optimizers import Optimizer
from core.nn.tensor import Tensor


class Model(Network):
    """A `Network` with Keras's `compile`, `fit`, `evaluate` and `predict`; arguments as there."""

    def __init__(
        self,
        inputs: Tensor | Sequence[Tensor],
        outputs: Tensor | Sequence[Tensor],
        *,
        backend: str = "cpu",
        seed: int = 0,
    ) -> None:
        """Build the network; `compile` says how to train it."""
        super().__init__(inputs, outputs, backend=backend, seed=seed)
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.metrics: list[Metric] = []
        self.stop_training = False

    def compile(
        self,
        optimizer: Optimizer | str = "adam",
        loss: Loss | str = "mean_squared_error",
        metrics: Sequence[Metric | str] = (),
    ) -> None:
        """Choose how to train; the optimizer begins at step 0.

        Raises:
            ValueError: an unknown name, or a loss that does not fit the output.
        """
        self.loss = losses.get(loss)
        self.loss.target_width(self.output_shape)
        self.metrics = [get_metric(metric) for metric in metrics]
        self.optimizer = optimizers.get(optimizer)
        self.optimizer.build(self.kernels, self.parameters)

    def fit(
        self,
        x: Inputs | BatchSource,
        y: Host | None = None,
        *,
        batch_size: int = 32,
        epochs: int = 1,
        validation_data: BatchSource | Sequence[Any] | None = None,
        shuffle: bool = True,
        seed: int = 0,
        sample_weight: Host | None = None,
        callbacks: Sequence[Any] = (),
        initial_epoch: int = 0,
    ) -> History:
        """Train, and return one record an epoch.

        Args:
            x: arrays (with targets `y`), or a batch source (an object with `steps` and
                `batches(epoch)`), which does its own batching and shuffling.
            y: targets (samples,) or (samples, T).
            batch_size: samples a step, for arrays.
            epochs: train until this many epochs are done.
            validation_data: a batch source (always asked for epoch 0), (x, y) or (x, y, weights).
            shuffle: deal the samples anew each epoch, for arrays.
            seed: of the shuffling, for arrays.
            sample_weight: (samples,), for arrays.
            callbacks: see `core.nn.callbacks`.
            initial_epoch: number of the first epoch.

        Raises:
            ValueError: data that do not fit; nothing to train; not compiled.
            FloatingPointError: the loss or a gradient is not finite and no TerminateOnNaN watches.
        """
        names = self.input_names
        source = as_source(names, x, y, sample_weight, batch_size, shuffle=shuffle, seed=seed)
        validation = validation_source(names, validation_data, batch_size)
        return training.fit(self, source, validation, epochs, initial_epoch, callbacks)

    def evaluate(
        self,
        x: Inputs | BatchSource,
        y: Host | None = None,
        *,
        batch_size: int = 32,
        sample_weight: Host | None = None,
    ) -> dict[str, float]:
        """Return the loss and the metrics on data, in inference mode.

        Raises:
            ValueError: data that do not fit; not compiled.
        """
        source = as_source(self.input_names, x, y, sample_weight, batch_size)
        return training.evaluate(self, source)

    def predict(self, x: Inputs | BatchSource, batch_size: int = 32) -> NDArray[Any]:
        """Return the output for every sample, in inference mode, as a host array.

        Raises:
            ValueError: data that do not fit.
        """
        if isinstance(x, BatchSource):
            return np.concatenate([self._predict(batch[0]) for batch in x.batches(0)])
        source = ArraySource(
            by_name(x, self.input_names), None, batch_size=batch_size, shuffle=False
        )
        output = np.empty((source.length, *self.output_shape), self.kernels.FLOAT)
        for step, (inputs, _, _) in enumerate(source.batches(0)):
            output[step * batch_size : (step + 1) * batch_size] = self._predict(inputs)
        return output

    def refresh(self) -> None:
        """Take note of which layers are trainable now; `fit`, `freeze` and `unfreeze` do this."""
        super().refresh()
        if self.optimizer is not None:
            self.optimizer.refresh()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the folder `path`: model.json (the architecture) and weights.safetensors."""
        from core.nn.saving import save_model  # which imports Model

        save_model(self, path)

    def _predict(self, inputs: Inputs) -> NDArray[Any]:
        arrays = check_inputs(inputs, self.input_names, self.input_shapes, self.kernels.FLOAT)
        executor = self.executor(len(arrays[0]), training=False)
        output = executor.forward([self.kernels.to_device(array) for array in arrays])
        host: NDArray[Any] = self.kernels.to_host(output)
        return host

"""Model: a network that can be compiled, fitted, evaluated, saved, and asked to predict."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from halflight.nn import optimizers, steps, training
from halflight.nn.data import Arrays, RawBatch, by_name, check_inputs
from halflight.nn.history import History
from halflight.nn.layer import Layer
from halflight.nn.losses import Loss
from halflight.nn.network import Network
from halflight.nn.objective import Objective, input_rules
from halflight.nn.optimizers import Optimizer
from halflight.nn.parameters import Parameters
from halflight.nn.sources import (
    ArraySource,
    BatchSource,
    ClassWeighted,
    ClassWeightedRows,
    Dealer,
    as_source,
    validation_source,
)
from halflight.nn.tensor import Tensor


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
        self.objective: Objective | None = None
        self.compiled_for: Parameters | None = None
        self.stop_training = False

    def compile(
        self,
        optimizer: Optimizer | str = "adam",
        loss: Loss | str | Sequence[Any] | Mapping[str, Any] = "mean_squared_error",
        metrics: Sequence[Any] | Mapping[str, Any] = (),
        loss_weights: Sequence[float] | Mapping[str, float] | None = None,
    ) -> None:
        """Choose how to train; the optimizer begins at step 0.

        Args:
            optimizer: an optimizer or its name.
            loss: a loss or its name; for several outputs a list, or a mapping by their names.
            metrics: a list; for several outputs a list of lists, or a mapping.
            loss_weights: factors of the losses of several outputs in the sum.

        Raises:
            ValueError: an unknown name, or a loss that does not fit its output.
        """
        self.objective = Objective(self, loss, metrics, loss_weights)
        self.optimizer = optimizers.get(optimizer)
        self.optimizer.build(self.kernels, self.parameters, self.layers)
        self.compiled_for = self.parameters

    def fit(
        self,
        x: Arrays | BatchSource | Iterable[RawBatch],
        y: Arrays | None = None,
        *,
        batch_size: int = 32,
        epochs: int = 1,
        validation_data: BatchSource | Sequence[Any] | None = None,
        shuffle: bool = True,
        seed: int = 0,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Arrays | None = None,
        callbacks: Sequence[Any] = (),
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
    ) -> History:
        """Train, and return one record an epoch.

        Args:
            x: arrays (with targets `y`); a batch source (an object with `steps` and
                `batches(epoch)`), which does its own batching and shuffling; or a generator of
                batches (x, y) or (x, y, weights), with `steps_per_epoch`.
            y: targets (samples, ...) in the shape of the output (a last axis of one value may be
                left out); for several outputs a list, or a mapping by their names.
            batch_size: samples a step, for arrays.
            epochs: train until this many epochs are done.
            validation_data: a batch source (always asked for epoch 0), (x, y) or (x, y, weights).
            shuffle: deal the samples anew each epoch, for arrays.
            seed: of the shuffling, for arrays.
            class_weight: factors of the samples' weights by their integer class.
            sample_weight: (samples,), or a value for each row of the output (a mask of 0 and 1).
            callbacks: see `halflight.nn.callbacks`.
            initial_epoch: number of the first epoch.
            steps_per_epoch: batches an epoch, for a generator.

        Raises:
            ValueError: data that do not fit; nothing to train; not compiled.
            FloatingPointError: the loss or a gradient is not finite and no TerminateOnNaN watches.
        """
        names = self.input_names
        source = as_source(
            names,
            x,
            y,
            sample_weight,
            batch_size,
            steps=steps_per_epoch,
            shuffle=shuffle,
            seed=seed,
        )
        if class_weight is not None:
            rule = training.compiled(self).objective.rules.targets[0]
            if isinstance(source, Dealer):
                source = ClassWeightedRows(source, class_weight, rule.shape)
            else:
                source = ClassWeighted(source, class_weight, rule.shape)
        validation = validation_source(names, validation_data, batch_size)
        return training.fit(self, source, validation, epochs, initial_epoch, callbacks)

    def evaluate(
        self,
        x: Arrays | BatchSource,
        y: Arrays | None = None,
        *,
        batch_size: int = 32,
        sample_weight: Arrays | None = None,
    ) -> dict[str, float]:
        """Return the loss and the metrics on data, in inference mode.

        Raises:
            ValueError: data that do not fit; not compiled.
        """
        source = as_source(self.input_names, x, y, sample_weight, batch_size)
        return training.evaluate(self, training.feed_of(self, source))

    def predict(self, x: Arrays | BatchSource, batch_size: int = 32) -> Any:
        """Return the outputs for every sample, in inference mode, as host arrays.

        Returns:
            An array (samples, ...); a list of them for a model of several outputs.

        Raises:
            ValueError: data that do not fit.
        """
        source: BatchSource | ArraySource = (
            x
            if isinstance(x, BatchSource)
            else ArraySource(
                by_name("inputs", x, self.input_names), None, batch_size=batch_size, shuffle=False
            )
        )
        rules = input_rules(self)
        inputs = (check_inputs(batch[0], rules) for batch in source.batches(0))
        outputs = [np.concatenate(arrays) for arrays in steps.predict(self, inputs)]
        return outputs if len(outputs) > 1 else outputs[0]

    def train_on_batch(
        self, x: Arrays, y: Arrays | None = None, sample_weight: Arrays | None = None
    ) -> dict[str, float]:
        """Make one step on one batch, and return its loss and metrics.

        Raises:
            ValueError: data that do not fit; not compiled.
            FloatingPointError: the loss or a gradient is not finite; no weight was changed.
        """
        return training.train_on_batch(self, (x, y, sample_weight))

    def replace_head(self, after: str, *head: Layer) -> "Model":
        """Return a model that shares this one's layers up to `after`, then ends in `head`.

        Args:
            after: name of the last layer that is kept.
            head: new layers, called one after the other.

        Raises:
            ValueError: no layer has that name, it is called more than once, or `head` is empty.
        """
        kept = [node for node in self.graph.nodes if node.layer is self.get_layer(after)]
        if len(kept) != 1 or not head:
            raise ValueError(
                f"replace_head: needs a layer that is called once and one or more new layers, "
                f"received {after!r}, called {len(kept)} times, and {len(head)} layers"
            )
        tensor = self.graph.tensors[kept[0].output]
        for layer in head:
            tensor = layer(tensor)
        return Model(self.inputs, tensor, backend=self.backend, seed=self.seed)

    def refresh(self) -> None:
        """Take note of which layers are trainable now; `fit`, `freeze` and `unfreeze` do this."""
        super().refresh()
        if self.optimizer is not None:
            self.optimizer.refresh()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the folder `path`: model.json (the architecture) and weights.safetensors."""
        from halflight.nn.saving import save_model  # which imports Model

        save_model(self, path)

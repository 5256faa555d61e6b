"""Model: a network that can be compiled, fitted, evaluated, saved, and asked to predict."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from halflight.nn.checks import integer, require
from halflight.nn.class_weights import ClassWeighted, IndexedClassWeighted
from halflight.nn.compiled import TrainableNetwork
from halflight.nn.data import Arrays, RawBatch, by_name, check_inputs
from halflight.nn.history import History
from halflight.nn.layer import Layer
from halflight.nn.objective import input_rules
from halflight.nn.sources import (
    ArraySource,
    BatchSource,
    IndexedSource,
    as_source,
    validation_source,
)
from halflight.nn.steps import predict
from halflight.nn.training import evaluate, fit, loader_of, train_on_batch


class Model(TrainableNetwork):
    """A `Network` with Keras's `compile`, `fit`, `evaluate` and `predict`; arguments as there.

    Any number of threads may predict and evaluate, and others change the weights meanwhile: every
    prediction and evaluation is of one state of the weights, and waits for a step to end. Only one
    thread trains at a time. Copies (`copy.deepcopy`, pickle, joblib) go on as the original would.
    """

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
            shuffle: put the samples in a new order each epoch, for arrays.
            seed: of the shuffling, for arrays.
            class_weight: factors of the samples' weights by their integer class.
            sample_weight: (samples,), or a value for each row of the output (a mask of 0 and 1). A
                batch whose weights are all zero is left out as if it were not there.
            callbacks: see `halflight.nn.callbacks`.
            initial_epoch: number of the first epoch.
            steps_per_epoch: batches an epoch, for a generator.

        Raises:
            ValueError: data that do not fit, or are masked; nothing to train; not compiled; an
                epoch without a row of weight.
            RuntimeError: another thread trains these weights.
            FloatingPointError: the loss or a gradient is not finite and no TerminateOnNaN watches.
        """
        compiled, names = self.compiled(), self.input_names
        epochs = require("fit", "epochs", epochs, integer(least=0))
        initial_epoch = require("fit", "initial_epoch", initial_epoch, integer(least=0))
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
            rule = compiled.objective.rules.targets[0]
            if isinstance(source, IndexedSource):
                source = IndexedClassWeighted(source, class_weight, rule.shape)
            else:
                source = ClassWeighted(source, class_weight, rule.shape)
        validation = validation_source(names, validation_data, batch_size)
        return fit(compiled, source, validation, epochs, initial_epoch, callbacks)

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
        compiled = self.compiled()
        source = as_source(self.input_names, x, y, sample_weight, batch_size)
        return evaluate(compiled, loader_of(compiled, source))

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
        outputs = [np.concatenate(arrays) for arrays in predict(self, inputs)]
        return outputs if len(outputs) > 1 else outputs[0]

    def train_on_batch(
        self, x: Arrays, y: Arrays | None = None, sample_weight: Arrays | None = None
    ) -> dict[str, float]:
        """Make one step on one batch, and return its loss and metrics.

        Raises:
            ValueError: data that do not fit; not compiled.
            FloatingPointError: the loss or a gradient is not finite; no weight was changed.
        """
        return train_on_batch(self.compiled(), (x, y, sample_weight))

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

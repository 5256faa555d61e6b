"""Model: a network that can be compiled, fitted, evaluated, saved, and asked to predict."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from halflight.nn.callbacks.progress import ProgressLogger
from halflight.nn.checks import FRACTION, Rule, integer, require
from halflight.nn.class_weights import ClassWeighted, IndexedClassWeighted
from halflight.nn.compiled import TrainableNetwork
from halflight.nn.data import Arrays, RawBatch, by_name, check_inputs
from halflight.nn.history import History
from halflight.nn.layer import Layer
from halflight.nn.objective import input_rules
from halflight.nn.scores import Scores
from halflight.nn.sources import (
    ArraySource,
    BatchSource,
    IndexedSource,
    as_source,
    validation_source,
)
from halflight.nn.splitting import split_sources
from halflight.nn.steps import predict
from halflight.nn.training import evaluate, fit, loader_of, train_on_batch

_BATCH = 32  # samples, as in Keras
_VERBOSE = Rule(
    '"auto", 0, 1 or 2',
    lambda value: value == "auto" or (isinstance(value, int) and 0 <= value <= 2),
)


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
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        validation_split: float = 0.0,
        validation_data: BatchSource | Sequence[Any] | None = None,
        validation_batch_size: int | None = None,
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
            batch_size: samples a step, for arrays; None is 32.
            epochs: train until this many epochs are done.
            verbose: what is told on standard error: 0 nothing; 1, or "auto", a line an epoch, which
                on a terminal is a bar meanwhile; 2 the line alone. A `ProgressLogger` among the
                callbacks takes its place.
            validation_split: share of the samples, the last of them, to validate on instead of
                training, for arrays; `validation_data` goes before it.
            validation_data: a batch source (always asked for epoch 0), (x, y) or (x, y, weights).
            validation_batch_size: samples at a time there; None is `batch_size`.
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
        self.ready(x)
        compiled, names = self.compiled(), self.input_names
        batch_size = _BATCH if batch_size is None else batch_size
        verbose = require("fit", "verbose", verbose, _VERBOSE)
        share = require("fit", "validation_split", validation_split, FRACTION)
        validation_batch = batch_size if validation_batch_size is None else validation_batch_size
        epochs = require("fit", "epochs", epochs, integer(least=0))
        initial_epoch = require("fit", "initial_epoch", initial_epoch, integer(least=0))
        data = (names, x, y, sample_weight, batch_size)
        order: dict[str, Any] = {"shuffle": shuffle, "seed": seed}
        source: BatchSource
        if share and validation_data is None:
            source, validation_data = split_sources(
                *data, share, validation_batch_size=validation_batch, **order
            )
        else:
            source = as_source(*data, steps=steps_per_epoch, **order)
        if class_weight is not None:
            rule = compiled.objective.rules.targets[0]
            if isinstance(source, IndexedSource):
                source = IndexedClassWeighted(source, class_weight, rule.shape)
            else:
                source = ClassWeighted(source, class_weight, rule.shape)
        validation = validation_source(names, validation_data, validation_batch)
        told = not verbose or any(isinstance(each, ProgressLogger) for each in callbacks)
        watcher = None if told else ProgressLogger(bar=verbose != 2)
        return fit(compiled, source, validation, epochs, initial_epoch, callbacks, watcher)

    def evaluate(
        self,
        x: Arrays | BatchSource,
        y: Arrays | None = None,
        *,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: Arrays | None = None,
        return_dict: bool = False,
    ) -> dict[str, float]:
        """Return the loss and the metrics on data, in inference mode.

        Args:
            x, y, sample_weight: as for `fit`.
            batch_size: samples at a time, for arrays; None is 32.
            verbose: 0 says nothing; 1, 2 or "auto" also print them, in a line on standard error.
            return_dict: return a plain dictionary instead of `Scores`, which is a list as well.

        Raises:
            ValueError: data that do not fit; not compiled.
        """
        self.ready(x)
        compiled = self.compiled()
        verbose = require("evaluate", "verbose", verbose, _VERBOSE)
        batch_size = _BATCH if batch_size is None else batch_size
        source = as_source(self.input_names, x, y, sample_weight, batch_size)
        scores = Scores(evaluate(compiled, loader_of(compiled, source)))
        if verbose:
            line = "  ".join(f"{name} {value:.5g}" for name, value in scores.items())
            print(f"evaluated  {line}", file=sys.stderr, flush=True)
        return dict(scores.items()) if return_dict else scores

    def predict(
        self,
        x: Arrays | BatchSource | Iterator[Any],
        batch_size: int | None = None,
        verbose: int | str = 0,
    ) -> Any:
        """Return the outputs for every sample, in inference mode, as host arrays.

        Args:
            x: as for `fit`; or a generator of batches, until it ends: each of inputs, or a tuple
                that begins with them. Their sequences may be of other lengths, where the model's
                are None.
            batch_size: samples at a time, for arrays; None is 32.
            verbose: 0 says nothing; 1, 2 or "auto" also print how many samples there were.

        Returns:
            An array (samples, ...); a list of them for a model of several outputs.

        Raises:
            ValueError: data that do not fit, or outputs of lengths that differ.
        """
        self.ready(x)
        verbose = require("predict", "verbose", verbose, _VERBOSE)
        batch_size = _BATCH if batch_size is None else batch_size
        batches: Iterable[Any]
        if isinstance(x, BatchSource):
            batches = x.batches(0)
        elif isinstance(x, Iterator):
            batches = (batch if isinstance(batch, tuple) else (batch,) for batch in x)
        else:
            named = by_name("inputs", x, self.input_names)
            batches = ArraySource(named, None, batch_size=batch_size, shuffle=False).batches(0)
        rules = input_rules(self)
        inputs = (check_inputs(batch[0], rules) for batch in batches)
        parts = predict(self, inputs)
        for name, arrays in zip(self.output_names, parts, strict=True):
            shapes = {array.shape[1:] for array in arrays}
            if len(shapes) != 1:
                raise ValueError(
                    f"predict: the output {name!r} must have one shape to be one array, received "
                    f"{sorted(shapes)}: predict batch by batch"
                )
        outputs = [np.concatenate(arrays) for arrays in parts]
        if verbose:
            print(f"predicted {len(outputs[0])} samples", file=sys.stderr, flush=True)
        return outputs if len(outputs) > 1 else outputs[0]

    def train_on_batch(
        self, x: Arrays, y: Arrays | None = None, sample_weight: Arrays | None = None
    ) -> dict[str, float]:
        """Make one step on one batch, and return its loss and metrics.

        Raises:
            ValueError: data that do not fit; not compiled.
            FloatingPointError: the loss or a gradient is not finite; no weight was changed.
        """
        self.ready(x)
        return train_on_batch(self.compiled(), (x, y, sample_weight))

    def ready(self, x: Any) -> None:
        """Do what is left to do before inputs like `x` come: for a `Sequential`, to build."""

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

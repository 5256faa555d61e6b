"""Model: a graph of layers with memory, from construction to prediction."""

import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import kernels
from core.nn import losses, optimizers, training, weights
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
from core.nn.executor import Executor
from core.nn.graph import Graph
from core.nn.history import History
from core.nn.layer import Layer, Shape
from core.nn.losses import Loss
from core.nn.metrics import Metric
from core.nn.metrics import get as get_metric
from core.nn.optimizers import Optimizer
from core.nn.parameters import Parameters, stream
from core.nn.summary import summarize
from core.nn.tensor import Tensor


class Model:
    """Layers between `inputs` and one output, on one back end.

    Args:
        inputs: an `Input`, or a list of them; batches name them or keep this order.
        outputs: the tensor to predict (one, or a list of one).
        backend: "cpu", or "reference" for float64 NumPy.
        seed: fixes the initial weights and every dropout.

    Raises:
        ValueError: the graph is not whole; the message names the input or the layer.
    """

    def __init__(
        self,
        inputs: Tensor | Sequence[Tensor],
        outputs: Tensor | Sequence[Tensor],
        *,
        backend: str = "cpu",
        seed: int = 0,
    ) -> None:
        """Number the graph, name its layers, and draw their initial weights."""
        listed = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        ends = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        if len(ends) != 1:
            raise ValueError(f"Model: needs one output, received {len(ends)}: concatenate them")
        if type(seed) is not int or not 0 <= seed < 2**63:
            raise ValueError(f"Model: seed must be an integer of 0 to 2^63 - 1, received {seed!r}")
        self.graph = Graph(listed, ends[0])
        self.backend, self.seed = backend, seed
        self.kernels = kernels.load(backend)
        for layer in self.graph.layers:
            if hasattr(layer, "kernels"):
                raise layer.error("belongs to one model; build a new layer", "a layer in use")
        for layer in self.graph.layers:
            layer.kernels = self.kernels
        self.parameters = Parameters(self.kernels, self.layers, self.graph.weights, seed)
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.metrics: list[Metric] = []
        self.stop_training = False
        self._executors: dict[bool, Executor] = {}

    # Structure.

    @property
    def layers(self) -> list[Layer]:
        """The layers in the order they first run."""
        return self.graph.layers

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, in order."""
        return self.graph.input_names

    @property
    def input_shapes(self) -> list[Shape]:
        """Shapes of the inputs, without the batch axis."""
        return self.graph.shapes[: len(self.input_names)]

    @property
    def output_shape(self) -> Shape:
        """Shape of the output, without the batch axis."""
        return self.graph.shapes[self.graph.output]

    def get_layer(self, name: str) -> Layer:
        """Return the layer of that name.

        Raises:
            ValueError: there is none; the message lists the names.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer {name!r}; the layers are {[la.name for la in self.layers]}")

    def count_params(self) -> int:
        """Return the number of values in all weights, states included."""
        return sum(layer.count_params() for layer in self.layers)

    def flops(self) -> int:
        """Return the floating-point operations of one sample's forward pass."""
        return self.graph.flops()

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print a table of the layers: output shapes, parameters, operations."""
        print_fn(summarize(self.graph))

    # Weights.

    def get_weights(self) -> dict[str, NDArray[Any]]:
        """Return copies of all weights by their full names, `layer/weight`."""
        return {n: self.kernels.to_host(w.value) for n, w in self.graph.weights.items()}

    def set_weights(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Replace all weights; nothing changes unless every name and shape fits.

        Raises:
            ValueError: a name is missing or unknown, a shape differs, a value is not finite.
        """
        known = self.graph.weights
        if set(values) != set(known):
            raise ValueError(
                f"set_weights: missing {sorted(set(known) - set(values))}, "
                f"unknown {sorted(set(values) - set(known))}"
            )
        for name, weight in known.items():
            value = np.asarray(values[name])
            if value.shape != weight.shape or not np.isfinite(value).all():
                raise ValueError(
                    f"set_weights: {name!r} needs finite values of shape {weight.shape}, "
                    f"received {value.shape}"
                    + (" with NaN or infinity" if value.shape == weight.shape else "")
                )
        for name, weight in known.items():
            host = np.asarray(values[name], dtype=self.kernels.FLOAT)
            self.kernels.copy(weight.value, self.kernels.to_device(host))

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all weights as one safetensors file, whole or not at all."""
        weights.write_arrays(path, self.get_weights())

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read all weights; nothing changes unless the whole file fits this model.

        Raises:
            WeightsError: the file is broken, or another model's.
        """
        shapes = {name: weight.shape for name, weight in self.graph.weights.items()}
        self.set_weights(weights.read_arrays(path, shapes)[0])

    def freeze(self, *patterns: str) -> None:
        """Stop training the layers whose names match a pattern such as "trunk_*".

        A frozen BatchNormalization uses its moving statistics, as in Keras.

        Raises:
            ValueError: a pattern matches no layer; the message lists the names.
        """
        self._set_trainable(patterns, False)

    def unfreeze(self, *patterns: str) -> None:
        """Train the layers whose names match again.

        Raises:
            ValueError: a pattern matches no layer; the message lists the names.
        """
        self._set_trainable(patterns, True)

    # Training.

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
        self._executors.pop(True, None)
        if self.optimizer is not None:
            self.optimizer.refresh()

    def executor(self, batch: int, *, training: bool) -> Executor:
        """Return the planned memory for batches of at least `batch` samples."""
        known = self._executors.get(training)
        if known is None or known.capacity < batch:
            streams = [
                stream(self.seed, f"{node.layer.name}/call {i}")
                for i, node in enumerate(self.graph.nodes)
            ]
            known = Executor(self.graph, self.kernels, streams, batch, training=training)
            self._executors[training] = known
        return known

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

    def _set_trainable(self, patterns: Sequence[str], trainable: bool) -> None:
        names = [layer.name or "" for layer in self.layers]
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise ValueError(f"no layer matches {pattern!r}; the layers are {names}")
        for layer, name in zip(self.layers, names, strict=True):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                layer.trainable = trainable
        self.refresh()

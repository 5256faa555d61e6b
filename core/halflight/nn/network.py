"""Network: a graph of layers with weights and memory, before anything is said of training."""

import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflight.kernels import load
from halflight.nn.arrays import Shape, Weight
from halflight.nn.checks import SEED, require
from halflight.nn.executor import Executor
from halflight.nn.graph import Graph
from halflight.nn.hosts import host
from halflight.nn.layer import Tensor
from halflight.nn.naming import snake_case
from halflight.nn.ownership import join
from halflight.nn.parameters import Parameters, stream
from halflight.nn.structure import Structure
from halflight.nn.transfer import LoadReport, read_shared
from halflight.nn.weights import read_arrays, write_arrays


class Network(Structure):
    """Layers between `inputs` and `outputs`, on one back end: a graph with weights and memory.

    Layers that already belong to another network bring their weights along: both networks then
    train and use the same weights. A network can itself be called on tensors like a layer.

    Args:
        inputs: a tensor (mostly an `Input`), or a list of them; batches name them or keep this
            order.
        outputs: the tensor to predict, or a list of them.
        name: for its summary, picture and messages; a file does not keep it.
        backend: "cpu", "cuda" for an NVIDIA GPU, "reference" for float64 NumPy: see
            `halflight.kernels`; `choose` finds one for a device and a precision.
        seed: fixes the initial weights and every dropout.

    Raises:
        ValueError: the graph is not whole; the message names the input or the layer.
    """

    def __init__(
        self,
        inputs: Tensor | Sequence[Tensor],
        outputs: Tensor | Sequence[Tensor],
        *,
        name: str | None = None,
        backend: str = "cpu",
        seed: int = 0,
    ) -> None:
        """Number the graph and name its layers; weights are drawn when they are first needed."""
        seed = require("Model", "seed", seed, SEED)
        self.graph = Graph(
            [inputs] if isinstance(inputs, Tensor) else list(inputs),
            [outputs] if isinstance(outputs, Tensor) else list(outputs),
        )
        self.name = name or snake_case(type(self).__name__)
        self.backend, self.seed = backend, seed
        self.kernels = load(backend)
        self._many = not isinstance(outputs, Tensor)
        join(self.graph.layers, self.kernels, seed)
        self._executors: dict[bool, Executor] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: the layers with their weights, and who shares them."""
        self.owner.turns.require_untrained("copy")
        return self.__dict__ | {"_executors": {}, "_owner": self.owner}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's parts; its layers have their owner by now."""
        self.__dict__.update(state)
        del self.__dict__["_owner"]

    def __copy__(self) -> "Network":
        """Return another network of the same layers, which shares the weights."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__ | {"_executors": {}})
        return copied

    def __call__(self, inputs: Tensor | Sequence[Tensor]) -> Tensor | list[Tensor]:
        """Call every layer anew on other tensors, sharing the weights.

        Returns:
            One tensor, or a list where the network was built with a list of outputs.

        Raises:
            ValueError: the number of tensors or a shape differs.
        """
        given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        shapes = [tensor.shape for tensor in given]
        if shapes != self.input_shapes:
            raise ValueError(
                f"Model: is called on tensors of the shapes {self.input_shapes}, received {shapes}"
            )
        tensors = list(given)
        for node in self.graph.nodes:
            tensors.append(node.connect(tensors))
        ends = [tensors[number] for number in self.graph.outputs]
        return ends if self._many else ends[0]

    # Weights.

    @property
    def parameters(self) -> Parameters:
        """The memory of the weights, drawn when it is first needed."""
        return self._allocate()

    @property
    def weights(self) -> Mapping[str, Weight]:
        """All weights by their full names, `layer/weight`, with their values."""
        self._allocate()
        return self.graph.weights

    def get_weights(self) -> dict[str, NDArray[Any]]:
        """Return copies of all weights by their full names, `layer/weight`."""
        with self.reading():
            return {n: self.kernels.to_host(w.value) for n, w in self.weights.items()}

    def set_weights(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Replace all weights; nothing changes unless every name and shape fits.

        Raises:
            ValueError: a name is missing or unknown, a shape differs, a value is not finite.
        """
        known = self.weights
        if set(values) != set(known):
            raise ValueError(
                f"set_weights: missing {sorted(set(known) - set(values))}, "
                f"unknown {sorted(set(values) - set(known))}"
            )
        given = {name: host(f"set_weights: {name!r}", values[name]) for name in known}
        for name, weight in known.items():
            value = given[name]
            if value.shape != weight.shape or not np.isfinite(value).all():
                raise ValueError(
                    f"set_weights: {name!r} needs finite values of shape {weight.shape}, "
                    f"received {value.shape}"
                    + (" with NaN or infinity" if value.shape == weight.shape else "")
                )
        with self.writing("set_weights"):
            for name, weight in known.items():
                self.kernels.copy(weight.value, self.kernels.to_device(given[name]))

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all weights as one safetensors file, whole or not at all."""
        write_arrays(path, self.get_weights())

    def load_weights(
        self, path: str | os.PathLike[str], *, skip_mismatch: bool = False
    ) -> LoadReport:
        """Read weights; nothing changes unless the whole file fits this model.

        With `skip_mismatch`, weights that the file and the model share by name and shape are read,
        and all others are left alone on both sides: a trunk comes without its head.

        Returns:
            What was loaded and what was not; print it.

        Raises:
            WeightsError: the file is broken, or another model's; with skip_mismatch: it shares no
                weight with the model.
        """
        shapes = {name: weight.shape for name, weight in self.graph.weights.items()}
        if not skip_mismatch:
            self.set_weights(read_arrays(path, shapes)[0])
            return LoadReport(loaded=tuple(shapes))
        report, arrays = read_shared(path, shapes)
        self.set_weights(self.get_weights() | arrays)
        return report

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

    # Memory.

    def reset_states(self) -> None:
        """Let stateful layers forget: their next batch begins anew, and may have another size."""
        for layer in self.layers:
            layer.reset_state()

    def refresh(self) -> None:
        """Take note of which layers are trainable now.

        Raises:
            RuntimeError: another thread trains them.
        """
        self.owner.turns.require_untrained("freeze")
        with self.writing("freeze"):
            self._executors.pop(True, None)

    def executor(
        self, batch: int, *, training: bool, shapes: Sequence[Shape] | None = None
    ) -> Executor:
        """Return the planned memory for batches of at least `batch` samples.

        `shapes` are those of the inputs, which a network of lengths that vary must be told, before
        each batch anew: its layers are built for them.
        """
        graph = self.graph
        graph.require_samples(batch)
        if graph.varies:
            if shapes is None:
                raise ValueError("executor: needs the inputs' shapes, as lengths vary")
            graph = graph.at(shapes)
        known = self._executors.get(training)
        if known is None or known.capacity < batch or known.shapes != graph.shapes:
            streams = [
                stream(self.seed, f"{node.layer.name}/call {i}")
                for i, node in enumerate(graph.nodes)
            ]
            self._allocate()
            known = None
            self._executors.pop(training, None)  # which gives its memory back first
            known = Executor(graph, self.kernels, streams, batch, training=training)
            self._executors[training] = known
        return known

    def _allocate(self) -> Parameters:
        """Draw the weights, unless that was done; other networks may have joined the ownership."""
        return self.owner.allocated()

    def _set_trainable(self, patterns: Sequence[str], trainable: bool) -> None:
        names = [layer.name or "" for layer in self.layers]
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise ValueError(f"no layer matches {pattern!r}; the layers are {names}")
        for layer, name in zip(self.layers, names, strict=True):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                layer.trainable = trainable
        self.refresh()

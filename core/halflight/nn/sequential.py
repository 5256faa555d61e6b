"""Sequential: a model that is a plain stack of layers, built as soon as its input is known."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from halflight.nn.arrays import Shape
from halflight.nn.data import Arrays
from halflight.nn.hosts import host
from halflight.nn.layer import Input, Layer, Owner, Tensor
from halflight.nn.model import Model
from halflight.nn.naming import snake_case
from halflight.nn.network import Network
from halflight.nn.sources import BatchSource

_GRAPH = ("graph", "kernels", "_many", "_executors")  # what building makes


class Sequential(Model):
    """A model whose layers follow one another; they may be added and taken off again.

    Its input is known from an `Input` as the first entry, from the first layer's `input_shape`,
    from a model as the first entry, or else from the first data in `fit`, `evaluate` or `predict`.
    Until then it has no weights; `compile` may come before.

    Args:
        layers: an Input, if any, then layers and models of one output.
        name, backend, seed: see `Network`.

    Raises:
        ValueError: an entry is something else, or does not fit what it follows.
    """

    def __init__(
        self,
        layers: Iterable[Tensor | Layer | Network] | None = None,
        *,
        name: str | None = None,
        backend: str = "cpu",
        seed: int = 0,
    ) -> None:
        """Stack the layers, and build what can be built."""
        self.name = name or snake_case(type(self).__name__)
        self.backend, self.seed = backend, seed
        self._stack: list[Layer | Network] = []
        self._ends: list[int] = []
        """Which tensor of the graph each entry ends in."""
        self._input: Tensor | None = None
        self._compile: tuple[Any, ...] | None = None
        if isinstance(layers, Tensor | Layer | Network):
            raise ValueError(f"Sequential: takes a list of layers, received {layers!r:.200}")
        for entry in layers or ():
            self._append(entry)
        self._grow()

    @property
    def built(self) -> bool:
        """Whether the input's shape, and so every weight's, is known."""
        return "graph" in self.__dict__

    @property
    def owner(self) -> Owner:
        """Who keeps the memory of the weights.

        Raises:
            AttributeError: the model is not built yet.
        """
        if not self.built:
            raise AttributeError
        return super().owner

    @property
    def layers(self) -> list[Layer]:
        """The layers in the order they run, those of models inside among them."""
        if self.built:
            return super().layers
        return [
            layer
            for entry in self._stack
            for layer in (entry.layers if isinstance(entry, Network) else [entry])
        ]

    def add(self, layer: Tensor | Layer | Network) -> None:
        """Put one more layer, or model, on top; a built model is to be compiled again.

        Raises:
            ValueError: it is no layer, or does not fit what it follows; nothing was changed.
        """
        before = self._input
        self._append(layer)
        try:
            self._grow()
        except ValueError:
            self._input = before
            self._stack.pop()
            raise

    def pop(self) -> Layer | Network:
        """Take the last layer, or model, off and return it; compile what is left again.

        Raises:
            ValueError: there is none.
        """
        if not self._stack:
            raise ValueError("Sequential: pop needs a layer to take off, received none")
        popped = self._stack.pop()
        if self.built:
            tensors = self.graph.tensors
            self._ends.pop()
            self._input = self.graph.inputs[0]
            if self._ends:
                self._rebuild(tensors[self._ends[-1]])
            else:
                for part in (*_GRAPH, "_compiled"):
                    self.__dict__.pop(part, None)
        return popped

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Build for inputs of that shape, whose first axis is the batch (None), as in Keras.

        Raises:
            ValueError: a layer does not fit, or the model is built for another shape.
        """
        shape = tuple(input_shape)[1:]
        if self.built and [shape] != self.input_shapes:
            raise ValueError(f"Sequential: is built for {self.input_shapes}, received {shape}")
        if not self.built:
            self._begin(shape)  # type: ignore[arg-type]

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Choose how to train, as `Model.compile`; before the model is built, for when it is."""
        self._compile = None if self.built else (args, kwargs)
        if self.built:
            super().compile(*args, **kwargs)

    def ready(self, x: Any) -> None:
        """Build for inputs like `x`, if that is still to be done."""
        if self.built:
            return
        if isinstance(x, BatchSource):
            x = next(iter(x.batches(0)))[0]
        elif not hasattr(x, "__array__") and not isinstance(x, list | tuple | dict):
            raise ValueError(
                f"Sequential: a stream of batches does not say its shape beforehand: begin with "
                f"Input(...), received {type(x).__name__}"
            )
        self._begin(_only(x).shape[1:])

    def __call__(self, inputs: Tensor | Sequence[Tensor]) -> Tensor | list[Tensor]:
        """Call every layer on another tensor, sharing the weights; see `Network`.

        Layers that are not built become those of the model that is made of the tensors.
        """
        if self.built:
            return super().__call__(inputs)
        last: Tensor | list[Tensor] = inputs if isinstance(inputs, Tensor) else list(inputs)
        for entry in self._stack:
            last = entry(last)
        return last

    def __getattr__(self, name: str) -> Any:
        """Say of what only a built model has that it is not there yet."""
        if name in (*_GRAPH, "owner"):
            raise AttributeError(
                f"Sequential: has no {name} yet, as its input's shape is unknown: begin with "
                "Input(...), give the first layer an input_shape, or fit it"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        """Say what goes in and comes out, or that it is not known yet."""
        if self.built:
            return super().__repr__()
        return f"<Sequential {self.name!r}: {len(self._stack)} entries, no input's shape yet>"

    def _repr_html_(self) -> str:
        """Return the table of layers, or a line where there is none yet."""
        return super()._repr_html_() if self.built else f"<p>{escape(repr(self))}</p>"

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of."""
        return super().__getstate__() if self.built else dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's parts."""
        if "graph" in state:
            super().__setstate__(state)
        else:
            self.__dict__.update(state)

    def __copy__(self) -> "Sequential":
        """Return another stack of the same layers, which shares the weights."""
        copied = super().__copy__()
        assert isinstance(copied, Sequential)
        copied._stack, copied._ends = list(self._stack), list(self._ends)
        return copied

    def _append(self, entry: Any) -> None:
        """Take note of an entry, and of the input if it says so."""
        begins = not self._stack and self._input is None
        if isinstance(entry, Tensor) and entry.call is None and begins:
            self._input = entry
            return
        if not isinstance(entry, Layer | Network):
            raise ValueError(
                "Sequential: every entry is a layer, or a model of one output; the first may be an "
                f"Input(...), received {entry!r:.200}"
            )
        if begins and isinstance(entry, Layer) and entry.input_shape is not None:
            self._input = Input(entry.input_shape, dtype=_dtype(entry))
        elif begins and isinstance(entry, Network) and _built(entry):
            first = entry.inputs[0]
            self._input = Input(first.shape, dtype=first.dtype, batch_size=first.samples)
        self._stack.append(entry)

    def _begin(self, shape: Shape) -> None:
        """Build for inputs of that shape, and compile as was asked for."""
        if not self._stack:
            raise ValueError("Sequential: has no layer: add() one")
        first: Layer | Network | None = self._stack[0]
        while isinstance(first, Sequential) and first._stack:
            first = first._stack[0]
        self._input = self._input or Input(shape, dtype=_dtype(first))
        try:
            self._grow()
        except ValueError:
            self._input = None
            raise
        if self._compile is not None:
            (args, kwargs), self._compile = self._compile, None
            super().compile(*args, **kwargs)

    def _grow(self) -> None:
        """Call the entries that are not in the graph yet, if the input is known."""
        last = self.graph.tensors[self._ends[-1]] if self._ends else self._input
        if last is None:
            return
        calls: list[Tensor] = []
        for entry in self._stack[len(self._ends) :]:
            output = entry(last)
            if not isinstance(output, Tensor):
                raise ValueError(
                    f"Sequential: every entry has one output, received {len(output)} of {entry!r}"
                )
            calls.append(output)
            last = output
        if calls:
            before = [self.graph.tensors[number] for number in self._ends] if self._ends else []
            self._rebuild(last)
            places = {id(tensor): i for i, tensor in enumerate(self.graph.tensors)}
            self._ends = [places[id(tensor)] for tensor in (*before, *calls)]

    def _rebuild(self, output: Tensor) -> None:
        """Make the graph that ends in `output`."""
        begin = self.graph.inputs[0] if self.built else self._input
        assert begin is not None
        options = {"name": self.name, "backend": self.backend, "seed": self.seed}
        Model.__init__(self, begin, output, **options)  # type: ignore[arg-type]
        self.__dict__.pop("_compiled", None)


def _built(network: Network) -> bool:
    return not isinstance(network, Sequential) or network.built


def _dtype(first: Layer | Network | None) -> str:
    """Return the dtype of what a first entry is called on."""
    return "int32" if isinstance(first, Layer) and first.takes_integers else "float32"


def _only(x: Arrays) -> Any:
    """Return the one input among `x`, as an array."""
    parts = list(x.values()) if isinstance(x, dict) else x
    if isinstance(parts, list | tuple) and len(parts) == 1 and hasattr(parts[0], "__array__"):
        parts = parts[0]
    return host("inputs", parts)

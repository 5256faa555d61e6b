"""Structure: what the graph of a network says of itself."""

from collections.abc import Callable

from halflight.nn.arrays import Shape
from halflight.nn.graph import Graph
from halflight.nn.layer import Layer, Tensor
from halflight.nn.sharing import Shared
from halflight.nn.summary import as_html, summarize


class Structure(Shared):
    """A named graph on a back end: its inputs, layers and outputs, and how they are shown."""

    name: str
    backend: str
    graph: Graph

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
    def inputs(self) -> list[Tensor]:
        """The input tensors."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The output tensors."""
        return [self.graph.tensors[number] for number in self.graph.outputs]

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs, in order: those of the layers that write them."""
        return self.graph.output_names

    @property
    def output_shapes(self) -> list[Shape]:
        """Shapes of the outputs, without the batch axis."""
        return [self.graph.shapes[number] for number in self.graph.outputs]

    @property
    def output_shape(self) -> Shape:
        """Shape of the only output, without the batch axis.

        Raises:
            ValueError: there are several; see `output_shapes`.
        """
        if len(self.output_shapes) != 1:
            raise ValueError(f"Model: has the outputs {self.output_names}: see output_shapes")
        return self.output_shapes[0]

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
        return sum(layer.count_params() for layer in self.graph.layers)

    def flops(self) -> int:
        """Return the floating-point operations of one sample's forward pass."""
        return self.graph.flops()

    def __repr__(self) -> str:
        """Say what goes in and comes out, and how large the model is."""
        shapes = ", ".join(map(str, self.input_shapes)), ", ".join(map(str, self.output_shapes))
        return (
            f"<{type(self).__name__} {self.name!r}: {' -> '.join(shapes)}, {len(self.layers)} "
            f"layers, {self.count_params():,} parameters, {self.backend}>"
        )

    def _repr_html_(self) -> str:
        """Return the table of layers, as notebooks ask for it."""
        return as_html(self.graph, repr(self))

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print a table of the layers: output shapes, parameters, operations."""
        print_fn(summarize(self.graph))

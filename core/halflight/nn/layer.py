"""Layers: operations with weights, which draw a model's graph when they are called."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host, Scratch, ScratchRequest, Shape, Weight
from halflight.nn.checks import BOOLEAN, broken, check
from halflight.nn.configuration import HINT, configuration
from halflight.nn.constraints import Constraint
from halflight.nn.initializers import Initializer
from halflight.nn.lengths import connected, require_same
from halflight.nn.parameters import Parameters
from halflight.nn.registry import Registry
from halflight.nn.regularizers import L1L2
from halflight.nn.remembering import Remembering
from halflight.nn.tensor import SIZES, Tensor, check_mask
from halflight.nn.tensor import Input as Input
from halflight.nn.turns import Turns


class Owner(Protocol):
    """Who keeps the memory of a layer's weights, and of all that share it: see `ownership`."""

    layers: list[Layer]
    turns: Turns

    def allocated(self) -> Parameters:
        """Return the memory."""
        ...


@dataclass(eq=False)
class Layer(Remembering):
    """A configured operation on images or vectors, channels last.

    A subclass is a dataclass (`@dataclass(eq=False)`) whose fields are its configuration. It
    declares its weights in `build` and computes in `forward` and `backward`, writing into arrays
    that it is given: outputs come first, and nothing is allocated. `backward` may overwrite `dy`.

    Attributes:
        name: unique in the model, which assigns `conv2d`, `conv2d_1`, ... where None.
        trainable: False freezes the weights.
        input_shape: of a `Sequential`'s first layer: its input's shape, without the batch axis.
        kernels: the back end, set by the model.
        stream, step: random stream of this call and number of the training step (for dropout).
        named_by_graph: whether the name may change when models with equal names are joined.
    """

    name: str | None = field(default=None, kw_only=True)
    trainable: bool = field(default=True, kw_only=True)
    input_shape: tuple[int, ...] | None = field(
        default=None, kw_only=True, repr=False, metadata=HINT
    )
    kernels: Backend = field(init=False, repr=False)
    stream: int = field(init=False, repr=False, default=0)
    step: int = field(init=False, repr=False, default=0)
    named_by_graph: bool = field(init=False, repr=False, default=False)

    takes_list: ClassVar[bool] = False
    """True for a layer that is called on a list of tensors (x and dx are then lists)."""
    takes_states: ClassVar[bool] = False
    """True for a layer that is called on a tensor, or on a list of it and what it begins with."""
    takes_integers: ClassVar[bool] = False
    """True for a layer that is called on an Input of dtype "int32"."""
    always_writes_dx: ClassVar[bool] = False
    """True where `backward` cannot do without a dx; the model then gives it a spare array."""
    activity: ClassVar[Scratch | None] = None
    """Where a layer writes the penalty (1,) on what it is given, to be added to the loss."""
    has_gradient: ClassVar[bool] = True
    """False for a layer whose output does not change where its input does a little."""
    makes_masks: ClassVar[bool] = False
    """True for a layer that `on_host` computes as well: what masks are made of."""
    uses_mask: ClassVar[bool] = False
    """True for a layer that reads the mask of its input: where there is one, x is a list, and ends
    in the mask."""
    masked_input: ClassVar[int] = 0
    """Number of the input whose steps the mask is of."""
    passes_mask: ClassVar[bool] = False
    """True for a layer that leaves every step where it is: its output has its input's mask."""

    def __post_init__(self) -> None:
        """Prepare an unbuilt layer, then let the subclass check its configuration."""
        self.weights: dict[str, Weight] = {}
        self.scratches: dict[str, Scratch] = {}
        self._requests: list[ScratchRequest] = []
        self._built_for: list[Shape] | None = None
        self._outputs: list[Tensor] = []
        self.masked = False
        self.owner: Owner | None = None
        if self.name is not None and (not isinstance(self.name, str) or not self.name):
            raise self.error("name must be a non-empty string", self.name)
        if self.name is not None and "/" in self.name:
            raise self.error("name must not hold a '/'", self.name)
        check(self, BOOLEAN, "trainable")
        check(self, SIZES.or_none(), "input_shape")
        self.check()

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: all but the graphs that this layer is in."""
        if self.owner is not None:
            self.owner.turns.require_untrained(f"copy of {self.label}")
        return self.__dict__ | {"_outputs": [], "_requests": [], "owner": None}

    def __copy__(self) -> Layer:
        """Refuse: two layers would share weights, and only one of them know their memory.

        Raises:
            TypeError: always, but for a layer without weights.
        """
        if self.weights:
            raise TypeError(
                f"{self.label}: a shallow copy would share its weights: call the layer itself once "
                "more, or use copy.deepcopy"
            )
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__getstate__())
        return copied

    # What a subclass writes.

    def check(self) -> None:
        """Validate and normalise the configuration; raise `self.error(rule, received)`."""

    def build(self, shape: Any) -> Shape:
        """Declare weights and scratch for inputs of `shape` and return the output's shape."""
        raise NotImplementedError

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write the output `y` of the input `x`."""
        raise NotImplementedError

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write `dx` (None where nobody needs it) and add to the gradients of trainable weights."""
        raise NotImplementedError

    def on_host(self, x: Sequence[Host]) -> Host:
        """Return the output for arrays of the host, of a layer that `makes_masks`."""
        raise NotImplementedError

    def flops(self, shape: Any, output_shape: Shape) -> int:
        """Floating-point operations of one sample's forward pass (a multiply-add counts two)."""
        return math.prod(output_shape)

    # What a subclass uses.

    def param(
        self,
        name: str,
        shape: Shape,
        initializer: Initializer,
        *,
        decay: bool = False,
        regularizer: L1L2 | None = None,
        constraint: Constraint | None = None,
    ) -> Weight:
        """Declare a trained weight; `decay` lets weight decay act on it."""
        new = Weight(name, shape, initializer, True, decay, regularizer, constraint)
        return require_same(self, self.weights.setdefault(name, new), shape)

    def state(self, name: str, shape: Shape, initializer: Initializer) -> Weight:
        """Declare a weight that is saved but not trained, such as a running mean."""
        new = Weight(name, shape, initializer, False)
        return require_same(self, self.weights.setdefault(name, new), shape)

    def scratch(
        self,
        name: str,
        shape: Shape,
        *,
        integer: bool = False,
        per_sample: bool = True,
        late: bool = False,
    ) -> Scratch:
        """Declare memory (float, or int32 if `integer`), with a batch axis if `per_sample`.

        What is `late` is there in the backward pass alone.
        """
        scratch = self.scratches.setdefault(name, Scratch())
        self._requests.append(ScratchRequest(scratch, shape, integer, per_sample, late))
        return scratch

    def error(self, rule: str, received: object) -> ValueError:
        """Return the error that names this layer, the rule it broke and what was received."""
        return broken(self, rule, received)

    # What everyone else uses.

    @property
    def label(self) -> str:
        """The class and, once it has one, the name: `Conv2D 'conv2d_1'`."""
        return type(self).__name__ + (f" {self.name!r}" if self.name else "")

    def __call__(self, inputs: Tensor | Sequence[Tensor], mask: Tensor | None = None) -> Tensor:
        """Add this layer to the graph that leads to `inputs`; calling twice shares the weights.

        Args:
            inputs: a tensor, or a list of them.
            mask: (time,) of 1 and 0: which steps count; None is the mask that `inputs` come with.

        Raises:
            ValueError: the inputs do not fit the layer; the message names the rule and the shape.
        """
        tensor = self._connect(inputs, mask)
        assert tensor.call is not None
        ends = not self.passes_mask and not self.uses_mask
        if ends and any(read.mask for read in tensor.call.inputs) and tensor.mask is None:
            warnings.warn(
                f"{self.label}: takes no mask: from here on every step counts", stacklevel=2
            )
        return tensor

    def _connect(self, inputs: Tensor | Sequence[Tensor], mask: Tensor | None) -> Tensor:
        """Check the inputs, build, and return the output; nothing is said of a mask that ends."""
        tensors = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        listed = not isinstance(inputs, Tensor)
        if not tensors or (listed != self.takes_list and not (listed and self.takes_states)):
            rule = f"takes {'a list of tensors' if self.takes_list else 'one tensor'}"
            raise self.error(rule, inputs)
        if not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise self.error("is called on tensors (Input(...) or another layer's output)", inputs)
        expected = "int32" if self.takes_integers else "float32"
        if any(tensor.dtype != expected for tensor in tensors):
            raise self.error(f"takes {expected} tensors", [tensor.dtype for tensor in tensors])
        if mask is None:
            mask = self.mask_of(tensors)
        else:
            check_mask(self, tensors[self.masked_input].shape[:1], mask)
        read, masked = tensors, False
        if mask is not None and self.uses_mask:
            read, masked = (*tensors, mask), True
        shapes = [tensor.shape for tensor in read]
        if self._built_for not in (None, shapes) or (self._built_for and self.masked != masked):
            raise self.error(f"is shared: every call needs the shapes {self._built_for}", shapes)
        tensor = connected(self, read, masked=masked)
        self._built_for = shapes
        tensor.mask = self.compute_mask(tensors, mask)
        self.add_output(tensor)
        return tensor

    def build_for(
        self, shapes: list[Shape], *, masked: bool
    ) -> tuple[Shape, tuple[ScratchRequest, ...]]:
        """Build for inputs of these shapes; return the output's, and the memory that it takes."""
        self._requests, self.masked = [], masked
        output = self.build(shapes if self.takes_list or len(shapes) > 1 else shapes[0])
        return tuple(output), tuple(self._requests)

    def call_on(self, read: Sequence[Tensor], *, masked: bool) -> Tensor:
        """Call it on what a call of a graph read, of which the last may be a mask."""
        *tensors, last = read
        if not masked:
            tensors.append(last)
        listed = self.takes_list or len(tensors) != 1
        return self._connect(tensors if listed else tensors[0], last if masked else None)

    def mask_of(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Return the mask that the inputs come with: that of the first of them, mostly."""
        return tensors[self.masked_input].mask

    def compute_mask(self, tensors: Sequence[Tensor], mask: Tensor | None) -> Tensor | None:
        """Return the output's mask: the input's, if the layer passes it."""
        return mask if self.passes_mask else None

    def add_output(self, tensor: Tensor) -> None:
        """Note one more call of this layer, by what it writes."""
        self._outputs.append(tensor)

    @property
    def output(self) -> Tensor:
        """The tensor that this layer writes.

        Raises:
            ValueError: the layer was called not at all, or more than once.
        """
        if len(self._outputs) != 1:
            raise self.error("has one output only if it was called once", len(self._outputs))
        return self._outputs[0]

    @property
    def index_limit(self) -> int | None:
        """What integers that this layer is called on must be below; None for other layers."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)

    def count_params(self) -> int:
        """Return the number of values in all weights, states included."""
        return sum(math.prod(weight.shape) for weight in self.weights.values())


LAYERS = Registry[Layer]("layer", Layer)
"""Every layer that a saved model may name: those of `halflight.nn.layers`, and registered ones."""

"""Fusing layers: a convolution takes along the normalisation, rectifier and pooling behind it.

The model keeps its layers; only the order of work changes, and memory is read and written less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from halflight.nn.arrays import Array, Scratch, ScratchRequest
from halflight.nn.graph import Graph, Node
from halflight.nn.layer import Layer
from halflight.nn.layers.activation import Elementwise, Function
from halflight.nn.layers.convolution import Conv2D
from halflight.nn.layers.normalization import BatchNormalization
from halflight.nn.layers.pooling import MaxPooling2D


@dataclass(eq=False)
class FusedConvolution(Layer):
    """A convolution and what follows it, computed by fused kernels; its weights are theirs.

    Attributes:
        unpooled: memory of the convolution's outputs where the backward pass needs them, or of
            their gradients; None where those take the place of the outputs' own.
    """

    convolution: Conv2D
    normalization: BatchNormalization | None
    slope: float
    pooling: MaxPooling2D | None
    unpooled: Scratch | None = field(default=None, init=False)

    def forward(self, y: Array, x: Array, training: bool) -> None:
        """Write y, and what the backward pass needs."""
        conv, norm = self.convolution, self.normalization
        pool = self.pooling is not None
        if norm and training:
            assert self.unpooled is not None
            z = self.unpooled.value
            conv.convolve(z, x)
            self.kernels.batch_norm_fused_forward(
                y,
                self.index(y),
                norm.mean.value,
                norm.inverse_deviation.value,
                norm.moving_mean.value,
                norm.moving_variance.value,
                z,
                norm.gamma_value,
                norm.beta_value,
                norm.momentum,
                norm.epsilon,
                self.slope,
                pool,
            )
            return
        folded = (None, None, None, None, 0.0)
        if norm:
            moving = (norm.moving_mean.value, norm.moving_variance.value, norm.epsilon)
            folded = (norm.gamma_value, norm.beta_value, *moving)
        self.kernels.conv2d_fused_forward(
            y,
            self.index(y) if training else None,
            x,
            conv.kernel.value,
            conv.bias_value,
            *folded,
            self.slope,
            pool,
            *conv.geometry,
            conv.groups,
        )

    def backward(self, dx: Array, dy: Array, x: Array, y: Array) -> None:
        """Write dx; add to the gradients of all weights."""
        norm, dz = self.normalization, dy
        if norm:
            assert self.unpooled is not None
            z = dz = self.unpooled.value
            self.kernels.batch_norm_fused_backward(
                dz,
                *norm.gradients,
                dy,
                self.index(y),
                z,
                norm.gamma_value,
                norm.beta_value,
                norm.mean.value,
                norm.inverse_deviation.value,
                self.slope,
                self.pooling is not None,
            )
        elif self.unpooled:
            dz = self.unpooled.value
            self.kernels.rectified_pool_backward(dz, dy, self.index(y), y, self.slope)
        elif self.slope != 1.0:
            self.kernels.leaky_relu_backward(dz, dy, y, self.slope)
        self.convolution.convolve_backward(dx, dz, x)

    def index(self, y: Array) -> Array:
        """Where the places of the maxima are kept, in the shape of y; None without pooling."""
        return self.pooling.indices[0].value.reshape(y.shape) if self.pooling else None


def fuse(graph: Graph, *, training: bool) -> list[Node]:
    """The calls of a graph in order, those that one kernel can compute together as one call.

    Only what nobody else reads goes inside; a normalisation that trains with its moving statistics
    stays outside, as its gradient needs what it read.
    """
    readers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for number in node.inputs:
            readers.setdefault(number, []).append(node)

    def follower(node: Node) -> Node | None:
        found = readers.get(node.output, [])
        return found[0] if len(found) == 1 and node.output not in graph.outputs else None

    fused: list[Node] = []
    inside: set[int] = set()
    for node in graph.nodes:
        if node.output in inside:
            continue
        chain = [node]
        for fits in _followers(node.layer, training=training):
            candidate = follower(chain[-1])
            if candidate and fits(candidate.layer):
                chain.append(candidate)
        inside |= {part.output for part in chain}
        whole = len(chain) > 1 or _rectifies(node.layer)
        fused.append(_joined(graph, chain, training=training) if whole else node)
    return fused


def _is(layer: Layer, kind: type[Layer]) -> bool:
    """Whether it computes what `kind` does: a subclass may have calculus of its own."""
    return (
        isinstance(layer, kind)
        and type(layer).forward is kind.forward
        and type(layer).backward is kind.backward
    )


def _rectifies(layer: Layer) -> bool:
    """Whether it is a convolution that ends in a rectifier."""
    if not isinstance(layer, Conv2D) or not _is(layer, Conv2D):
        return False
    return layer.function is not None and _slope(layer.function) is not None


def _followers(layer: Layer, *, training: bool) -> list[Callable[[Layer], bool]]:
    """What may follow a layer inside a fused call, in order; each may be missing."""
    if not isinstance(layer, Conv2D) or not _is(layer, Conv2D) or _slope(layer.function) is None:
        return []
    if layer.function:
        return [_pools_pairs]
    return [_normalizes_batches if training else _normalizes, _is_rectifier, _pools_pairs]


def _slope(function: Function | None) -> float | None:
    """The slope of a rectifier below zero, 1 where there is none; None for other activations."""
    if function is None:
        return 1.0
    return {"relu": 0.0, "leaky_relu": (*function.constants, 0.0)[0]}.get(function.kernel)


def _normalizes(layer: Layer) -> bool:
    return _is(layer, BatchNormalization)


def _normalizes_batches(layer: Layer) -> bool:
    return isinstance(layer, BatchNormalization) and layer.trains_on_batch and _normalizes(layer)


def _is_rectifier(layer: Layer) -> bool:
    return (
        isinstance(layer, Elementwise)
        and _is(layer, Elementwise)
        and _slope(layer.function) is not None
    )


def _pools_pairs(layer: Layer) -> bool:
    """Whether it takes the largest of every 2 x 2 pixels and leaves out an odd last one."""
    if not isinstance(layer, MaxPooling2D) or not _is(layer, MaxPooling2D):
        return False
    windows = layer.passes[0]
    halves = tuple(length // 2 for length in windows.x[:2])
    return windows.geometry == ((2, 2), (2, 2), (0, 0)) and windows.y[:2] == halves


def _joined(graph: Graph, chain: Sequence[Node], *, training: bool) -> Node:
    """The fused call of a chain, with the memory that its parts and the whole need."""
    conv = chain[0].layer
    assert isinstance(conv, Conv2D)
    norm = next((p.layer for p in chain if isinstance(p.layer, BatchNormalization)), None)
    pooling = next((p.layer for p in chain if isinstance(p.layer, MaxPooling2D)), None)
    functions = [
        conv.function,
        *(p.layer.function for p in chain if isinstance(p.layer, Elementwise)),
    ]
    slope = next((s for f in functions if f and (s := _slope(f)) is not None), 1.0)
    layer = FusedConvolution(conv, norm, slope, pooling, name=conv.name)
    layer.kernels = conv.kernels
    requests = [request for part in chain for request in part.requests] if training else []
    if training and (norm or pooling):
        layer.unpooled = Scratch()
        shape = graph.shapes[chain[0].output]
        requests.append(
            ScratchRequest(layer.unpooled, shape, integer=False, per_sample=True, late=not norm)
        )
    return Node(layer, chain[0].inputs, chain[-1].output, tuple(requests))

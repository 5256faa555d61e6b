"""What is compared for precision: the same convolutions and networks, computed by every method.

The methods are the back ends cpu and cpu_precise, "torch", PyTorch in float32, and "exact", the
same in float64.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from halflight import kernels
from halflight.nn.layers import Conv2D
from tests.benchmarks.networks import halflight, torch_network

OURS = ("cpu", "cpu_precise")
BATCH = 8  # of single convolutions
FLATTENED = (5, 5, 128)  # what N1's first dense layer reads

Host = NDArray[Any]
Results = dict[str, list[Host]]
Method = Callable[[Host, Host], Results]


class Convolution(NamedTuple):
    """A convolution with stride 1 of (height, width, channels in) and a square kernel."""

    height: int
    width: int
    channels_in: int
    channels: int
    size: int
    padding: int

    def __str__(self) -> str:
        """Sizes and channels."""
        size, image = f"{self.size}x{self.size}", f"{self.height}x{self.width}"
        return f"{size}, {self.channels_in} -> {self.channels} on {image}"


def convolutions(network: str) -> list[Convolution]:
    """The different convolutions of a network, in order."""
    graph, found = halflight(network).graph, []
    for node in graph.nodes:
        if isinstance(node.layer, Conv2D):
            height, width, channels_in = graph.shapes[node.inputs[0]]
            size = node.layer.kernel.shape[0]
            same = graph.shapes[node.output][0] == height
            padding = size // 2 if same else 0
            found.append(Convolution(height, width, channels_in, node.layer.filters, size, padding))
    return list(dict.fromkeys(found))


def convolution_results(conv: Convolution) -> dict[str, Results]:
    """Output, input gradient and weight gradient of one convolution of noise, by every method."""
    import torch

    rng = np.random.Generator(np.random.Philox(key=[2, conv.channels]))
    trim = conv.size - 1 - 2 * conv.padding
    output = (BATCH, conv.height - trim, conv.width - trim, conv.channels)
    x, w, dy = (
        rng.standard_normal(shape, np.float32)
        for shape in (
            (BATCH, conv.height, conv.width, conv.channels_in),
            (conv.size, conv.size, conv.channels_in, conv.channels),
            output,
        )
    )
    found: dict[str, Results] = {}
    for name in OURS:
        backend = kernels.load(name)
        y, dx, dw = (backend.zeros(shape) for shape in (output, x.shape, w.shape))
        geometry = ((1, 1), (conv.padding,) * 2, (1, 1), 1)
        backend.conv2d_forward(y, x, w, None, *geometry)
        backend.conv2d_backward_input(dx, dy, w, *geometry)
        backend.conv2d_backward_weights(dw, None, dy, x, *geometry)
        found[name] = {"output": [y], "input gradient": [dx], "weight gradient": [dw]}
    for name, dtype in (("torch", torch.float32), ("exact", torch.float64)):
        images, taps, gradient = (
            torch.from_numpy(np.ascontiguousarray(array.transpose(axes))).to(dtype)
            for array, axes in ((x, (0, 3, 1, 2)), (w, (3, 2, 0, 1)), (dy, (0, 3, 1, 2)))
        )
        images = images.contiguous(memory_format=torch.channels_last).requires_grad_()
        taps = taps.contiguous(memory_format=torch.channels_last).requires_grad_()
        result = torch.nn.functional.conv2d(images, taps, padding=conv.padding)
        result.backward(gradient.contiguous(memory_format=torch.channels_last))
        found[name] = {
            "output": [result.detach().numpy().transpose(0, 2, 3, 1)],
            "input gradient": [images.grad.numpy().transpose(0, 2, 3, 1)],
            "weight gradient": [taps.grad.numpy().transpose(2, 3, 1, 0)],
        }
    return found


def network_methods(network: str) -> dict[str, Method]:
    """Every method's (x, gradient of the output) -> output and weight gradients, in training mode.

    All have the same weights; gradients are in PyTorch's layout.
    """
    import torch

    methods: dict[str, Method] = {}
    for name in OURS:
        model = halflight(network, name)
        methods[name] = functools.partial(halflight_results, model)
    weights = [in_torch_layout(w.value) for w in model.weights.values() if w.trained]
    for name, dtype in (("torch", torch.float32), ("exact", torch.float64)):
        module = torch_network(network).to(dtype).train()
        with torch.no_grad():
            for parameter, value in zip(module.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(value))
        methods[name] = functools.partial(torch_results, module, dtype)
    return methods


def halflight_results(model: Any, x: Host, dy: Host) -> Results:
    """Output and gradients of a model."""
    executor = model.executor(len(x), training=True)
    (output,) = executor.forward([x])
    y = model.kernels.to_host(output)
    model.kernels.fill(model.parameters.gradients, 0.0)
    (gradient,) = executor.output_gradients(len(x))
    model.kernels.copy(gradient, dy)
    executor.backward(len(x))
    return by_kind(y, [in_torch_layout(w.grad) for w in model.weights.values() if w.trained])


def torch_results(module: Any, dtype: Any, x: Host, dy: Host) -> Results:
    """The same of a PyTorch module."""
    import torch

    module.zero_grad()
    images = torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).to(dtype)
    output = module(images.contiguous(memory_format=torch.channels_last))
    output.backward(torch.from_numpy(dy).to(dtype))
    gradients = [parameter.grad.numpy().copy() for parameter in module.parameters()]
    return by_kind(output.detach().numpy(), gradients)


def in_torch_layout(array: Host) -> Host:
    """A weight, or its gradient, with the axes in PyTorch's order; channels before pixels."""
    if array.ndim == 4:
        array = array.transpose(3, 2, 0, 1)
    elif array.shape[0] == math.prod(FLATTENED):
        array = array.reshape(*FLATTENED, -1).transpose(3, 2, 0, 1).reshape(array.shape[::-1])
    elif array.ndim == 2:
        array = array.T
    return array.copy()


def by_kind(output: Host, gradients: Sequence[Host]) -> Results:
    """Gradients apart for convolution kernels, which are computed in another way."""
    return {
        "output": [output],
        "gradients, convolution kernels": [g for g in gradients if g.ndim == 4],
        "gradients, other weights": [g for g in gradients if g.ndim != 4],
    }

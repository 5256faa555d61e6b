"""Rounding errors beside PyTorch's: float32 against float64 on the same weights and data.

`python -m tests.benchmarks.precision` compares the back ends cpu and cpu_precise and PyTorch in
float32 with PyTorch in float64, for every convolution of the two networks and for the networks as a
whole; with `--json` it prints the errors only.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NETWORKS = ("N1", "N2")
OURS = ("cpu", "cpu_precise")
BATCH = 8

Host = NDArray[Any]
Results = dict[str, list[Host]]


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
    from core.nn.layers import Conv2D
    from tests.benchmarks.networks import halflight

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

    from core import kernels

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
            "input gradient": [_gradient(images).transpose(0, 2, 3, 1)],
            "weight gradient": [_gradient(taps).transpose(2, 3, 1, 0)],
        }
    return found


def network_results(network: str) -> dict[str, Results]:
    """Output and weight gradients of a network in training mode, by every method."""
    from tests.benchmarks.networks import batch_of, halflight

    x, _ = batch_of(network, BATCH)
    rng = np.random.Generator(np.random.Philox(key=[3, BATCH]))
    dy = rng.standard_normal((BATCH, 2), np.float32)
    found: dict[str, Results] = {}
    for name in OURS:
        model = halflight(network, name)
        executor = model.executor(BATCH, training=True)
        (y,) = executor.forward([x])
        output = model.kernels.to_host(y)
        model.kernels.fill(model.parameters.gradients, 0.0)
        ((_, gradient),) = executor.loss_arrays(BATCH)
        model.kernels.copy(gradient, dy)
        executor.backward(BATCH)
        weights = [w for w in model.weights.values() if w.trained]
        gradients = [model.kernels.to_host(weight.grad) for weight in weights]
        found[name] = _by_kind(output, gradients)
    found |= _torch_results(network, model.get_weights(), [w.name for w in weights], x, dy)
    return found


def _gradient(tensor: Any) -> Host:
    gradient: Host = tensor.grad.numpy()
    return gradient


def _by_kind(output: Host, gradients: Sequence[Host]) -> Results:
    kernels = [gradient for gradient in gradients if gradient.ndim == 4]
    others = [gradient for gradient in gradients if gradient.ndim != 4]
    return {
        "output": [output],
        "gradients of convolution kernels": kernels,
        "gradients of other weights": others,
    }

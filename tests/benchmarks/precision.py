"""Rounding errors beside PyTorch's: float32 against float64 on the same weights and data.

`python -m tests.benchmarks.precision` compares the back ends cpu and cpu_precise and PyTorch in
float32 with PyTorch in float64, for every convolution of the two networks and for the networks as a
whole; with `--json` it prints the errors only.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.page import section, table

NETWORKS = ("N1", "N2")
OURS = ("cpu", "cpu_precise")
BATCH = 8
FLATTENED = (5, 5, 128)  # what N1's first dense layer reads

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
            "input gradient": [images.grad.numpy().transpose(0, 2, 3, 1)],
            "weight gradient": [taps.grad.numpy().transpose(2, 3, 1, 0)],
        }
    return found


def network_results(network: str) -> dict[str, Results]:
    """Output and weight gradients of a network in training mode, by every method.

    Gradients are in PyTorch's layout.
    """
    from tests.benchmarks.networks import batch_of, halflight

    x, _ = batch_of(network, BATCH)
    rng = np.random.Generator(np.random.Philox(key=[3, BATCH]))
    dy = rng.standard_normal((BATCH, 2), np.float32)
    found: dict[str, Results] = {}
    for name in OURS:
        model = halflight(network, name)
        executor = model.executor(BATCH, training=True)
        (output,) = executor.forward([x])
        y = model.kernels.to_host(output)
        model.kernels.fill(model.parameters.gradients, 0.0)
        ((_, gradient),) = executor.loss_arrays(BATCH)
        model.kernels.copy(gradient, dy)
        executor.backward(BATCH)
        trained = [weight for weight in model.weights.values() if weight.trained]
        found[name] = by_kind(y, [in_torch_layout(weight.grad) for weight in trained])
    weights = [in_torch_layout(weight.value) for weight in trained]
    for name, dtype in (("torch", "float32"), ("exact", "float64")):
        found[name] = torch_results(network, dtype, weights, x, dy)
    return found


def torch_results(network: str, dtype: str, weights: Sequence[Host], x: Host, dy: Host) -> Results:
    """The same from PyTorch, with halflight's weights in its own network."""
    import torch

    from tests.benchmarks.networks import torch_network

    kind = getattr(torch, dtype)
    module = torch_network(network).to(kind).train()
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), weights, strict=True):
            parameter.copy_(torch.from_numpy(value))
    images = torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).to(kind)
    output = module(images.contiguous(memory_format=torch.channels_last))
    output.backward(torch.from_numpy(dy).to(kind))
    gradients = [parameter.grad.numpy() for parameter in module.parameters()]
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


def errors(found: Sequence[Host], exact: Sequence[Host]) -> tuple[float, float]:
    """Root mean square and maximum of the errors, each array's in units of its own rms."""
    scaled = [
        np.abs(array.astype(np.float64) - true).ravel() / np.sqrt(np.mean(true**2))
        for array, true in zip(found, exact, strict=True)
    ]
    every = np.concatenate(scaled)
    return float(np.sqrt(np.mean(every**2))), float(every.max())


def lines_of(subject: str, results: dict[str, Results]) -> Iterator[list[Any]]:
    """Subject, what, and the errors by method."""
    for what, exact in results["exact"].items():
        methods = {name: errors(results[name][what], exact) for name in (*OURS, "torch")}
        yield [subject, what, methods]


def every_line() -> list[Any]:
    """The errors of all convolutions, then of the networks."""
    found: list[Any] = []
    for network in NETWORKS:
        for conv in convolutions(network):
            found += lines_of(f"{network} {conv}", convolution_results(conv))
    for network in NETWORKS:
        found += lines_of(f"whole {network}", network_results(network))
    return found


def precision_section(lines: Sequence[Any]) -> str:
    """The table of errors and their ratios to PyTorch's."""
    head = ["of", "what", "PyTorch rms (max)"]
    for name in OURS:
        head += [f"`{name}` rms (max)", "ratio rms (max)"]
    rows = []
    for subject, what, methods in lines:
        rms, largest = methods["torch"]
        row = [subject, what, f"{rms:.1e} ({largest:.1e})"]
        for name in OURS:
            our_rms, our_largest = methods[name]
            row += [f"{our_rms:.1e} ({our_largest:.1e})"]
            row += [f"{our_rms / rms:.2f} ({our_largest / largest:.2f})"]
        rows.append(row)
    return section(
        "Rounding errors",
        "Errors of float32 against PyTorch in float64 on the same data and weights, batch "
        f"{BATCH}, in units of the exact result's root mean square; a ratio above 1 means that "
        "halflight's error is larger than PyTorch's. `cpu` uses Winograd's algorithm for most "
        "3 x 3 convolutions, `cpu_precise` sums directly. In a whole network a rectifier or a "
        "maximum on the edge may fall to the other side, whoever rounds.",
        table(head, rows),
    )


def main() -> None:
    """Print the table, or the errors only."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lines = every_line()
    print(json.dumps(lines) if options.json else precision_section(lines))


if __name__ == "__main__":
    main()

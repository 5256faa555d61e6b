"""The two networks of the benchmarks, in halflight and in PyTorch: the same layers and sizes.

N1 is the star-galaxy network of Kim & Brunner 2017 (44 x 44 pixels, 5 bands, two classes); N2 is a
radius network (64 x 64 pixels, one band, a mean and a log-variance). "small" has one layer of each
kind and three classes, "tiny" two weights for each of two: Numba's simulator can afford it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from halflight.nn import Input, Model, layers, losses, optimizers, presets, steps
from halflight.nn.data import check_batch
from halflight.nn.loader import staged

SHAPES = {"N1": (44, 44, 5), "N2": (64, 64, 1)}
INPUTS = SHAPES | {"small": (6, 6, 2), "tiny": (1, 1, 2)}
CLASSES = {"N1": 2, "small": 3, "tiny": 2}  # of those that classify; the others have a gaussian_nll
N2_STAGES = ((16, 16), (32, 32), (64, 64), (128,))


def batch_of(name: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """One batch of noise, float32, and targets: classes, or numbers for N2."""
    rng = np.random.Generator(np.random.Philox(key=[1, size]))
    x = rng.standard_normal((size, *INPUTS[name]), np.float32)
    if name in CLASSES:
        return x, rng.integers(0, CLASSES[name], size)
    return x, rng.standard_normal((size, 1), np.float32)


def halflight(name: str, backend: str = "cpu", seed: int = 1) -> Model:
    """The network on a back end, uncompiled."""
    if name == "N1":
        return presets.build("star_galaxy_net", dropout=0.0, backend=backend, seed=seed)
    x = image = Input(INPUTS[name])
    if name == "tiny":
        return Model(image, layers.Dense(2)(layers.Flatten()(x)), backend=backend, seed=seed)
    if name == "small":
        x = layers.Conv2D(4, 3, padding="same")(x)
        x = layers.MaxPooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
        return Model(image, layers.Dense(3)(layers.Flatten()(x)), backend=backend, seed=seed)
    for number, stage in enumerate(N2_STAGES):
        if number:
            x = layers.MaxPooling2D()(x)
        for filters in stage:
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="relu")(x)
    return Model(image, layers.Dense(2)(x), backend=backend, seed=seed)


def trained(model: Model, name: str, batch: int, *, upload: bool = False) -> Callable[[], object]:
    """A training step of the network on one batch, with Adam; the model is compiled for it.

    The batch is where the kernels compute, unless every step has to `upload` it.
    """
    classify = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(1e-4), classify if name in CLASSES else "gaussian_nll")
    compiled = model.compiled()
    checked = check_batch(batch_of(name, batch), compiled.objective.rules)
    staging, results = model.kernels.Staging(), steps.new_results(compiled)
    steps.restart(compiled)
    if upload:
        return lambda: steps.train(compiled, staged(staging, checked), results)
    fed = staged(staging, checked)
    return lambda: steps.train(compiled, fed, results)


def torch_network(name: str) -> Any:
    """The network in PyTorch, with channels last, which is fastest on a CPU.

    N1's weights are drawn as published, orthogonal, so that both sides do this work.
    """
    import torch
    from torch import nn

    torch.manual_seed(1)
    stack: list[Any] = []
    if name == "N1":
        for size, (channels_in, channels, pool) in zip(
            (5, 3, 3, 3, 3, 3, 3, 3),
            (
                *((5, 32, False), (32, 32, True), (32, 64, False), (64, 64, False)),
                *((64, 64, True), (64, 128, False), (128, 128, False), (128, 128, True)),
            ),
            strict=True,
        ):
            padding = 0 if size == 5 else 1
            stack += [nn.Conv2d(channels_in, channels, size, padding=padding), nn.LeakyReLU(0.01)]
            stack += [nn.MaxPool2d(2)] if pool else []
        stack += [nn.Flatten(), nn.Linear(128 * 5 * 5, 2048), nn.LeakyReLU(0.01)]
        stack += [nn.Linear(2048, 2048), nn.LeakyReLU(0.01), nn.Linear(2048, 2)]
        for layer in stack:
            if hasattr(layer, "weight"):
                nn.init.orthogonal_(layer.weight)
    elif name == "tiny":
        stack = [nn.Flatten(), nn.Linear(2, 2)]
    elif name == "small":
        stack = [nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4, eps=1e-3, momentum=0.01)]
        stack += [nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)]
    else:
        channels_in = 1
        for number, stage in enumerate(N2_STAGES):
            stack += [nn.MaxPool2d(2)] if number else []
            for channels in stage:
                stack += [nn.Conv2d(channels_in, channels, 3, padding=1, bias=False)]
                stack += [nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01), nn.ReLU(inplace=True)]
                channels_in = channels
        stack += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 64), nn.ReLU(inplace=True)]
        stack += [nn.Linear(64, 2)]
    return nn.Sequential(*stack).to(memory_format=torch.channels_last)


def torch_trained(
    network: Any, name: str, x: Any, y: Any, optimizer: Any, *, keep: bool
) -> Callable[[], object]:
    """A training step in PyTorch on one batch; gradients `keep` their memory between steps."""
    import torch
    from torch.nn import functional

    def step() -> None:
        optimizer.zero_grad(set_to_none=not keep)
        output = network(x)
        if name in CLASSES:
            loss = functional.cross_entropy(output, y)
        else:
            mean, log_variance = output[:, :1], output[:, 1:]
            loss = 0.5 * (log_variance + (mean - y) ** 2 * torch.exp(-log_variance)).mean()
        loss.backward()
        optimizer.step()

    return step

"""The two networks of the benchmarks, in halflight and in PyTorch: the same layers and sizes.

N1 is the star-galaxy network of Kim & Brunner 2017 (44 x 44 pixels, 5 bands, two classes); N2 is a
radius network (64 x 64 pixels, one band, a mean and a log-variance).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.nn import Input, Model, layers, losses, optimizers, presets, steps
from core.nn.data import check_batch
from core.nn.feed import staged

SHAPES = {"N1": (44, 44, 5), "N2": (64, 64, 1)}
N2_STAGES = ((16, 16), (32, 32), (64, 64), (128,))


def batch_of(name: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """One batch of noise, float32, and targets: classes for N1, numbers for N2."""
    rng = np.random.Generator(np.random.Philox(key=[1, size]))
    x = rng.standard_normal((size, *SHAPES[name]), np.float32)
    if name == "N1":
        return x, rng.integers(0, 2, size)
    return x, rng.standard_normal((size, 1), np.float32)


def halflight(name: str, backend: str = "cpu", seed: int = 1) -> Model:
    """The network on a back end, uncompiled."""
    if name == "N1":
        return presets.build("star_galaxy_net", dropout=0.0, backend=backend, seed=seed)
    x = image = Input(SHAPES["N2"])
    for number, stage in enumerate(N2_STAGES):
        if number:
            x = layers.MaxPooling2D()(x)
        for filters in stage:
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="relu")(x)
    return Model(image, layers.Dense(2)(x), backend=backend, seed=seed)


def trained(model: Model, name: str, batch: int) -> Callable[[], object]:
    """A training step of the network on one batch, with Adam; the model is compiled for it."""
    loss = (
        losses.SparseCategoricalCrossentropy(from_logits=True) if name == "N1" else "gaussian_nll"
    )
    model.compile(optimizers.Adam(1e-4), loss)
    assert model.objective is not None
    checked = check_batch(batch_of(name, batch), model.objective.rules)
    fed, ledger = staged(model.kernels.Staging(), checked), steps.new_ledger(model)
    steps.restart(model)
    return lambda: steps.train(model, fed, ledger)


def torch_network(name: str) -> Any:
    """The network in PyTorch, in the memory layout that is fastest on a CPU.

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

"""The two networks of the benchmarks, in halflight and in PyTorch: the same layers and sizes.

N1 is the star-galaxy network of Kim & Brunner 2017 (44 x 44 pixels, 5 bands, two classes); N2 is a
radius network (64 x 64 pixels, one band, a mean and a log-variance).
"""

from typing import Any

from core.nn import Input, Model, layers, presets

SHAPES = {"N1": (44, 44, 5), "N2": (64, 64, 1)}
N2_STAGES = ((16, 16), (32, 32), (64, 64), (128,))


def halflight(name: str, seed: int = 1) -> Model:
    """The network on the cpu back end, uncompiled."""
    if name == "N1":
        return presets.build("star_galaxy_net", dropout=0.0, seed=seed)
    x = image = Input(SHAPES["N2"])
    for number, stage in enumerate(N2_STAGES):
        if number:
            x = layers.MaxPooling2D()(x)
        for filters in stage:
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="relu")(x)
    return Model(image, layers.Dense(2)(x), seed=seed)


def torch_network(name: str) -> Any:
    """The network in PyTorch, in the memory layout that is fastest on a CPU."""
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

"""Sections train and finetune: the network, and how it is fitted."""

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from core.params.rules import Section, Seed, Texts, as_tuple

HiddenUnits = Annotated[tuple[PositiveInt, ...], BeforeValidator(as_tuple), Field(min_length=1)]


class Network(Section):
    """The network of section train: a preset of core.nn and its options."""

    preset: Literal["radius_net"]
    filters: Annotated[tuple[PositiveInt, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    dense_units: PositiveInt
    dropout: Annotated[float, Field(ge=0, lt=1)]


class Fit(Section):
    """How a network is fitted; shared by train and finetune."""

    seed: Seed
    batch_size: PositiveInt
    epochs: PositiveInt
    learning_rate: PositiveFloat
    warmup_epochs: NonNegativeInt
    weight_decay: NonNegativeFloat
    global_clipnorm: PositiveFloat
    patience: PositiveInt
    augment: bool


class Train(Fit):
    """Section train."""

    backend: Literal["cpu", "reference"]
    model: Network


class Capacity(Section):
    """Section capacity."""

    seed: Seed
    samples: PositiveInt
    validation_samples: PositiveInt
    noise: NonNegativeFloat
    networks: Annotated[dict[str, HiddenUnits], Field(min_length=1)]
    batch_size: PositiveInt
    epochs: PositiveInt
    learning_rate: PositiveFloat


class FineTune(Fit):
    """Section finetune."""

    freeze: Texts
    max_labels: PositiveInt | None
    max_label_error: PositiveFloat
    from_scratch_epochs: PositiveInt
    from_scratch_learning_rate: PositiveFloat

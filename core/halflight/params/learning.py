"""Sections train and finetune: the network, and how it is fitted."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from halflight.params.rules import Endpoint, Fraction, Section, Seed, Shares, Texts, as_tuple

HiddenUnits = Annotated[tuple[PositiveInt, ...], BeforeValidator(as_tuple), Field(min_length=1)]


def _layer(value: Any) -> Any:
    """One entry of a list of layers, `Name` or `Name: {arguments}`, as (name, arguments)."""
    entry = {value: None} if isinstance(value, str) else value
    if isinstance(entry, dict) and len(entry) == 1:
        [(name, arguments)] = entry.items()
        if arguments is None or isinstance(arguments, dict):
            return name, arguments or {}
    raise ValueError(
        "must be a layer's name, alone or with its arguments, such as "
        "Conv2D: {filters: 16, kernel_size: 3}"
    )


LayerEntry = Annotated[tuple[str, dict[str, JsonValue]], BeforeValidator(_layer)]


class Network(Section):
    """The network of section train: a preset of halflight.nn, or a list of its layers.

    Keys beside `preset` are options of that preset. halflight.nn says which there are; their
    values, and the layers, it checks when the network is built for its stamps.
    """

    model_config = ConfigDict(extra="allow")

    preset: str | None = None
    layers: (
        Annotated[tuple[LayerEntry, ...], BeforeValidator(as_tuple), Field(min_length=1)] | None
    ) = None
    __pydantic_extra__: dict[str, JsonValue]

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.preset is None) == (self.layers is None):
            raise ValueError("needs either a preset or a list of layers")
        if self.layers is not None and self.options:
            raise ValueError(f"{', '.join(self.options)}: only a preset has options, not layers")
        return self

    @model_validator(mode="after")
    def _preset_is_known(self) -> Self:
        if self.preset is not None:
            from halflight.nn import presets  # other sections do without the network

            ours = [option for option in self.options if option in presets.SURROUNDINGS]
            if ours:
                raise ValueError(f"{', '.join(ours)}: set by the pipeline, so not an option here")
            presets.check(self.preset, self.options)
        return self

    @property
    def options(self) -> dict[str, Any]:
        """The options of the preset, by name."""
        return dict(self.__pydantic_extra__)


# Those that decay decoupled weights of kernels, clip and average like every other of halflight.nn;
# without Adagrad and Adadelta, whose rates only fall and so want another schedule than the cosine.
OptimizerName = Literal["AdamW", "Adamax", "Nadam", "RMSprop", "SGD", "Lion"]


class Fit(Section):
    """How a network is fitted; shared by train and finetune."""

    seed: Seed
    batch_size: PositiveInt
    epochs: PositiveInt
    optimizer: OptimizerName
    learning_rate: PositiveFloat
    warmup_epochs: NonNegativeInt
    weight_decay: NonNegativeFloat
    global_clipnorm: PositiveFloat
    ema_momentum: Annotated[float, Field(ge=0, lt=1)]
    learning_rate_multipliers: dict[str, NonNegativeFloat]
    patience: PositiveInt
    augment: bool
    shards: PositiveInt = 1

    @property
    def augmentation(self) -> dict[str, Any]:
        """How stamps are changed in training: options of `halflight.nn.presets.augmented`."""
        return {"turn": self.augment}


class Train(Fit):
    """Section train."""

    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["float32", "precise", "float64", "tf32"]
    imports: Texts
    model: Network


class TransferInjected(Section):
    """Section transfer.injected: galaxies put into the frames of the endpoint recorded."""

    count: PositiveInt
    first: NonNegativeInt  # number of the first, as of a tier
    clearance: PositiveFloat  # arcsec
    window: PositiveInt  # pixels a side
    fractions: Shares  # of training, validation and test


class Transfer(Section):
    """Section transfer: what `dvc repro reports/transfer/dvc.yaml` trains."""

    sandbox: dict[str, JsonValue]  # of section sandbox
    injected: TransferInjected
    labels: Annotated[tuple[PositiveInt, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    bootstrap: Annotated[int, Field(ge=2)]


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
    from_scratch_epochs: PositiveInt
    from_scratch_learning_rate: PositiveFloat


class RadiusFineTune(FineTune):
    """Section radius.finetune."""

    max_label_error: PositiveFloat


class BandsFit(Fit):
    """How a network of several bands is fitted: those of which some may be missing."""

    shift: NonNegativeInt
    noise: NonNegativeFloat
    missing_share: Fraction
    missing_rate: Fraction

    @property
    def augmentation(self) -> dict[str, Any]:
        """How stamps are changed in training: options of `halflight.nn.presets.augmented`."""
        lost = {"missing_rate": self.missing_rate} if self.missing_share else {}
        return super().augmentation | {
            "shift": self.shift,
            "noise": self.noise,
            "missing_share": self.missing_share,
            **lost,
        }


class BandsTrain(BandsFit, Train):
    """Section star_galaxy.train."""

    decisive: Annotated[float, Field(gt=0.5, lt=1)]


class BandsFineTune(BandsFit, FineTune):
    """Section star_galaxy.finetune."""


class BrightToFaint(Section):
    """Section bright_to_faint: what `dvc repro reports/bright_to_faint/dvc.yaml` trains."""

    magnitude: float
    depth: PositiveFloat
    weight_limit: Annotated[float, Field(gt=1)]
    bootstrap: Annotated[int, Field(ge=2)]


def _with_one(widths: tuple[float, ...]) -> tuple[float, ...]:
    if 1.0 not in widths or len(set(widths)) < len(widths):
        raise ValueError("needs 1 among them, and each once")
    return widths


class RealSky(Section):
    """Section real_sky: what `dvc repro reports/real_sky/dvc.yaml` judges."""

    endpoint: Endpoint
    published: Annotated[str, Field(min_length=1)]
    wider: NonNegativeFloat
    psf_widths: Annotated[
        tuple[PositiveFloat, ...], BeforeValidator(as_tuple), AfterValidator(_with_one)
    ]
    bootstrap: Annotated[int, Field(ge=2)]

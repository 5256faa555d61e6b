"""Optimizer: what all optimizers share, on the flat buffers of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from halflight.kernels import Backend
from halflight.nn.arrays import Array
from halflight.nn.checks import BOOLEAN, COUNT, NOT_NEGATIVE, SHARE, Rule, as_python, broken, check
from halflight.nn.configuration import configuration, plain
from halflight.nn.layer import Layer
from halflight.nn.optimizers.clipping import Clipping
from halflight.nn.parameters import Parameters
from halflight.nn.schedules import LearningRate
from halflight.nn.schedules import get as get_schedule
from halflight.nn.trainable import Span, spans

# What `build` gives an optimizer of the model that it is compiled for.
_BUILT = {"_kernels", "_parameters", "_layers", "_finite", "slots", "_stretches", "_clip"}
CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
FACTORS = Rule(
    "a mapping from patterns of layer names to finite factors of at least 0",
    lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(key, str) and NOT_NEGATIVE.holds(as_python(value[key])) for key in value)
    ),
    lambda value: {key: float(factor) for key, factor in value.items()},
)


class Stretch(NamedTuple):
    """Trainable weights that are updated in one call, with their gradients and slots."""

    span: Span
    values: Array
    gradients: Array
    slots: dict[str, Array]


@dataclass(eq=False)
class Optimizer:
    """Updates the trainable weights of one model, with the formulas and arguments of Keras 3.

    At most one of the three clips may be given. Every step clips the gradients, decays the weights
    and makes the step proper.

    Attributes:
        learning_rate: a number or a schedule, evaluated at `iterations` before each step. Setting
            it takes effect at the next step.
        weight_decay: w -= learning_rate * weight_decay * w before each step, on kernels alone
            (never on biases or batch normalisation). Loshchilov & Hutter 2019.
        clipnorm: scales each weight's gradient down to a norm of at most this (0, as None and as in
            Keras: no limit; so of all three).
        clipvalue: clips every gradient to -clipvalue and clipvalue.
        global_clipnorm: scales all gradients down so that their common norm is at most this.
        use_ema: keep a running average of the weights, which `finalize` puts in their place:
            average = ema_momentum * average + (1 - ema_momentum) * w after every step, beginning
            with the weights after the first (Polyak & Juditsky 1992, with forgetting).
        ema_momentum: see `use_ema`.
        ema_overwrite_frequency: also put the average in place after every so many steps.
        learning_rate_multipliers: factors of the learning rate (and so of the weight decay) by
            patterns of layer names, such as {"trunk_*": 0.1}; the first that matches counts, and 0
            leaves a layer's weights as they are (Howard & Ruder 2018, section 3.2).
        iterations: number of steps made.

    Raises:
        ValueError: an argument out of its range; the message names it.
    """

    learning_rate: LearningRate = 0.001
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    use_ema: bool = field(default=False, kw_only=True)
    ema_momentum: float = field(default=0.99, kw_only=True)
    ema_overwrite_frequency: int | None = field(default=None, kw_only=True)
    learning_rate_multipliers: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    iterations: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Check the arguments that every optimizer has."""
        check(self, NOT_NEGATIVE.or_none(), "weight_decay")
        check(self, NOT_NEGATIVE.or_none(), *CLIPS)
        clips = {name: value for name in CLIPS if (value := getattr(self, name))}
        if len(clips) > 1:
            raise broken(self, "at most one clip may be given", clips)
        check(self, BOOLEAN, "use_ema")
        check(self, SHARE, "ema_momentum")
        check(self, COUNT.or_none(), "ema_overwrite_frequency")
        check(self, FACTORS, "learning_rate_multipliers")
        if isinstance(self.learning_rate, Mapping):  # from a configuration
            self.learning_rate = get_schedule(self.learning_rate)
        self.current_learning_rate()

    # What a subclass writes.

    def slot_names(self) -> tuple[str, ...]:
        """Names of the arrays that are kept from step to step, each as long as all weights."""
        raise NotImplementedError

    def update(
        self, values: Array, gradients: Array, slots: Mapping[str, Array], rate: float, decay: float
    ) -> None:
        """Make step number `iterations` on one stretch of weights, which decay by rate * decay."""
        raise NotImplementedError

    # What everyone else uses.

    def build(self, kernels: Backend, parameters: Parameters, layers: Sequence[Layer]) -> None:
        """Allocate the slots for the weights of a model's layers, and begin at step 0.

        Raises:
            ValueError: a pattern of `learning_rate_multipliers` matches no layer.
        """
        self._kernels, self._parameters, self._layers = kernels, parameters, layers
        self._finite = parameters.finite
        self.iterations, self._initial_rate = 0, self.learning_rate
        names = (*self.slot_names(), *(("average",) if self.use_ema else ()))
        self.slots: dict[str, Array] = {
            name: kernels.zeros(parameters.values.shape) for name in names
        }
        if self.use_ema:
            kernels.copy(self.slots["average"], parameters.values)
        self.refresh()

    def rebuild(
        self,
        kernels: Backend,
        parameters: Parameters,
        layers: Sequence[Layer],
        slots: Mapping[str, NDArray[Any]],
    ) -> None:
        """Go on, a copy, with the weights of another model; `slots` are the original's state."""
        iterations, initial_rate = self.iterations, self._initial_rate
        self.build(kernels, parameters, layers)
        self.iterations, self._initial_rate = iterations, initial_rate
        self._write(slots)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: no memory of a model's; `build` gives it some."""
        return {name: part for name, part in self.__dict__.items() if name not in _BUILT}

    def refresh(self) -> None:
        """Find the trainable weights again, after layers were frozen or unfrozen."""
        parameters = self._parameters
        trained = spans(
            parameters, self._layers, self.learning_rate_multipliers, decays=bool(self.weight_decay)
        )
        self._stretches = [
            Stretch(
                span,
                parameters.values[span.start : span.stop],
                parameters.gradients[span.start : span.stop],
                {name: slot[span.start : span.stop] for name, slot in self.slots.items()},
            )
            for span in trained
            if span.factor
        ]
        gradients = [stretch.gradients for stretch in self._stretches]
        self._clip = Clipping(self._kernels, gradients, self._layers)

    def current_learning_rate(self) -> float:
        """Return the rate of the next step, before any multiplier.

        Raises:
            ValueError: `learning_rate` was set to something else than a rate.
        """
        return get_schedule(self.learning_rate)(self.iterations)

    def step(self) -> None:
        """Update the trainable weights by the gradients in the model's buffer.

        Nothing changes but `iterations` where `parameters.finite` says that a step was not.
        """
        rate = self.current_learning_rate()
        self._clip(self.clipvalue, self.clipnorm, self.global_clipnorm)
        self.iterations += 1
        for span, values, gradients, slots in self._stretches:
            decay = self.weight_decay if span.decay and self.weight_decay else 0.0
            self.update(values, gradients, slots, rate * span.factor, decay)
        if self.use_ema:
            self._average()

    def finalize(self) -> None:
        """Put the averages in the place of the trainable weights; the end of training calls it.

        Nothing happens without `use_ema`, or before the first step.
        """
        if self.use_ema and self.iterations:
            for stretch in self._stretches:
                self._kernels.copy(stretch.values, stretch.slots["average"])

    def swap_average(self) -> None:
        """Exchange the trainable weights with their averages; a second call takes that back.

        Raises:
            ValueError: the optimizer keeps no averages.
        """
        if not self.use_ema:
            raise ValueError(
                f"{type(self).__name__} keeps no averages of the weights: make it with use_ema=True"
            )
        copy, spare = self._kernels.copy, self._kernels.zeros(self._parameters.values.shape)
        for span, values, _, slots in self._stretches:
            kept = spare[span.start : span.stop]
            copy(kept, values)
            copy(values, slots["average"])
            copy(slots["average"], kept)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor arguments as plain values."""
        return configuration(self)

    # What a resumed run needs.

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the slots, `slot:layer/weight`, of all weights of the model."""
        return {name: self._kernels.to_host(view) for name, view in self._views().items()}

    def scalars(self) -> dict[str, Any]:
        """Return the rest of the state as plain values: the step, and the rate if it was set."""
        rate = self.learning_rate
        changed = plain(rate) if rate != self._initial_rate else None
        return {"iterations": self.iterations, "learning_rate": changed}

    def check_state(self, slots: Mapping[str, NDArray[Any]]) -> None:
        """Compare saved slots with this optimizer's.

        Raises:
            ValueError: the slots are not those of this optimizer and model.
        """
        shapes = self.state_shapes()
        received = {name: slot.shape for name, slot in slots.items()}
        if shapes != received:
            raise ValueError(
                f"{type(self).__name__}: needs the slots {shapes}, received {received}"
            )
        for name, slot in slots.items():
            if not np.isfinite(slot).all():
                raise ValueError(f"{type(self).__name__}: {name!r} holds NaN or infinity")

    def set_state(self, slots: Mapping[str, NDArray[Any]], scalars: Mapping[str, Any]) -> None:
        """Take up the slots (`get_state`) and the scalars (`scalars`) of a saved run.

        Raises:
            ValueError: the slots are not those of this optimizer and model.
        """
        self.check_state(slots)
        iterations = scalars.get("iterations")
        if type(iterations) is not int or iterations < 0 or "learning_rate" not in scalars:
            raise ValueError(
                f"{type(self).__name__}: the state needs iterations, an integer of 0 or more, and "
                f"a learning_rate, received {dict(scalars)!r:.200}"
            )
        rate = scalars["learning_rate"]
        schedule = None if rate is None else get_schedule(rate)
        self._write(slots)
        self.iterations = iterations
        if schedule is not None:
            self.learning_rate = schedule if isinstance(rate, Mapping) else rate

    def _write(self, slots: Mapping[str, NDArray[Any]]) -> None:
        for name, view in self._views().items():
            self._kernels.copy(view, self._kernels.to_device(slots[name]))

    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the names and shapes of what `get_state` returns."""
        return {name: view.shape for name, view in self._views().items()}

    def _views(self) -> dict[str, Array]:
        """Return every slot cut into this model's weights: others may share the memory."""
        return {
            f"{slot}:{layer.name}/{key}": self._parameters.view(array, weight)
            for slot, array in self.slots.items()
            for layer in self._layers
            for key, weight in layer.weights.items()
            if weight.trained
        }

    def _average(self) -> None:
        """Average all weights, so that one that is unfrozen later has an average of its own."""
        average = self.slots["average"]
        if self.iterations == 1:
            self._kernels.copy_if(average, self._parameters.values, self._finite, True)
        else:
            self._kernels.average_step(
                average, self._parameters.values, self._finite, self.ema_momentum
            )
        if self.ema_overwrite_frequency and self.iterations % self.ema_overwrite_frequency == 0:
            for stretch in self._stretches:
                average = stretch.slots["average"]
                self._kernels.copy_if(stretch.values, average, self._finite, True)

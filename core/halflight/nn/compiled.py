"""A network that can be compiled, and what training takes when it is: one object."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from halflight.nn.losses import Loss
from halflight.nn.network import Network
from halflight.nn.objective import Objective
from halflight.nn.optimizers import Optimizer
from halflight.nn.optimizers import get as get_optimizer
from halflight.nn.parameters import Parameters
from halflight.nn.saving import save_model
from halflight.nn.sharding import Sharding


class TrainableNetwork(Network):
    """A `Network` that can be compiled, and saved with what it was compiled with."""

    _compiled: "Compiled | None" = None
    stop_training: bool = False
    """Set by callbacks: training then ends after the step or epoch under way."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of; what no longer fits the weights is left out."""
        compiled = self._compiled
        usable = compiled is not None and compiled.fits()
        return super().__getstate__() | {"_compiled": compiled if usable else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's parts, and let its optimizer go on."""
        super().__setstate__(state)
        if self._compiled is not None:
            self._compiled.resume()

    def __copy__(self) -> "TrainableNetwork":
        """Return another network of the same layers, which shares weights and optimizer."""
        copied = cast(TrainableNetwork, super().__copy__())
        if self._compiled is not None and self._compiled.fits():
            copied._compiled = Compiled(copied, self._compiled.optimizer, self._compiled.objective)
        return copied

    def compile(
        self,
        optimizer: Optimizer | str = "adam",
        loss: Loss | str | Sequence[Any] | Mapping[str, Any] = "mean_squared_error",
        metrics: Sequence[Any] | Mapping[str, Any] = (),
        loss_weights: Sequence[float] | Mapping[str, float] | None = None,
        sharding: Sharding | None = None,
    ) -> None:
        """Choose how to train; the optimizer begins at step 0.

        Args:
            optimizer: an optimizer or its name.
            loss: a loss or its name; for several outputs a list, or a mapping by their names.
            metrics: a list; for several outputs a list of lists, or a mapping.
            loss_weights: factors of the losses of several outputs in the sum.
            sharding: of batches into parts, by one process or several; None: batches are whole.

        Raises:
            ValueError: an unknown name, or a loss that does not fit its output.
            RuntimeError: another thread trains the model.
        """
        self.owner.turns.require_untrained("compile")
        objective = Objective(self, loss, metrics, loss_weights)
        chosen = get_optimizer(optimizer)
        chosen.build(self.kernels, self.parameters, self.layers)
        self._compiled = Compiled(self, chosen, objective, sharding)

    def compile_as(self, other: "TrainableNetwork") -> None:
        """Go on with the optimizer, losses and metrics of a network around the same weights.

        Raises:
            ValueError: `other` is not compiled, or has other weights or outputs.
        """
        compiled = other.compiled()
        mine, theirs = self.weights, other.weights
        same = set(mine) == set(theirs) and all(mine[name] is theirs[name] for name in mine)
        if not same or self.output_names != other.output_names:
            raise ValueError(
                "compile_as: needs a network that shares all weights and outputs, received one of "
                f"the outputs {other.output_names} and the weights {sorted(theirs)!r:.200}"
            )
        self._compiled = Compiled(self, compiled.optimizer, compiled.objective)

    def compiled(self) -> "Compiled":
        """Return what the network was compiled with.

        Raises:
            ValueError: it was not, or its weights have moved into a larger model since.
        """
        if self._compiled is None:
            raise ValueError("the model has no optimizer and loss yet: call compile() first")
        self._compiled.check()
        return self._compiled

    @property
    def optimizer(self) -> Optimizer | None:
        """What the network was compiled with, if it was."""
        return self._compiled.optimizer if self._compiled else None

    @property
    def objective(self) -> Objective | None:
        """The losses and metrics of the outputs, if the network was compiled."""
        return self._compiled.objective if self._compiled else None

    def refresh(self) -> None:
        """Take note of which layers are trainable now; `fit`, `freeze` and `unfreeze` do this."""
        super().refresh()
        if self._compiled is not None:
            self._compiled.optimizer.refresh()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the folder `path`: model.json (the architecture) and weights.safetensors."""
        with self.reading():
            save_model(self, self.optimizer, self.objective, path)


@dataclass(eq=False)
class Compiled:
    """A network with its optimizer and objective, at the weights that they were made for."""

    network: TrainableNetwork
    optimizer: Optimizer
    objective: Objective
    sharding: Sharding | None = None
    """How batches are cut; None: they are not."""

    def __post_init__(self) -> None:
        """Remember where the weights lie."""
        self._parameters = self.network.parameters

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: the optimizer's arrays by their names."""
        parts = {"network": self.network, "optimizer": self.optimizer, "objective": self.objective}
        return parts | {"slots": self.optimizer.get_state()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's parts; `resume` follows when the network has all of its own."""
        self.__dict__.update(state)

    def resume(self) -> None:
        """Put a copy's optimizer to work where the original stood."""
        network, slots = self.network, self.__dict__.pop("slots")
        self._parameters = network.parameters
        self.optimizer.rebuild(network.kernels, self._parameters, network.layers, slots)

    def fits(self) -> bool:
        """Whether the weights lie where they did."""
        return self.network.parameters is self._parameters

    def check(self) -> Parameters:
        """Return the memory of the weights.

        Raises:
            ValueError: they have moved into a larger model, where the optimizer does not reach.
        """
        if not self.fits():
            raise ValueError(
                "the model's weights have moved into a larger model since compile(): "
                "compile it again"
            )
        return self._parameters

"""Each task's sections of params.yaml together, and the rules that hold between them."""

from typing import Any, Self, get_args

from pydantic import model_validator

from halflight.params.learning import (
    BandsFineTune,
    BandsTrain,
    BrightToFaint,
    RadiusFineTune,
    RealSky,
    Train,
    Transfer,
)
from halflight.params.measuring import (
    Classical,
    Evaluate,
    EvaluateClasses,
    Judges,
    Prepare,
    PrepareBands,
)
from halflight.params.rules import Endpoint, Section
from halflight.params.simulate import (
    Full,
    Injected,
    OutOfDomain,
    Simulate,
    SimulateSources,
    Tier,
    Tiers,
    Trainings,
    require_apart,
)
from halflight.params.survey import TaskSurvey


class TaskParams(Section):
    """What the sections of every task have in common, each read by one stage or more."""

    survey: TaskSurvey
    simulate: Any
    prepare: Any

    @model_validator(mode="after")
    def _every_origin_is_split(self) -> Self:
        needed = {*self.simulate.tiers, *self.survey.selection}
        rules = set(self.prepare.split)
        if missing := sorted(map(str, needed - rules)):
            raise ValueError(f"prepare.split has no rule for {', '.join(missing)}")
        if strangers := sorted(map(str, rules - needed - set(get_args(Endpoint)))):
            raise ValueError(
                f"prepare.split has rules for {', '.join(strangers)}, which are neither tiers of "
                "simulate nor endpoints"
            )
        return self


class RadiusParams(TaskParams):
    """The sections of the task radius."""

    simulate: Simulate
    prepare: Prepare
    classical: Classical
    train: Train
    finetune: RadiusFineTune
    evaluate: Evaluate
    tiers: Tiers
    transfer: Transfer
    domain: OutOfDomain
    injected: Injected
    trainings: Trainings
    full: Full

    @model_validator(mode="after")
    def _tiers_are_of_stamps_and_priors_that_can_be(self) -> Self:
        for name, tier in self.tiers.kinds.items():
            try:
                self.simulate.population.changed(**tier.population)
            except ValueError as error:
                raise ValueError(f"tiers.kinds.{name}.population.{error}") from error
            try:
                self.classical.scene.changed(**tier.scene)
            except ValueError as error:
                raise ValueError(f"tiers.kinds.{name}.scene.{error}") from error
            require_apart({**self.simulate.tiers, name: tier})
        drawn = Tier(count=self.injected.count, first=self.injected.first, population={})
        into_transfer = self.transfer.injected
        learnt = Tier(count=into_transfer.count, first=into_transfer.first, population={})
        require_apart({**self.simulate.tiers, "injected": drawn, "transfer.injected": learnt})
        if into_transfer.window < self.simulate.stamp_size:
            raise ValueError(
                f"transfer.injected.window must not be below simulate.stamp_size, "
                f"{self.simulate.stamp_size}; received {into_transfer.window}"
            )
        return self

    @model_validator(mode="after")
    def _full_run_has_stamps_of_its_own(self) -> Self:
        if self.full.tier not in self.simulate.tiers:
            known = ", ".join(self.simulate.tiers)
            raise ValueError(f"full.tier must be one of {known}, received {self.full.tier!r}")
        drawn = Tier(count=self.full.count, first=self.full.first, population={})
        require_apart({**self.simulate.tiers, "full": drawn})
        try:
            self.train.changed(**self.full.train)
        except ValueError as error:
            raise ValueError(f"full.train.{error}") from error
        return self

    @model_validator(mode="after")
    def _trainings_change_what_there_is(self) -> Self:
        sections = {
            "simulate": self.simulate,
            "prepare": self.prepare,
            "scene": self.classical.scene,
            "train": self.train,
        }
        for name, kind in self.trainings.kinds.items():
            for part, section in sections.items():
                try:
                    section.changed(**getattr(kind, part))
                except ValueError as error:
                    raise ValueError(f"trainings.kinds.{name}.{part}.{error}") from error
            drawn = set(self.simulate.changed(**kind.simulate).tiers)
            if missing := sorted(drawn - set(self.prepare.changed(**kind.prepare).split)):
                raise ValueError(
                    f"trainings.kinds.{name}.prepare.split has no rule for {', '.join(missing)}"
                )
        return self


class StarGalaxyParams(TaskParams):
    """The sections of the task star_galaxy."""

    simulate: SimulateSources
    prepare: PrepareBands
    classical: Judges
    train: BandsTrain
    finetune: BandsFineTune
    evaluate: EvaluateClasses
    bright_to_faint: BrightToFaint
    real_sky: RealSky

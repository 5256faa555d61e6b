"""Experiment: one combination of a sweep's parameters, what became of it and what it cost."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Status = Literal["asked", "finished", "given_up", "failed"]


@dataclass(frozen=True)
class Score:
    """A number that an experiment ended with, and its 68 % interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Cost:
    """What an experiment took, all attempts together.

    Attributes:
        seconds: from its start to its end.
        cpu_seconds: of all its processes and threads.
        peak_memory: bytes of the largest of its processes.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Both, one after the other."""
        return Cost(
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_memory, other.peak_memory),
        )


@dataclass(frozen=True)
class Experiment:
    """One combination of parameters.

    Attributes:
        number: its own, from 0.
        settings: its values by the parameters' names.
        status: asked: not ended yet | finished | given_up: pruned as hopeless | failed.
        score: the judge's number; None where it has not finished.
        scores: the others, by their addresses.
        steps: the (epoch, value) that pruning watched.
        attempts: how each ended, in words, the last one included.
        cost: of all attempts.
    """

    number: int
    settings: dict[str, Any]
    status: Status = "asked"
    score: Score | None = None
    scores: dict[str, Score] = field(default_factory=dict)
    steps: tuple[tuple[int, float], ...] = ()
    attempts: tuple[str, ...] = ()
    cost: Cost = Cost()

    def plain(self) -> dict[str, Any]:
        """Everything as JSON holds it."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Any) -> "Experiment":
        """What `plain` returned; ValueError for anything else."""
        try:
            made = cls(
                number=plain["number"],
                settings=dict(plain["settings"]),
                status=plain["status"],
                score=None if plain["score"] is None else Score(**plain["score"]),
                scores={name: Score(**score) for name, score in plain["scores"].items()},
                steps=tuple((step, value) for step, value in plain["steps"]),
                attempts=tuple(plain["attempts"]),
                cost=Cost(**plain["cost"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"is no experiment of a sweep ({error!r:.80})") from error
        if made.status not in get_args(Status) or (made.status == "finished") != bool(made.score):
            raise ValueError(f"is no experiment of a sweep (status {made.status!r:.20})")
        return made

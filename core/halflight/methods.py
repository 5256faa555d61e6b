"""The methods that measure: name, title, colour, marker, and what each may be compared with.

Their order is that of every table, legend and figure.
"""

from dataclasses import dataclass

REFERENCES = ("truth", "reference")
"""What a measurement is compared with: the truth, where it is known, or the survey's own labels."""


@dataclass(frozen=True)
class Method:
    """One way to measure a galaxy.

    Attributes:
        name: in tables and files.
        title: for people.
        colour, marker: in figures. After Okabe & Ito (2008): blue, green, vermilion, grey and
            purple stay apart for every common colour blindness; each has its own marker.
        kind: "network", "classical", or "combined" of both.
        against: the `REFERENCES` that it may be compared with: the method that makes the survey's
            labels would look perfect beside itself.
    """

    name: str
    title: str
    colour: str
    marker: str
    kind: str
    against: tuple[str, ...] = REFERENCES

    @property
    def short(self) -> str:
        """The title where it is plain that a network is meant."""
        return self.title.removeprefix("network, ")


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("network", "network", "#0b5fa5", "o", "network"),
        Method("fine_tuned", "network, fine-tuned", "#0b5fa5", "o", "network"),
        Method("zero_shot", "network, zero-shot", "#5aa2d8", "D", "network"),
        Method("from_scratch", "network, from scratch", "#a8558f", "v", "network"),
        Method("combined", "network + scene fit", "#1b1f24", "*", "combined", against=("truth",)),
        Method("scene_fit", "scene fit", "#00785a", "P", "classical", against=("truth",)),
        Method("sersic_fit", "S\u00e9rsic fit", "#cc5a10", "s", "classical"),
        Method("aperture", "aperture", "#7d848d", "^", "classical"),
        Method("stacked", "network + forest", "#1b1f24", "d", "combined"),
        Method("forest", "random forest", "#00785a", "h", "classical"),
        Method("svm", "support vectors", "#cc5a10", "p", "classical"),
        Method("spread", "spread_model", "#7d848d", "<", "classical"),
        Method("cut", "psfMag \u2212 cModelMag", "#b8860b", "X", "classical"),
    )
}
ARMS = ("zero_shot", "fine_tuned", "from_scratch")
"""The networks of a transfer experiment: never shown the survey, adapted to it, or of it alone."""
LEARNT_FROM_LABELS = ("fine_tuned", "from_scratch")
"""The arms that have seen survey labels."""

ANSWERS = ("combined", "stacked", "fine_tuned", "zero_shot", "network")
"""What stands for the pipeline's own answer, the best first: the joint one, else a network's."""


def answer_of(names: object, against: str = "truth") -> str | None:
    """The first of `ANSWERS` among names, an iterable, that may be compared with this reference."""
    wanted = set(names)  # type: ignore[call-overload]
    return next((n for n in ANSWERS if n in wanted and comparable(n, against)), None)


def in_order(names: object) -> list[str]:
    """The methods of `names`, an iterable of names, in the order of `METHODS`; each once."""
    wanted = set(names)  # type: ignore[call-overload]
    return [name for name in METHODS if name in wanted]


def comparable(name: str, against: str) -> bool:
    """Whether a method may be compared with this reference."""
    return against in METHODS[name].against

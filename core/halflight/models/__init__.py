"""Models that come with halflight: trained estimators, each a folder here with its model card.

`find` takes a name or a folder, and gives the folder that `Estimator.load` reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from halflight.reading import name_of, read_json
from halflight.text import shown

HOME = Path(__file__).parent
CARD, DESCRIPTION = "card.json", "estimator.json"


@dataclass(frozen=True)
class Card:
    """A model card: what a model is for, and what not.

    Attributes:
        name: the folder's.
        title: one line.
        default: whether it is the one to use where none is named.
        population: the galaxies, PSFs, pixels and noise that it was trained on, in words.
        limits: what it cannot do, one sentence each.
        scores: numbers by name, on its test set.
        command: what made it.
        made_from: the hash that dvc.lock has of the estimator that it is a copy of.
        licence: SPDX identifier.
    """

    name: str
    title: str
    default: bool
    population: str
    limits: tuple[str, ...]
    scores: Mapping[str, float]
    command: str
    made_from: str
    licence: str

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The card of plain values.

        Raises:
            ValueError: a key is missing, unknown, or holds what it must not.
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(values, Mapping) or set(values) != set(known):
            raise ValueError(f"a model card has the keys {known} alone, received {shown(values)}")
        for name in ("name", "title", "population", "command", "made_from", "licence"):
            if not isinstance(values[name], str) or not values[name]:
                raise ValueError(f"{name} must be text, received {shown(values[name])}")
        limits, scores = values["limits"], values["scores"]
        if not isinstance(limits, list | tuple) or not all(isinstance(x, str) for x in limits):
            raise ValueError(f"limits must be a list of sentences, received {shown(limits)}")
        numbers = isinstance(scores, Mapping) and all(
            isinstance(x, int | float) and not isinstance(x, bool) for x in scores.values()
        )
        if not numbers:
            raise ValueError(f"scores must be numbers by name, received {shown(scores)}")
        if not isinstance(values["default"], bool):
            raise ValueError(f"default must be true or false, received {shown(values['default'])}")
        return cls(**dict(values) | {"limits": tuple(limits)})


def installed(home: Path = HOME) -> dict[str, Card]:
    """The cards of the models that come with the package, by name, the default first.

    Raises:
        ValueError: a card is damaged, or not its folder's.
    """
    cards = [_read_card(path) for path in sorted(home.glob(f"*/{CARD}"))]
    return {
        card.name: card for card in sorted(cards, key=lambda card: (not card.default, card.name))
    }


def find(name_or_folder: str | Path | None = None, home: Path = HOME) -> Path:
    """The folder of a model: of one that comes with the package by its name, or any estimator's.

    None: the package's default.

    Raises:
        FileNotFoundError: there is none of that name, and no such folder.
    """
    cards = installed(home)
    if name_or_folder is None:
        default = next((card.name for card in cards.values() if card.default), None)
        if default is None:
            raise FileNotFoundError(
                "no model comes with this installation: give --model FOLDER, such as "
                "data/radius/estimator after `make repro`"
            )
        return home / default
    if str(name_or_folder) in cards:
        return home / str(name_or_folder)
    folder = Path(name_or_folder)
    if not (folder / DESCRIPTION).is_file():
        known = ", ".join(cards) or "none"
        raise FileNotFoundError(
            f"no estimator at {name_of(folder)} ({DESCRIPTION} is missing), and no model of that "
            f"name comes with halflight (there is: {known})"
        )
    return folder


def read_card(folder: str | Path) -> Card:
    """The card in the folder of a model, such as `halflight adapt` writes.

    Raises:
        FileNotFoundError: there is none. ValueError: it is damaged; the message names it.
    """
    path = Path(folder) / CARD
    if not path.is_file():
        raise FileNotFoundError(f"no model's card at {name_of(folder)} ({CARD} is missing)")
    try:
        return Card.from_dict(read_json(path))
    except ValueError as error:
        raise ValueError(f"{name_of(path)}: {error}") from error


def _read_card(path: Path) -> Card:
    try:
        card = read_card(path.parent)
        if card.name != path.parent.name:
            raise ValueError(f"{name_of(path)}: it is the card of {shown(card.name)}")
    except ValueError as error:
        raise ValueError(f"{error}: install halflight again") from error
    return card

"""The page of what is here of Keras 3: `python -m tests.halflight.nn.keras_page` writes it."""

from pathlib import Path

import yaml

from halflight.nn import (
    History,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)

PAGE = Path("reports/keras.md")
SAID: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("keras_names.yaml").read_text()
)
HEAD = """# What is here of Keras 3

Each public class of Keras 3: here, here with a difference, or not here and why. Written by
`python -m tests.halflight.nn.keras_page`; the tests hold it against the package. Everywhere
channels come last, a layer has no `dtype` (the back end says it), an `activation` is a name, all
sequences of a batch have one length (shorter ones are padded and masked; a mask is (time,), and
must follow from the inputs where a loss needs it), the mean of a loss is weighted by the sample
weights unless its `reduction` says otherwise, and functions of these names
(`keras.losses.mean_squared_error`, `keras.layers.add`) are not here. Beyond Keras there are
`Padding1D` and `Padding2D`, by reflection, edge and wrap.
"""
HERE = {
    "layers": vars(layers),
    "losses": vars(losses),
    "metrics": vars(metrics),
    "optimizers": vars(optimizers),
    "optimizers.schedules": vars(schedules),
    "callbacks": vars(callbacks) | {"History": History},
    "initializers": vars(initializers),
    "constraints": vars(constraints),
    "regularizers": vars(regularizers),
}


def checked(kind: str) -> dict[str, str]:
    """Return what is said of every name of a kind; raise ValueError where it is not so."""
    for name, said in SAID[kind].items():
        if (name in HERE[kind]) == said.startswith("not here"):
            raise ValueError(f"{kind}.{name}: is said to be {said!r}, which it is not")
    return SAID[kind]


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for kind in SAID:
        table = checked(kind)
        count = sum(not said.startswith("not here") for said in table.values())
        parts.append(f"\n## {kind}: {count} of {len(table)}\n\n| | |\n|---|---|\n")
        parts += [f"| `{name}` | {said} |\n" for name, said in table.items()]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())

"""Outcomes: the numbers that an experiment wrote, by the addresses at which a sweep names them."""

import csv
import math
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from halflight.reading import read_json
from halflight.sweeps.experiment import Score
from halflight.tables import read_csv
from halflight.text import shown

_FORM = re.compile(
    r"(?P<file>[^:\[\]]+\.(?:json|csv)):(?P<name>[^\[\]]+)"
    r"(?:\[(?P<column>[^=\[\]]+)=(?P<value>[^\[\]]*)\])?"
)
# The table of bins that `evaluate` writes beside the scores over all objects; it has the intervals.
_BINS = "bins.csv"
_OVER_ALL = {"galaxies": "all", "by": "all"}


class Address(NamedTuple):
    """Where a number stands: FILE.json:PATH.TO.IT, or the best of FILE.csv:COLUMN[OTHER=VALUE]."""

    file: Path
    name: str
    column: str | None
    value: str | None

    @classmethod
    def of(cls, text: str) -> "Address":
        """Read one; raises ValueError for text that is none."""
        found = _FORM.fullmatch(text)
        if found is None or (found["column"] and not found["file"].endswith(".csv")):
            raise ValueError(
                f"{shown(text)} is no address of a number: write FILE.json:NAME.OF.IT, or "
                "FILE.csv:COLUMN or FILE.csv:COLUMN[OTHER=VALUE] for the best of a column"
            )
        file = Path(found["file"])
        if file.is_absolute() or ".." in file.parts:
            raise ValueError(f"{shown(text)}: the file lies in the repository, without ..")
        return cls(file, found["name"], found["column"], found["value"])


def read_score(root: Path, text: str, *, lower_is_better: bool = True) -> Score:
    """The number at an address below `root`, with its interval where a table of bins has it.

    Raises ValueError where there is none, or it is no finite number.
    """
    address = Address.of(text)
    path = root / address.file
    if not path.is_file():
        raise ValueError(f"{text}: no such file was written")
    if address.file.suffix == ".csv":
        value = _best(path, address, lower_is_better)
        found = Score(value)
    else:
        value = _number(path, address)
        found = Score(value, *_interval(path, address))
    if not math.isfinite(value):
        raise ValueError(f"{text}: {value} is no finite number")
    return found


def _number(path: Path, address: Address) -> float:
    node = read_json(path)
    for part in address.name.split("."):
        if not isinstance(node, dict) or part not in node:
            raise ValueError(f"{address.file}: there is no {address.name} in it")
        node = node[part]
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise ValueError(f"{address.file}: {address.name} is no number, but {shown(node)}")
    return float(node)


def _best(path: Path, address: Address, lower_is_better: bool) -> float:
    table = read_csv(path)
    for name in filter(None, (address.name, address.column)):
        if name not in table:
            raise ValueError(f"{address.file}: there is no column {name} in it")
    if address.column is not None:
        table = table[table[address.column].astype(str) == address.value]
    numbers = pd.to_numeric(table[address.name], errors="coerce").dropna()
    if numbers.empty:
        raise ValueError(f"{address.file}: no row has a number in {address.name}")
    return float(numbers.min() if lower_is_better else numbers.max())


def _interval(path: Path, address: Address) -> tuple[float | None, float | None]:
    """The bootstrap interval of QUANTITY.DATASET.METHOD.SCORE, in the bins beside the metrics."""
    parts, bins = address.name.split("."), path.with_name(_BINS)
    if len(parts) != 4 or not bins.is_file():
        return None, None
    quantity, dataset, method, score = parts
    wanted = {"quantity": quantity, "method": method, **_OVER_ALL}
    # "survey_truth" is the survey's galaxies against the truth that a synthetic sky knows.
    wanted["dataset"] = dataset.removesuffix("_truth")
    wanted["against"] = "reference" if dataset == "survey" else "truth"
    ends = [f"{score}_low", f"{score}_high"]
    table = read_csv(bins)
    if not {*wanted, *ends} <= set(table.columns):
        return None, None
    for column, value in wanted.items():
        table = table[table[column] == value]
    if len(table) != 1:
        return None, None
    low, high = (float(table[end].iloc[0]) for end in ends)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (None, None)


def read_curve(live: Path, name: str) -> tuple[tuple[int, float], ...]:
    """The (step, value) that DVCLive has written of a curve NAME/PART so far, below folder `live`.

    name: as NAME/val/loss, of the training NAME. A line under way is left for the next look; of a
    step written twice, by a training that went on, the later counts.
    """
    training, _, metric = name.partition("/")
    path = live / training / "plots" / "metrics" / f"{metric}.tsv"
    if not path.is_file():
        return ()
    lines = path.read_text("utf-8").rpartition("\n")[0].splitlines()
    column = metric.rpartition("/")[2]
    steps: dict[int, float] = {}
    for row in csv.DictReader(lines, delimiter="\t"):
        steps[int(row["step"])] = float(row[column])
    return tuple((step, value) for step, value in sorted(steps.items()) if math.isfinite(value))

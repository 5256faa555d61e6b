"""Trainings: what more stamps, and others, are worth to the network: a table and a picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from halflight import files, methods, params, tasks
from halflight.paths import REPORTS, TaskPaths
from halflight.report.figures import training_size
from halflight.report.saving import save_png
from halflight.tables import read_csv
from stages import run
from stages.scored import COLUMNS, Column, cell
from stages.training import scores_of

SCORES: dict[str, Column] = {**COLUMNS, "r_squared": ("R² of R", 1.0, ".4f")}


def folder_of(task: str) -> Path:
    """Where table and picture are kept."""
    return REPORTS / "trainings" / task


def main(task: str) -> None:
    """Write both, from the scores that the stage training has left."""
    trainings, settings = params.read(f"{task}.trainings", f"{task}.train")
    wanted = tasks.measuring(tasks.get(task))
    tables = {kind: read_csv(scores_of(task, kind)) for kind in trainings.kinds}
    epochs = {
        kind: settings.changed(**chosen.train).epochs for kind, chosen in trainings.kinds.items()
    }
    trained = {
        kind: chosen.train for kind, chosen in trainings.kinds.items() if not chosen.simulate
    }
    first = next(iter(trained))
    networks = pd.DataFrame([of_network(tables[kind]) for kind in trained], index=list(trained))
    sized = np.array([chosen == trained[first] for chosen in trained.values()])
    fit = tables[first].set_index("method").to_dict("index")[wanted.reference]
    figure = training_size.draw(
        networks[sized], networks[~sized], reference=fit["nmad"], name=wanted.reference
    )
    picture = folder_of(task) / "training_size.png"
    save_png(figure, picture)
    lines = [
        f"# {wanted.title}: the network on fewer stamps, and on others",
        "",
        "Synthetic galaxies: each kind of params.yaml, section "
        f"`{task}.trainings`, is trained on its own and tested on the test split of its stamps, as "
        f"many as were measured classically. Kinds without stamps of their own are tested on those "
        f"of `{TaskPaths(task).prepared('simulated')}`, one and the same sample. NMAD and outliers "
        f"are of the residual of {wanted.headline.name}; R² is of the {wanted.headline.title} "
        "itself, in brackets the central 68 % of a bootstrap. Epochs are what was asked for; CPU "
        "minutes are of the training alone, on the machine that wrote this. Written by "
        "`dvc repro reports/trainings/dvc.yaml`.",
        "",
        f"![NMAD of the network, by stamps learnt from and by CPU minutes]({picture.name})",
        "",
        *rows_of(tables, epochs),
    ]
    summary = folder_of(task) / "README.md"
    files.write_text(summary, "\n".join(lines) + "\n")
    print(f"trainings: {summary}")


def of_network(table: pd.DataFrame) -> pd.Series:
    """The scores of a kind's network."""
    return table[table["method"] == "network"].iloc[0]


def rows_of(tables: Mapping[str, pd.DataFrame], epochs: Mapping[str, int]) -> list[str]:
    """The lines of the table: the network of each kind, and what was measured classically."""
    titles = ["kind", "method", "learnt from", "epochs", "CPU minutes", "tested on"]
    titles += [title for title, *_ in SCORES.values()]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for kind, table in tables.items():
        by_method = table.set_index("method").to_dict("index")
        for method in methods.in_order(by_method):
            row = by_method[method]
            learnt = method == "network"
            cells = [
                *(kind, methods.METHODS[method].title),
                str(int(row["learnt_from"])) if learnt else "-",
                str(epochs[kind]) if learnt else "-",
                f"{row['cpu_minutes']:.1f}" if learnt else "-",
                str(int(row["count"])),
                *(cell(row, column, SCORES) for column in SCORES),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    run(main, ValueError)

"""What the study of spoilt stamps says of itself in words."""

import pandas as pd

from halflight import tasks
from halflight.trials.apart import BRIGHT, HONEST
from halflight.trials.corruptions import CORRUPTIONS
from stages.runs import PACKAGE, WORDS


def described(task: tasks.Task, scores: pd.DataFrame, areas: pd.DataFrame) -> str:
    """The table in words."""
    honest = scores[scores["kind"] == HONEST]
    alarms = (honest["domain_score"] > 1).groupby(honest["run"], sort=False).mean()
    meanings = {
        each.__name__: (each.__doc__ or "").partition("\n")[0].rstrip(".") for each in CORRUPTIONS
    }
    lines = [
        f"# {task.title}: what is out of the domain, and whether it is noticed",
        "",
        f"{honest['id'].nunique()} synthetic test stamps, each spoilt in "
        f"{areas['kind'].nunique()} ways "
        "(`halflight.trials.corruptions`). AUROC is the chance that a spoilt stamp has a larger "
        "`domain_score` than an honest one, in brackets the central 68 % of a bootstrap of "
        f"galaxies; bright: of galaxies brighter than {BRIGHT:.0f} mag. Flagged: "
        "`out_of_domain`, which of the honest stamps are "
        f"{' and '.join(f'{share:.1%} ({name})' for name, share in alarms.items())}. {WORDS} "
        f"The figure is of the run {PACKAGE}. Written by `dvc repro reports/domain/dvc.yaml`.",
        "",
        "![ROC of every kind, and the areas under them](roc.png)",
        "",
        "| kind | what | run | AUROC | bright | flagged |",
        "|---|---|---|---|---|---|",
    ]
    worst_first = areas[areas["run"] == PACKAGE].sort_values("auroc", kind="stable")["kind"]
    for kind in worst_first:
        for row in areas[areas["kind"] == kind].to_dict("records"):
            interval = f"{row['auroc']:.3f} ({row['auroc_low']:.3f}-{row['auroc_high']:.3f})"
            lines.append(
                f"| {kind.replace('_', ' ')} | {meanings[kind]} | {row['run']} | {interval} | "
                f"{row['auroc_bright']:.3f} | {row['flagged']:.0%} |"
            )
    return "\n".join(lines) + "\n"

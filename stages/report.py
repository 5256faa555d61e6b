"""Report: one self-contained page, its figures and report.md, from what the stages wrote."""

from typing import Any

import numpy as np
import pandas as pd

from halflight import files, params, paths, store
from halflight.report.page import write_report
from stages import run


def main() -> None:
    """Render reports/index.html, reports/report.md and reports/figures."""
    everything = params.load()
    objects = pd.read_parquet(paths.EVALUATED_OBJECTS)
    simulated = store.read_stamps(paths.SIMULATED)
    survey = store.read_stamps(paths.SURVEY_STAMPS)
    judged = pd.read_parquet(paths.JUDGED_SURVEY).set_index("id")
    angles = judged["sersic_fit_position_angle"].reindex(survey.table["id"]).to_numpy()
    count = everything.report.gallery
    written = write_report(
        paths.REPORTS,
        provenance=files.read_json(paths.SURVEY_PROVENANCE),
        predictions=pd.read_parquet(paths.EVALUATED_PREDICTIONS),
        objects=objects,
        bins=pd.read_csv(paths.BINS),
        metrics=files.read_json(paths.METRICS),
        history=pd.concat(
            [pd.read_csv(path) for path in (paths.TRAINED_HISTORY, paths.FINETUNED_HISTORY)]
        ),
        transfer=pd.read_csv(paths.TRANSFER),
        gallery={
            "simulated": gallery(
                simulated, objects, "simulated", simulated.table["position_angle"], count
            ),
            "survey": gallery(survey, objects, "survey", angles, count),
        },
        params=everything.model_dump(mode="json"),
        title=everything.report.title,
    )
    print(f"report: {len(written)} files; open {paths.PAGE}")


def gallery(
    stamps: store.Stamps, objects: pd.DataFrame, dataset: str, angles: Any, count: int
) -> dict[str, Any]:
    """Test stamps evenly spaced in magnitude, with the geometry of their ellipses."""
    shown = objects[objects["dataset"] == dataset].sort_values(["magnitude", "id"])
    shown = shown.iloc[np.unique(np.linspace(0, len(shown) - 1, count).round().astype(int))]
    row_of = pd.Series(np.arange(len(stamps)), index=stamps.table["id"])
    rows = row_of.loc[shown["id"]].to_numpy()
    return {
        "image": stamps["image"][rows],
        "sigma": stamps["sigma"][rows],
        "labels": [f"r = {magnitude:.1f}" for magnitude in shown["magnitude"]],
        "id": shown["id"].tolist(),
        "position_angle": np.asarray(angles)[rows],
        "x": stamps.table["x"].to_numpy()[rows],
        "y": stamps.table["y"].to_numpy()[rows],
    }


if __name__ == "__main__":
    run(main, ValueError, FileNotFoundError)

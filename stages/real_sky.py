"""Real_sky: what networks of a simulated and a synthetic sky say of the real one, in one text."""

from halflight import files, params, tables, tasks
from halflight.methods import METHODS
from stages import run
from stages.real_field import ANSWER, kept_in, wrong_ones
from stages.real_words import (
    bin_rows,
    score_rows,
    stamp_rows,
    twin_rows,
    undecided_rows,
    wrong_row,
)


def main(task: str) -> None:
    """Write the text, from the tables that the stages real_field and real_stamps have left."""
    levels, settings = params.read(f"{task}.evaluate", f"{task}.real_sky")
    wanted, folder = tasks.classifying(tasks.get(task)), kept_in(task)
    numbers = {"magnitude": "number", wanted.label: "number", ANSWER: "number"}
    objects = tables.read_csv(folder / "objects.csv", id="id", **numbers)
    scores = tables.read_csv(folder / "scores.csv", method="text", by="text", auc="number")
    stamps = tables.read_csv(folder / "stamps.csv", number="id", **{wanted.label: "number"})
    stars = int(objects[wanted.label].sum())
    wrong = wrong_ones(objects, wanted.label, ANSWER)
    lines = [
        f"# {wanted.title}: the real sky",
        "",
        f"{len(objects)} objects of the endpoint {settings.endpoint}, {stars} of them called stars "
        "by the catalogue, and published stamps with spectra. No network, judge or combination has "
        "seen a real pixel: they learnt from the simulation and from the synthetic survey. "
        "Acknowledge SDSS (www.sdss.org) where these numbers are shown. Written by "
        "`dvc repro reports/real_sky/dvc.yaml`.",
        "",
        "## The recorded field",
        "",
        "**The label is worse than what is judged.** There are no spectra: it is the catalogue's "
        "own type, a cut in psfMag - cModelMag over all bands, and so the cut in r stands beside "
        "itself. Compact galaxies and quasars are stars to it, and near r = 21 its concentration "
        "scatters by as much as the cut. One field, too: the intervals are those of strips of it.",
        "",
        *score_rows(scores),
        "",
        *bin_rows(scores),
        "",
        *twin_rows(objects, wanted.label, levels.magnitude_edges, settings.wider),
        "",
        "An answer that is not probable enough may be left open:",
        "",
        *undecided_rows(objects, wanted.label),
        "",
        f"The {METHODS[ANSWER].title}, is wrong about {len(wrong)} of {len(objects)}, "
        f"{int(wrong[wanted.label].sum())} of them {wanted.positive}s to the catalogue. Every "
        "object, right or wrong, with what each method says of it, stands in objects.csv.",
        "",
        "![The wrong ones, the surest first](wrong.png)",
        "",
        "| object | r | psf - cModel | catalogue | "
        f"p({wanted.positive}) | with the forest | flags |",
        "|---|---|---|---|---|---|---|",
        *(wrong_row(each, wanted) for each in wrong.to_dict("records")),
        "",
        "## Published stamps",
        "",
        *stamp_rows(stamps, wanted, settings.psf_widths),
    ]
    files.write_text(folder / "README.md", "\n".join(lines) + "\n")
    print(f"real_sky: {folder / 'README.md'}")


if __name__ == "__main__":
    run(main, ValueError)

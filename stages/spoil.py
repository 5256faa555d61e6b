"""Spoil: whole images spoilt in every way there is, measured, and how well each is noticed."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from halflight import files, images, models, params
from halflight.measurer import Measurer
from halflight.measuring.scored import measured_and_scored
from halflight.measuring.targets import targets_of_image
from halflight.quality import FLAGS
from halflight.report.figures import out_of_domain
from halflight.report.saving import save_png
from halflight.results import Run
from halflight.results.provenance import now
from halflight.simulation import RenderError, SimulationError
from halflight.surveys import SurveyError, read_frame
from halflight.surveys.frames import Frame
from halflight.trials.apart import HONEST, told_apart
from halflight.trials.planted import with_image
from halflight.trials.recovered import recovered
from halflight.trials.spoilt import SPOILINGS, Taken
from halflight.trials.whole_fields import WholeField
from halflight.workers import WorkerError
from stages import processes, run
from stages.plant import folder_of, passes, plant
from stages.spoil_words import SAID, described
from stages.whole_frames import read_fields

PSF_SIZE = 51  # pixels


def main(task: str) -> None:
    """Write scores of every source, a table of how well each kind is told apart, and a figure."""
    settings = params.load_own_images().spoilt
    simulate, evaluate, survey, wanted, sky = params.read(
        f"{task}.simulate", f"{task}.evaluate", "survey", f"{task}.survey", "sandbox"
    )
    fields = list(read_fields(survey, wanted, sky, settings.band, settings.endpoint))
    measurer = Measurer.load(models.find())
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for turn, (shown, indices) in enumerate(passes(fields, settings)):
            truths, light = plant(shown, indices, settings, simulate)
            honest, frame = taken(shown, light, truths)
            for number, spoil in enumerate([None, *SPOILINGS]):
                rng = generator(settings.seed, turn, number)
                one = honest if spoil is None else spoil(honest, rng)
                found = measured(Path(folder), one, frame, settings.band, truths, measurer)
                parts.append(found.assign(kind=HONEST if spoil is None else spoil.__name__))
            print(f"spoil: {len(truths)} galaxies of {shown.frame.name}")
    scores = pd.concat(parts, ignore_index=True)
    options = {"seed": evaluate.seed, "repeats": evaluate.bootstrap}
    areas = told_apart(scores, **options)
    alone = told_apart(scores.assign(domain_score=scores["score_alone"]), **options)
    kept = folder_of(task) / "spoilt"
    files.write_csv(kept / "scores.csv", scores)
    files.write_csv(kept / "areas.csv", areas.assign(auroc_alone=alone["auroc"]))
    save_png(out_of_domain.draw(scores, HONEST, areas), kept / "roc.png")
    files.write_text(kept / "README.md", described(settings, scores, areas, alone))
    print(f"spoil: {kept / 'README.md'}")


def generator(seed: int, turn: int, number: int) -> np.random.Generator:
    """Random numbers of one way to spoil one image."""
    return np.random.Generator(np.random.Philox(key=[seed, turn], counter=[0, 0, 3, number]))


def taken(shown: WholeField, light: np.ndarray, truths: pd.DataFrame) -> tuple[Taken, Frame]:
    """The image that a frame with galaxies is, with the noise that the survey would quote."""
    run_number, camcol, field, band = shown.frame.name.split("-")
    frame = read_frame(
        with_image(shown.frame_file, light),
        run=int(run_number),
        camcol=int(camcol),
        field=int(field),
        band=band,
        **shown.noise,
    )
    places = truths[["row", "column"]].to_numpy(np.int64)
    psfs = np.stack([shown.psf.at(row, column, PSF_SIZE) for row, column in places])
    return Taken(frame.image, frame.sigma, psfs, places), frame


def measured(
    folder: Path, one: Taken, frame: Frame, band: str, truths: pd.DataFrame, measurer: Measurer
) -> pd.DataFrame:
    """What is said of each source: score_alone, domain_score (with the flags of the cutting)."""
    header = frame.wcs.to_header()
    header["BUNIT"], header["FILTER"] = "nanomaggy", band
    image, rms = folder / "image.fits", folder / "rms.fits"
    fits.writeto(image, one.image, header, overwrite=True)
    fits.writeto(rms, one.sigma, header, overwrite=True)
    options = images.Options(rms=rms, first_pixel=0)
    targets = targets_of_image(
        images.open_field(image, options), truths[["id", "x", "y"]], one.psfs, options
    )
    told = Run(image.name, "planted", "of each source", "the default", "", "best", "spoil", now())
    results, scores = measured_and_scored(targets, measurer, told, processes=processes())
    flags = results["flags"].to_numpy(np.int64)
    said = (flags & sum(FLAGS[name] for name in SAID)) != 0
    return recovered(truths[["id", "magnitude", "half_light_radius"]], results).assign(
        score_alone=scores, domain_score=np.where(said, np.inf, scores)
    )


if __name__ == "__main__":
    run(
        main,
        *(SurveyError, SimulationError, RenderError, WorkerError, images.ImageError),
        *(ValueError, RuntimeError, MemoryError),
    )

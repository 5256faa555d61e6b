"""Real_stamps: judge published stamps whose class a spectrum tells, none of them trained on."""

import numpy as np
import pandas as pd

from halflight import files, params, store, tasks, training
from halflight.estimator import Estimator
from halflight.instrument import SDSS, ZERO_POINT
from halflight.paths import TaskPaths
from halflight.quality import names_of
from halflight.surveys import SurveyError
from halflight.surveys.published import read_published
from halflight.trials.corruptions import scaled_psf
from stages import run
from stages.real_field import kept_in
from stages.sky import recorded_folder

ARMS = ("fine_tuned", "zero_shot")
EDGE = 6  # pixels at a stamp's left and right in which its noise is told
APERTURE = 8  # pixels from the middle within which its light is


def main(task: str) -> None:
    """Write the probability of each stamp, with the PSF taken for several widths.

    The files hold no PSF and no noise: the PSF is the median of the simulated ones, the noise the
    scatter at the edges.
    """
    survey, settings, train = params.read("survey", f"{task}.real_sky", f"{task}.train")
    place, wanted = TaskPaths(task), tasks.classifying(tasks.get(task))
    backend = training.choose_backend(train).backend
    published = read_published(recorded_folder(survey.recorded_sky) / settings.published)
    image, count = published.image, len(published.image)
    simulated = store.read_stamps(place.stamps("simulated"))
    typical = np.median(simulated["psf"][:], axis=0)
    edges = np.concatenate([image[:, :, :EDGE], image[:, :, -EDGE:]], axis=2)
    away = np.abs(edges - np.median(edges, axis=(1, 2), keepdims=True))
    sigma = np.broadcast_to(1.4826 * np.median(away, axis=(1, 2), keepdims=True), image.shape)
    # Corrected for dust before they were published (Kim & Brunner 2017, section 3.1).
    dust = np.zeros((count, image.shape[-1]))
    middle = slice(image.shape[1] // 2 - APERTURE, image.shape[1] // 2 + APERTURE)
    flux = image[:, middle, middle, SDSS.seeing].sum(axis=(1, 2), dtype=np.float64)
    found = pd.DataFrame(
        {
            "number": np.arange(count),
            wanted.label: published.is_star,
            "magnitude": ZERO_POINT - 2.5 * np.log10(np.maximum(flux, 1e-9)),
        }
    )
    for arm in ARMS:
        folder = place.finetuned(arm) if arm == "fine_tuned" else place.trained
        network = Estimator.load(folder, backend=backend)
        for width in settings.psf_widths:
            bands = [scaled_psf(band, width) for band in np.moveaxis(typical, -1, 0)]
            psf = np.broadcast_to(np.stack(bands, axis=-1), (count, *typical.shape))
            table = network.measure(image, sigma, psf, instrument=SDSS, extinction=dust)
            found[f"{arm}_{width:g}"] = table[wanted.probability].to_numpy()
            if (arm, width) == (ARMS[0], 1.0):
                found["flags"] = [" ".join(names_of(int(each))) for each in table["flags"]]
    files.write_csv(kept_in(task) / "stamps.csv", found)


if __name__ == "__main__":
    run(main, SurveyError, ValueError, RuntimeError, MemoryError)

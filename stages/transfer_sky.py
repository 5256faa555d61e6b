"""Transfer_sky: one of the skies that the study learns from and is tested on, ready for it."""

import numpy as np
import pandas as pd

from halflight import params, tasks
from halflight.instrument import PIXEL_SCALE, SDSS
from halflight.paths import TaskPaths
from halflight.simulation import RenderError, SimulationError
from halflight.store import write_stamps
from halflight.surveys import SurveyError
from halflight.trials.injected import injected_at, of_places
from halflight.trials.whole_fields import WholeField
from halflight.trials.windows import places_in_windows
from halflight.workers import WorkerError
from stages import run
from stages.classical import measure
from stages.download import download_to
from stages.prepare import prepare
from stages.transfer_places import place_of
from stages.whole_frames import read_fields


def main(task: str, sky: str) -> None:
    """Write its stamps, prepare them, and measure those whose labels are measurements.

    Of `sandbox` a larger synthetic survey than the default run's, of `recorded` the recorded
    survey, as the stages of these names do; of `injected` synthetic galaxies in that one's frames.
    """
    survey, wanted, sandbox = params.read("survey", f"{task}.survey", "sandbox")
    ready, fit, settings = params.read(f"{task}.prepare", f"{task}.classical", f"{task}.transfer")
    simulate, place = params.read(f"{task}.simulate"), place_of(task, sky)
    if sky == "injected":
        fields = list(read_fields(survey, wanted, sandbox, wanted.reference, "recorded"))
        write_injected(place, fields, wanted.reference, simulate, settings.injected)
        rule = ready.split["recorded"].changed(fractions=settings.injected.fractions)
        rules = {**ready.split, "recorded": rule}
        ready = ready.changed(rows_per_patch=settings.injected.window, split=rules)
        prepare(task, ready, place, "survey")
        return
    own: dict[str, str | None] = {"endpoint": sky}
    if sky == "sandbox":
        sandbox = sandbox.changed(**settings.sandbox)
        own |= {"skyserver_url": None, "sas_url": None}
    download_to(place, survey.changed(**own), wanted, sandbox, f"transfer_sky/{sky}")
    prepare(task, ready, place, "survey")
    measure(tasks.get(task), fit, place, "survey")


def write_injected(
    place: TaskPaths,
    fields: list[WholeField],
    band: str,
    simulate: params.Simulate,
    settings: params.TransferInjected,
) -> None:
    """Write stamps of galaxies of known truth in windows of the fields' frames, evenly.

    A row's `rowc`, `colc` [pixels from the frame's corner], `ra`, `dec` [degrees] are of its
    stamp's middle, by which `prepare` splits; `window` names its square of the sky.
    """
    with write_stamps(
        place.stamps("survey"), instrument=SDSS.with_bands([band]), origin="recorded"
    ) as writer:
        numbers = np.arange(settings.first, settings.first + settings.count)
        for field, indices in zip(fields, np.array_split(numbers, len(fields)), strict=True):
            size = simulate.stamp_size
            corners, windows = places_in_windows(
                field.frame,
                len(indices),
                window=settings.window,
                size=size,
                clearance=settings.clearance / PIXEL_SCALE,
                rng=of_places(simulate.seed, indices),
            )
            table, *arrays = injected_at(
                field.frame,
                field.psf,
                indices,
                corners,
                **field.noise,
                seed=simulate.seed,
                stamp_size=size,
                psf_size=simulate.psf_size,
                population=simulate.population,
            )
            image, sigma, psf = (array[..., np.newaxis] for array in arrays)
            writer.append(
                placed(table, field, corners, windows, size), image=image, sigma=sigma, psf=psf
            )
    print(f"transfer_sky: {settings.count} synthetic galaxies in {len(fields)} frames of {band}")


def placed(
    table: pd.DataFrame, field: WholeField, corners: np.ndarray, windows: np.ndarray, size: int
) -> pd.DataFrame:
    """The table with where in the sky its stamps (n, 2) [row, column] are."""
    name = field.frame.name
    run_, camcol, number, _ = name.split("-")
    row, column = corners.T + size // 2
    ra, dec = field.frame.wcs.pixel_to_world_values(column - 0.5, row - 0.5)
    return table.assign(
        run=int(run_),
        camcol=int(camcol),
        field=int(number),
        rowc=row.astype(float),
        colc=column.astype(float),
        ra=ra,
        dec=dec,
        window=[f"{name}-{i}-{j}" for i, j in windows],
    )


if __name__ == "__main__":
    run(main, SurveyError, SimulationError, RenderError, WorkerError, ValueError)

"""`halflight.adapt`: a model for the camera of an image, as one function."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from halflight import models
from halflight.cameras.camera import camera_of
from halflight.cameras.job import Adaptation
from halflight.cameras.learning import FIT
from halflight.measurer import Measurer
from halflight.measuring import targets_of_image
from halflight.measuring.api import as_table, opened_image
from halflight.reading import name_of
from halflight.results.kept import file_hash


def adapt(
    image: str | PathLike[str] | NDArray[Any],
    catalogue: Any = None,
    *,
    psf: Any,
    output: str | PathLike[str],
    sigma: NDArray[Any] | None = None,
    mask: NDArray[Any] | None = None,
    wcs: Any = None,
    model: str | PathLike[str] | None = None,
    galaxies: int = 3000,
    epochs: int = FIT.epochs,
    seed: int = FIT.seed,
    processes: int = 1,
    backend: str = "cpu",
    command: str = "halflight.adapt",
    say: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> models.Card:
    """Make a model for the camera of an image: its PSFs, pixels and noise, on synthetic galaxies.

    Galaxies are simulated through the PSFs that the image's sources have, under their noise. The
    network of `model` goes on learning from some, is calibrated and joined with the scene fit on
    others, and scored on further ones. What is done is kept beside the folder until that is there:
    the same call goes on from it.

    Args:
        image, catalogue, psf, sigma, mask, wcs, options: as of `halflight.measure`. The sources say
            at which places the image's PSF and noise are looked at.
        output: the folder to write, which `halflight.measure(..., model=output)` takes.
        model: name or folder of the model to begin with; None: the default.
        galaxies: to simulate, 200 or more; three fifths to learn from, a fifth to calibrate on.
        epochs: passes at most over those to learn from.
        seed: of every random number; the same gives the same bytes.
        processes: that simulate and fit at the same time. backend: of the network.
        command: for the model's card.
        say: what is told on the way, a line each.

    Returns:
        The card of the model, also in the folder: what it is for, what not, and scores of ln R_e
        (NMAD, share of outliers, coverage, mean negative log-likelihood) on the galaxies kept
        apart, after and before.

    Raises:
        ValueError: an image that tells no PSF or no noise, a folder that is there, a model that is
            none of half-light radii in one band, too few galaxies.
        TypeError: an unknown option. OSError: a file that cannot be read, or written.
        RuntimeError: a galaxy that cannot be simulated; a process that died.
    """
    folder = Path(output)
    if folder.exists():
        raise ValueError(f"{name_of(folder)} is there already: give another name, or remove it")
    home = models.find(model if model is None else str(model))
    base = Measurer.load(home, backend=backend)
    opened, settings = opened_image(image, sigma, mask, wcs, options)
    targets = targets_of_image(opened, as_table(catalogue), psf, settings)
    camera = camera_of(targets)
    job = Adaptation(
        folder, base, file_hash(home), camera, galaxies, epochs, seed, processes, command, say
    )
    say(f"{targets.image}: {camera.describe()}")
    for note in targets.notes:
        say(f"  {note}")
    return job.run()

"""`halflight adapt`: a model for the camera of an image."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from halflight.command.options import OUTPUT, SOURCES, ClusterOption, with_image_options


@with_image_options
def adapt(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="A FITS image, as of `halflight measure`.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The model's folder.", rich_help_panel=OUTPUT),
    ],
    psf: Annotated[
        str | None, typer.Option(help="As of `halflight measure`.", rich_help_panel=SOURCES)
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option(
            "--catalogue",
            "-c",
            help="Where PSF and noise are looked at; without one, at sources that are detected.",
            rich_help_panel=SOURCES,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name or folder of the model to begin with.")
    ] = None,
    galaxies: Annotated[int, typer.Option(min=200, help="To simulate.")] = 3000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over those to learn from.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of every random number.")] = 1,
    processes: Annotated[
        int | None, typer.Option(min=1, help="At the same time; all processors without it.")
    ] = None,
    device: Annotated[str, typer.Option(help="Of the network: auto, cpu or cuda.")] = "auto",
    cluster: ClusterOption = None,  # noqa: ARG001 - it is followed when it is read
    **image_options: Any,
) -> None:
    """Make a model for an image's camera: simulate galaxies for it, fine-tune, calibrate, score.

    A run that is stopped goes on where it was, by the same command.
    """  # fmt: skip
    from halflight import nn  # late, so that --help comes at once
    from halflight.cameras import adapt as made
    from halflight.results.provenance import typed_command
    from halflight.workers import cores

    card = made(
        image,
        catalogue,
        psf=psf,
        output=output,
        model=model,
        galaxies=galaxies,
        epochs=epochs,
        seed=seed,
        processes=processes or cores(),
        backend=nn.choose(device).backend,
        command=typed_command("halflight"),
        say=lambda line: print(line, file=sys.stderr),
        **image_options,
    )
    print(f"{output}: {card.title}; `halflight models {output}` tells of it")

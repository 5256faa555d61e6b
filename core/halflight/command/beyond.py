"""`halflight survey` and `halflight stamps`: many images at once, and stamps for others."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from halflight.command.options import SOURCES, ClusterOption, with_image_options


@with_image_options
def survey(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="FITS images.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    catalogue: Annotated[
        str,
        typer.Option(
            "--catalogue", "-c", help="With RA, Dec of all sources.", rich_help_panel=SOURCES
        ),
    ],
    psf: Annotated[
        str | None, typer.Option(help="As of `halflight measure`.", rich_help_panel=SOURCES)
    ] = None,
    order: Annotated[
        int, typer.Option(min=0, max=10, help="Of the HEALPix pixels: 5 is 3.4 square degrees.")
    ] = 5,
    partition: Annotated[
        int | None, typer.Option(min=0, help="One pixel alone, here, into FOLDER-PIXEL.parquet.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name or folder of an estimator.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="The network alone.")] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="At the same time; all processors without it.")
    ] = None,
    cluster: ClusterOption = None,  # noqa: ARG001 - it is followed when it is read
    **image_options: Any,
) -> None:
    """Measure a catalogue on many images into a HATS catalogue and one Parquet table.

    A run that is stopped goes on by parts, by the same command.
    """  # fmt: skip
    from halflight.measuring import Job
    from halflight.measuring.survey import Survey
    from halflight.results.provenance import typed_command
    from halflight.workers import cores

    job = Job(
        images,
        output,
        catalogue=catalogue,
        psf=psf,
        model=model,
        tier="fast" if fast else None,
        options=image_options,
        processes=1 if partition is not None else processes or cores(),
        command=typed_command("halflight"),
    )

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    count = Survey(job, order, partition, say).run()
    print(f"{count} sources: {output}" + ("" if partition is None else f"-{partition}.parquet"))


def stamps(
    folder: Annotated[Path, typer.Argument(help="Of stamps in the pipeline's format.")],
    output: Annotated[Path, typer.Argument(help="The folder to write.")],
) -> None:
    """Write stamps as Parquet files with the fields of the Multimodal Universe."""
    from halflight import store
    from halflight.universe import write_stamps

    opened = store.read_stamps(folder)
    count = write_stamps(opened, output)
    print(f"{len(opened)} stamps in {count} files: {output}")

"""`halflight measure`: images, or a folder of stamps, to a table, a page and regions."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from halflight.command.options import (
    BANDS,
    OUTPUT,
    SOURCES,
    ClusterOption,
    bands_of,
    check_ending,
    dust_of,
    of_bands,
    with_image_options,
)

if TYPE_CHECKING:
    from halflight.measuring import Job

PROGRAM = "halflight"
# The formats of `halflight.results.FORMATS`, said here so that a wrong ending is refused at once.
ENDINGS = (".parquet", ".fits", ".vot", ".xml", ".ecsv", ".csv")
SAMP_ENDINGS = (".fits", ".vot", ".xml")


@with_image_options
def measure(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="FITS images, a part in brackets where one is needed (a.fits[2]), each a field of "
            "its own or, with --bands, one field; or one folder of stamps.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The table: *.parquet, .fits, .vot, .ecsv or .csv.",
            rich_help_panel=OUTPUT,
        ),
    ],
    append: Annotated[
        bool,
        typer.Option(
            "--append", help="After the rows of the table that is there.", rich_help_panel=OUTPUT
        ),
    ] = False,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Measure anew what an unfinished run has kept.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    page: Annotated[
        Path | None, typer.Option(help="A page to look at: *.html.", rich_help_panel=OUTPUT)
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="Ellipses for DS9: *.reg.", rich_help_panel=OUTPUT)
    ] = None,
    samp: Annotated[
        bool,
        typer.Option(
            "--samp",
            help="Send the table to TOPCAT, Aladin or DS9, if one runs.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    flag_names: Annotated[
        bool,
        typer.Option(
            "--flag-names", help="The flags' names in a column, too.", rich_help_panel=OUTPUT
        ),
    ] = False,
    classical: Annotated[
        bool,
        typer.Option(
            "--classical",
            help="A Sersic fit and an aperture radius beside.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    catalogue: Annotated[
        str | None,
        typer.Option(
            "--catalogue",
            "-c",
            help="FITS, VOTable, CSV, ECSV or Parquet with RA, Dec "
            "or x, y; without one, sources are detected.",
            rich_help_panel=SOURCES,
        ),
    ] = None,
    psf: Annotated[
        str | None,
        typer.Option(
            help="A FITS stamp, a PSFEx model or a psField; gaussian:2.5px or "
            "moffat:1.1arcsec:3 (FWHM, beta); or auto, from the image's stars.",
            rich_help_panel=SOURCES,
        ),
    ] = None,
    bands: Annotated[
        str | None,
        typer.Option(
            help="The images are one field's, in these bands and this order: ugriz, or names by "
            "commas. --psf, and what describes an image, is then one for all, or BAND=VALUE by "
            "commas: --psf g=g.psf.fits,r=r.psf.fits. For a model of several bands.",
            rich_help_panel=BANDS,
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            help="The band on whose pixels the others are laid; without it r, or the first.",
            rich_help_panel=BANDS,
        ),
    ] = None,
    extinction: Annotated[
        str | None,
        typer.Option(
            help="Of dust, in magnitudes: BAND=NUMBER or BAND=COLUMN by commas; without it the "
            "catalogue's columns extinction_BAND.",
            rich_help_panel=BANDS,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Name (see `halflight models`) or folder of an estimator; of stars and galaxies "
            "data/star_galaxy/finetuned/estimators/fine_tuned, after `make repro`."
        ),
    ] = None,
    decisive: Annotated[
        float | None,
        typer.Option(
            help="Of stars and galaxies, the probability of one of the two below which a source is "
            "flagged undecided, above 0.5 and below 1; without it the model's own."
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="The network alone, without the scene fit.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(help="That fit at the same time; all processors without it.")
    ] = None,
    device: Annotated[str, typer.Option(help="Of the network: auto, cpu or cuda.")] = "auto",
    cluster: ClusterOption = None,  # noqa: ARG001 - it is followed when it is read
    **image_options: Any,
) -> None:
    """Measure half-light radii, or tell stars: one row a source, in order, with flags.

    A run that is stopped goes on where it was, by the same command.
    """  # fmt: skip
    check_ending(output, ENDINGS, "--output")
    if page is not None:
        check_ending(page, [".html"], "--page")
    if regions is not None:
        check_ending(regions, [".reg"], "--regions")
    if samp:
        check_ending(output, SAMP_ENDINGS, "--output, with --samp,")
    if processes is not None and processes < 1:
        raise typer.BadParameter(f"it must be 1 or more: {processes}", param_hint="--processes")
    if decisive is not None and not 0.5 < decisive < 1.0:
        raise typer.BadParameter(
            f"it must be above 0.5 and below 1: {decisive:g}", param_hint="--decisive"
        )
    dust = dust_of(extinction)
    from halflight import nn  # late, so that --help comes at once
    from halflight.measuring import Job
    from halflight.results.provenance import typed_command
    from halflight.workers import cores

    job = Job(
        images,
        output,
        catalogue=catalogue,
        psf=of_bands(psf) if bands else psf,
        bands=bands_of(bands),
        reference=reference,
        extinction=dust,
        model=model,
        tier="fast" if fast else None,
        decisive=decisive,
        options=image_options,
        append=append,
        restart=restart,
        classical=classical,
        flag_names=flag_names,
        processes=processes or cores(),
        backend=nn.choose(device).backend,
        command=typed_command(PROGRAM),
        say=lambda line: print(line, file=sys.stderr),
        progress=True,
    )
    _finish(job, page, regions, samp)


def _finish(job: "Job", page: Path | None, regions: Path | None, samp: bool) -> None:
    """Run the job, then make of its results what else was asked for."""
    from halflight.results.flags import counted
    from halflight.results.regions import write_regions

    results = job.run()
    rows = results.rows
    print(f"{len(rows)} sources, {int((rows['flags'] != 0).sum())} flagged: {job.output}")
    for name, bit, count in counted(rows):
        print(f"  {count} {name} (bit {bit})")
        if name == "psf_out_of_range":
            print("    `halflight adapt` makes a model for such a camera")
    if regions is not None:
        write_regions(regions, results)
        print(f"regions: {regions}")
    if page is not None:
        job.write_page(page)
        print(f"page: {page}")
    if samp:
        from halflight.results.samp import send

        print(f"sent to {send(job.output)}")

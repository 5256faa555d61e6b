"""Options of the command line: their groups in its help, and those that describe an image."""

import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand

from halflight.reading import name_of
from halflight.workers import CLUSTER

OUTPUT, IMAGE, NOISE, SOURCES = "Output", "Image", "Noise and bad pixels", "Sources and PSF"
BANDS = "Several bands of one field"


class ImageOption(NamedTuple):
    """An option that is one of `halflight.images.Options`, under the same name."""

    name: str
    type: Any
    panel: str
    help: str


# Those of several values are a text of parts, by commas.
IMAGE_OPTIONS = (
    ImageOption("hdu", str, IMAGE, "Its part in the file: a number from 0, or a name."),
    ImageOption("plane", int, IMAGE, "Of a cube, from 0."),
    ImageOption("unit", str, IMAGE, "Of the pixels, as BUNIT has it: nanomaggy, adu, MJy/sr ..."),
    ImageOption("zero_point", float, IMAGE, "AB magnitude of one unit."),
    ImageOption("pixel_scale", float, IMAGE, "Arcsec a pixel."),
    ImageOption("band", str, IMAGE, "Name of the filter."),
    ImageOption("background", str, IMAGE, "keep the sky, or subtract it: global, mesh or local."),
    ImageOption("rms", str, NOISE, "File of sigma."),
    ImageOption("variance", str, NOISE, "File of sigma squared."),
    ImageOption("weight", str, NOISE, "File of one over sigma squared."),
    ImageOption("gain", float, NOISE, "Electrons in one unit, where no map of the noise is there."),
    ImageOption("read_noise", float, NOISE, "Electrons."),
    ImageOption("saturation", float, NOISE, "Value, in the image's unit, of a full pixel."),
    ImageOption("mask", str, NOISE, "File of bad pixels: any value but 0."),
    ImageOption("mask_planes", str, NOISE, "Names of the planes of a mask that count: SAT,BAD."),
    ImageOption("mask_bits", int, NOISE, "Sum of the bits of a mask that count."),
    ImageOption("columns", str, SOURCES, "Of the catalogue: id=OBJID,ra=RA_DEG,dec=DEC_DEG."),
    ImageOption("first_pixel", int, SOURCES, "0 or 1: the first pixel's centre, in x and y."),
    ImageOption("positions", str, SOURCES, "sky or pixel, where a catalogue has both."),
    ImageOption("threshold", float, SOURCES, "Of the detection without a catalogue, in sigmas."),
    ImageOption("least_area", int, SOURCES, "Pixels of a source that is detected."),
    ImageOption("psf_pixel_scale", float, SOURCES, "Arcsec a pixel of the PSF's file."),
    ImageOption("psf_size", int, SOURCES, "Pixels a side of the PSF that is used, odd."),
)

_METAVARS = {str: "TEXT", int: "INTEGER", float: "FLOAT"}


def _use_cluster(address: str | None) -> str | None:
    """Let all that this process and those that it starts work on go to a cluster."""
    if address:
        os.environ[CLUSTER] = address
    return address


ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="tcp://HOST:PORT",
        envvar=CLUSTER,
        callback=_use_cluster,
        help="Work with the workers of this Dask scheduler.",
    ),
]


class GroupedCommand(TyperCommand):
    """A command whose plain help has its options in sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write each panel's options under its name, in the parameters' order; others last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if (record := parameter.get_help_record(ctx)) is not None:
                argument = isinstance(parameter, TyperArgument)
                other = "Arguments" if argument else "Options"
                panel = getattr(parameter, "rich_help_panel", None) or other
                sections.setdefault(panel, []).append(record)
        for panel, records in sorted(sections.items(), key=lambda section: section[0] == "Options"):
            with formatter.section(panel):
                formatter.write_dl(records)


def with_image_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command with IMAGE_OPTIONS in place of its `**image_options`, which gets those given."""
    signature = inspect.signature(command)
    kept = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    added = [
        inspect.Parameter(
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,  # numbers, too, are read here: they may be those of several bands
                typer.Option(
                    help=option.help,
                    rich_help_panel=option.panel,
                    metavar=_METAVARS[option.type],
                ),
            ],
        )
        for option in IMAGE_OPTIONS
    ]
    types = {option.name: option.type for option in IMAGE_OPTIONS}

    def wrapper(**values: Any) -> None:
        several = bool(values.get("bands"))
        given = {name: values.pop(name) for name in list(values) if name in types}
        parsed = {
            name: _parsed(name, types[name], value, several=several)
            for name, value in given.items()
            if value is not None
        }
        command(**values, **parsed)

    wrapper.__name__, wrapper.__doc__ = command.__name__, command.__doc__
    wrapper.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in [*kept, *added]}
    return wrapper


def check_ending(path: Path, endings: Iterable[str], name: str) -> None:
    """Refuse a file whose ending says another format, before anything is read."""
    if path.suffix not in endings:
        message = f"{name_of(path)} must end in {either(list(endings))}"
        raise typer.BadParameter(message, param_hint=name)


def either(words: Sequence[str]) -> str:
    """The words as a choice: "a, b or c"."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def bands_of(text: str | None) -> list[str]:
    """The names of bands: letters, such as ugriz, or words by commas, such as F115W,F150W."""
    if text is None:
        return []
    return [part.strip() for part in text.split(",")] if "," in text else list(text.strip())


def of_bands(text: str | None) -> Any:
    """A text of BAND=VALUE, more by commas, as a dictionary; any other as it is."""
    parts = [part.partition("=") for part in (text or "").split(",")]
    if not all(band.strip() and equals and value.strip() for band, equals, value in parts):
        return text
    return {band.strip(): value.strip() for band, _, value in parts}


def dust_of(text: str | None) -> dict[str, float | str] | None:
    """Extinction by band: a number of magnitudes, or the name of a column."""
    if text is None:
        return None
    pairs = of_bands(text)
    if not isinstance(pairs, dict):
        raise typer.BadParameter(
            f"it must be BAND=NUMBER or BAND=COLUMN, more of them by commas: {text!r}",
            param_hint="--extinction",
        )
    return {band: _number_or_text(value) for band, value in pairs.items()}


def _number_or_text(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _parsed(name: str, kind: Any, value: str, *, several: bool) -> Any:
    """A value as `halflight.images.Options` takes it; of several bands, perhaps one for each."""
    if name == "mask_planes":
        return tuple(part.strip() for part in value.split(","))
    if name == "columns":
        pairs = of_bands(value)  # of roles
        if not isinstance(pairs, dict):
            raise typer.BadParameter(
                "it must be ROLE=COLUMN, more of them by commas, such as id=OBJID,ra=RA",
                param_hint="--columns",
            )
        return pairs
    if several and isinstance(each := of_bands(value), dict):
        return {band: _number(name, kind, own) for band, own in each.items()}
    return _number(name, kind, value)


def _number(name: str, kind: Any, value: str) -> Any:
    """A text as an option's number, or itself where the option is a text."""
    try:
        return kind(value)
    except ValueError as error:
        hint = "--" + name.replace("_", "-")
        raise typer.BadParameter(
            f"{value!r} is not a valid {_METAVARS[kind].lower()}", param_hint=hint
        ) from error

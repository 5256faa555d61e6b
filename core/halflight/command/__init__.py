"""The command line: `halflight --help`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from halflight import __version__
from halflight.command.adapt import adapt
from halflight.command.beyond import stamps, survey
from halflight.command.measure import measure
from halflight.command.options import GroupedCommand, check_ending
from halflight.command.review import quick, review
from halflight.command.sweep import compare, sweep
from halflight.text import error_line, guarded_terminal

PROGRAM = "halflight"
INTERRUPTED = 130
# What a user's own files, words and machine can bring about: one line says it, without a traceback.
EXPECTED = (OSError, ValueError, RuntimeError, MemoryError, ModuleNotFoundError)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain lines, which scripts and screen readers can read
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 an error, 2 wrong usage, 130 Ctrl-C."""
    try:
        with guarded_terminal():
            app(prog_name=PROGRAM)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # Typer turns Ctrl-C into this, without a word
            print(f"{PROGRAM}: stopped", file=sys.stderr)
        raise
    except EXPECTED as error:
        print(f"{PROGRAM}: {error_line(error)}", file=sys.stderr)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback(help="Measure how large galaxies are, with honest error bars.")
def everything(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Take the options that belong to no command."""


app.command(cls=GroupedCommand)(measure)
app.command(cls=GroupedCommand)(adapt)
app.command(cls=GroupedCommand)(survey)
app.command()(stamps)
app.command()(sweep)
app.command()(compare)
app.command()(quick)
app.command()(review)


@app.command()
def export(
    model: Annotated[
        Path, typer.Argument(help="Folder of an estimator, or of a network that Model.save wrote.")
    ],
    output: Annotated[Path, typer.Argument(help="The file to write: *.onnx.")],
    opset: Annotated[int, typer.Option(help="Version of ONNX's operators, 17 to 22.")] = 17,
) -> None:
    """Write a trained estimator, or a bare network, as an ONNX file that other programs run."""
    check_ending(output, [".onnx"], "OUTPUT")
    from halflight import nn
    from halflight.estimator import DESCRIPTION, Estimator
    from halflight.export import export_estimator, export_onnx

    if (model / DESCRIPTION).is_file():
        export_estimator(Estimator.load(model), output, opset=opset)
    else:
        export_onnx(nn.load_model(model), output, opset=opset)
    print(f"{output}: {output.stat().st_size} bytes")


@app.command()
def models(
    folder: Annotated[
        Path | None, typer.Argument(help="Of one model, as `halflight adapt` writes it.")
    ] = None,
) -> None:
    """List the models that come with halflight, the default first; or tell of one in a folder."""
    from halflight.models import installed, read_card

    cards = installed().values() if folder is None else [read_card(folder)]
    if not cards:
        print("no model comes with this installation: name an estimator's folder by --model")
    for card in cards:
        print(f"{card.name}{' (default)' if card.default else ''}: {card.title}")
        print(f"  for: {card.population}")
        for limit in card.limits:
            print(f"  not: {limit}")
        scores = ", ".join(f"{name} {value:g}" for name, value in card.scores.items())
        print(f"  scores: {scores}")
        print(f"  made by: {card.command}; licence {card.licence}")

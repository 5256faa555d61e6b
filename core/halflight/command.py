"""The command line: `halflight --help`."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from halflight import __version__, files
from halflight.reading import name_of
from halflight.text import error_line, guarded_terminal

PROGRAM = "halflight"
INTERRUPTED = 130
WRITERS = {".parquet": files.write_parquet, ".csv": files.write_csv}
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


def _check_ending(output: Path, endings: Iterable[str], name: str) -> None:
    """Refuse a file whose ending says another format, before anything is read."""
    if output.suffix not in endings:
        message = f"{name_of(output)} must end in {' or '.join(endings)}"
        raise typer.BadParameter(message, param_hint=name)


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


@app.command()
def measure(
    stamps: Annotated[
        Path, typer.Argument(help="Folder of stamps: stamps.json, table.parquet and arrays.")
    ],
    model: Annotated[
        Path, typer.Option(help="Folder of an estimator, such as data/radius/estimator.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The table to write: *.parquet or *.csv.")
    ],
    tier: Annotated[
        str | None,
        typer.Option(help="fast: network alone; best: joined with the scene fit, the default."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes of the scene fit. [default: one a core]")
    ] = os.cpu_count() or 1,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Measure every stamp of a folder: one row each, in order, with error bars and flags."""
    _check_ending(output, WRITERS, "--output")
    from halflight import nn, store  # late, so that --help comes at once
    from halflight.measurer import Measurer
    from halflight.quality import FLAGS

    measurer = Measurer.load(model, backend=nn.choose(device).backend)
    opened = store.read_stamps(stamps)
    measured = measurer.measure_stamps(opened, tier=tier, processes=processes)
    measured.insert(0, "id", opened.table["id"].to_numpy())
    WRITERS[output.suffix](output, measured)
    flagged = int((measured["flags"] != 0).sum())
    print(f"{len(measured)} stamps measured, {flagged} of them flagged: {output}")
    for name, bit in FLAGS.items():
        if count := int((measured["flags"] & bit != 0).sum()):
            print(f"  {count} {name} (bit {bit})")


@app.command()
def export(
    model: Annotated[
        Path, typer.Argument(help="Folder of an estimator, or of a network that Model.save wrote.")
    ],
    output: Annotated[Path, typer.Argument(help="The file to write: *.onnx.")],
    opset: Annotated[int, typer.Option(help="Version of ONNX's operators, 17 to 22.")] = 17,
) -> None:
    """Write a trained estimator, or a bare network, as an ONNX file that other programs run."""
    _check_ending(output, [".onnx"], "OUTPUT")
    from halflight import nn
    from halflight.estimator import DESCRIPTION, Estimator
    from halflight.export import export_estimator, export_onnx

    if (model / DESCRIPTION).is_file():
        export_estimator(Estimator.load(model), output, opset=opset)
    else:
        export_onnx(nn.load_model(model), output, opset=opset)
    print(f"{output}: {output.stat().st_size} bytes")

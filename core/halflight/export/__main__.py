"""Write a saved model as an ONNX file: `python -m halflight.export MODEL_FOLDER OUTPUT.onnx`."""

import argparse
import sys
from pathlib import Path

from halflight.export import HIGHEST_OPSET, LOWEST_OPSET, export_onnx
from halflight.nn import load_model


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and export; the exit status is 0, or 1 after a message."""
    parser = argparse.ArgumentParser(prog="python -m halflight.export", description=__doc__)
    parser.add_argument("model", help="folder that Model.save wrote", metavar="MODEL_FOLDER")
    parser.add_argument("output", type=Path, help="the file to write", metavar="OUTPUT.onnx")
    parser.add_argument(
        "--opset",
        type=int,
        default=LOWEST_OPSET,
        help=f"version of ONNX's operators, {LOWEST_OPSET} to {HIGHEST_OPSET} (default: the first)",
    )
    options = parser.parse_args(arguments)
    try:
        model = load_model(options.model)
        export_onnx(model, options.output, opset=options.opset)
    except (OSError, ValueError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    inputs = [f"{n} {s}" for n, s in zip(model.input_names, model.input_shapes, strict=True)]
    outputs = [f"{n} {s}" for n, s in zip(model.output_names, model.output_shapes, strict=True)]
    print(
        f"{options.output}: {options.output.stat().st_size} bytes, "
        f"from {', '.join(inputs)} to {', '.join(outputs)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

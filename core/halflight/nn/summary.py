"""The table that `Model.summary` prints."""

import math

from halflight.nn.graph import Graph


def summarize(graph: Graph) -> str:
    """Return a table of inputs and calls: output shape, parameters, operations, inputs."""
    names = [*graph.input_names, *(node.layer.name or "" for node in graph.nodes)]
    rows = [("Layer", "Output shape", "Parameters", "Operations", "Reads")]
    rows += [
        (f"{name} (Input)", _shape(shape), "0", "0", "")
        for name, shape in zip(graph.input_names, graph.shapes, strict=False)
    ]
    seen: set[int] = set()
    for node in graph.nodes:
        layer = node.layer
        count = 0 if id(layer) in seen else layer.count_params()
        seen.add(id(layer))
        frozen = "" if layer.trainable or not layer.weights else " frozen"
        rows.append(
            (
                f"{layer.name} ({type(layer).__name__}){frozen}",
                _shape(graph.shapes[node.output]),
                f"{count:,}",
                f"{layer.flops(*graph.layer_shapes(node)):,}",
                ", ".join(names[number] for number in node.inputs),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            cell.rjust(width) if column in (2, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "-" * max(map(len, lines))
    total = sum(layer.count_params() for layer in graph.layers)
    trainable = sum(
        math.prod(weight.shape)
        for layer in graph.layers
        if layer.trainable
        for weight in layer.weights.values()
        if weight.trained
    )
    return "\n".join(
        [
            lines[0],
            rule,
            *lines[1:],
            rule,
            f"Parameters: {total:,} ({trainable:,} trainable, {total - trainable:,} not)",
            f"Floating-point operations a sample: {graph.flops():,}",
        ]
    )


def _shape(shape: tuple[int, ...]) -> str:
    return f"(batch, {', '.join(map(str, shape))})"

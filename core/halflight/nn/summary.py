"""The table of a model's layers, as text for `Model.summary` and as HTML for notebooks."""

import math
from html import escape

from halflight.nn.graph import Graph

_HEAD = ("Layer", "Output shape", "Parameters", "Operations", "Reads")
_NUMBERS = (2, 3)  # columns of numbers


def summarize(graph: Graph) -> str:
    """Return a table of inputs and calls: output shape, parameters, operations, inputs."""
    rows = [_HEAD, *_rows(graph)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:], rule, *_totals(graph)])


def as_html(graph: Graph, title: str) -> str:
    """Return the same as an HTML table under a title; names in it are only ever text."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in _HEAD)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in _rows(graph)
    )
    totals = "<br>".join(map(escape, _totals(graph)))
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><p>{totals}</p>"
    )


def _rows(graph: Graph) -> list[tuple[str, ...]]:
    names = [*graph.input_names, *(node.layer.name or "" for node in graph.nodes)]
    rows: list[tuple[str, ...]] = [
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
                "varies" if graph.varies else f"{layer.flops(*graph.layer_shapes(node)):,}",
                ", ".join(names[number] for number in node.inputs),
            )
        )
    return rows


def _totals(graph: Graph) -> list[str]:
    total = sum(layer.count_params() for layer in graph.layers)
    trainable = sum(
        math.prod(weight.shape)
        for layer in graph.layers
        if layer.trainable
        for weight in layer.weights.values()
        if weight.trained
    )
    return [
        f"Parameters: {total:,} ({trainable:,} trainable, {total - trainable:,} not)",
        "Floating-point operations a sample: "
        + ("vary with the lengths" if graph.varies else f"{graph.flops():,}"),
    ]


def _shape(shape: tuple[int, ...]) -> str:
    return f"(batch, {', '.join(map(str, shape))})"

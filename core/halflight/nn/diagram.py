"""A model's graph as SVG: a box a call, in rows by how far it lies from the inputs."""

from dataclasses import dataclass
from html import escape

from halflight.nn.graph import Graph

_BOX, _LINE, _GAP = 230, 15, 30  # pixels: width of a box, height of a line of text, between boxes


@dataclass(frozen=True)
class Drawing:
    """A picture that notebooks show."""

    svg: str

    def _repr_svg_(self) -> str:
        """Return the picture, as notebooks ask for it."""
        return self.svg


def draw(graph: Graph, *, shapes: bool, names: bool) -> Drawing:
    """Draw inputs and calls, each with its class and, as asked for, its name and output's shape."""
    labels = _labels(graph, shapes=shapes, names=names)
    height = _LINE * (1 + shapes + names) + 10
    rows = _rows(graph)
    across = max(map(len, rows)) * (_BOX + _GAP) + _GAP
    down = len(rows) * (height + _GAP) + _GAP
    corners: dict[int, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        left = (across - len(row) * (_BOX + _GAP) + _GAP) / 2
        for place, tensor in enumerate(row):
            corners[tensor] = (left + place * (_BOX + _GAP), _GAP + number * (height + _GAP))
    edges = [
        _edge(corners[read], corners[node.output], height)
        for node in graph.nodes
        for read in node.inputs
    ]
    boxes = [_box(corners[tensor], labels[tensor], height) for tensor in sorted(corners)]
    return Drawing(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" '
        f'viewBox="0 0 {across} {down}" font-family="sans-serif" font-size="12">'
        f"{''.join(edges)}{''.join(boxes)}</svg>\n"
    )


def _labels(graph: Graph, *, shapes: bool, names: bool) -> list[list[str]]:
    """Return the lines of text in each tensor's box."""
    known = [("Input", name) for name in graph.input_names]
    known += [(type(node.layer).__name__, node.layer.name or "") for node in graph.nodes]
    return [
        [kind] + [name] * names + [f"(batch, {', '.join(map(str, shape))})"] * shapes
        for (kind, name), shape in zip(known, graph.shapes, strict=True)
    ]


def _rows(graph: Graph) -> list[list[int]]:
    """Return tensors in rows, each below all that it reads, and near them in its row."""
    depth = [0] * len(graph.input_names)
    rows: list[list[int]] = [list(range(len(depth)))]
    for node in graph.nodes:
        depth.append(1 + max(depth[read] for read in node.inputs))
        if depth[-1] == len(rows):
            rows.append([])
        rows[depth[-1]].append(node.output)
    reads = {node.output: node.inputs for node in graph.nodes}
    place = {tensor: number / max(len(rows[0]), 1) for number, tensor in enumerate(rows[0])}
    for row in rows[1:]:
        row.sort(key=lambda tensor: sum(place[i] for i in reads[tensor]) / len(reads[tensor]))
        place |= {tensor: (number + 0.5) / len(row) for number, tensor in enumerate(row)}
    return rows


def _box(corner: tuple[float, float], lines: list[str], height: int) -> str:
    x, y = corner
    bold = ' font-weight="bold"'
    texts = [
        f'<text x="{x + _BOX / 2:g}" y="{y + _LINE * (number + 1):g}" text-anchor="middle"'
        f"{'' if number else bold}>{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{_BOX}" height="{height}" rx="4" fill="#f4f4f4" '
        f'stroke="#555555"/>{"".join(texts)}'
    )


def _edge(above: tuple[float, float], below: tuple[float, float], height: int) -> str:
    x0, y0, x1, y1 = above[0] + _BOX / 2, above[1] + height, below[0] + _BOX / 2, below[1]
    middle = (y0 + y1) / 2
    return (
        f'<path d="M{x0:g} {y0:g}C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {y1:g}" '
        'fill="none" stroke="#555555"/>'
    )

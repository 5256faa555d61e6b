"""Sight: what a network looks at - its first filters, its maps of a stamp, and which light counts.

Everything is of the network as it is: nothing is fitted, and no gradient is taken.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from halflight import nn
from halflight.estimator import Estimator
from halflight.nn.network import Network

Floats = NDArray[np.floating]
CELLS = 12  # squares along a side of a stamp that are covered one after the other


def first_filters(network: Network) -> Floats:
    """The kernels of the first convolution of images, (filters, height, width, bands).

    Empty, (0, 1, 1, 1), where the network has no convolution in two dimensions.
    """
    weights = network.get_weights()
    for layer in network.layers:
        kernel = weights.get(f"{layer.name}/kernel")
        if kernel is not None and kernel.ndim == 4:
            return np.asarray(kernel.transpose(3, 0, 1, 2), np.float32)
    return np.zeros((0, 1, 1, 1), np.float32)


def feature_maps(network: Network, prepared: Mapping[str, Floats]) -> dict[str, Floats]:
    """What the network makes of prepared stamps, (n, H, W, channels), by the layers' names.

    One for each size of a map that depends on "image" alone, the last of that size: where the
    network halves its maps, what it hands on. Empty for a network without such maps.
    """
    graph = network.graph
    image = network.input_names.index("image")
    seen: list[set[int]] = [{number} for number in range(len(network.input_names))]
    last: dict[tuple[int, ...], tuple[str, int]] = {}
    for node in graph.nodes:
        seen.append(set().union(*(seen[number] for number in node.inputs)))
        shape = graph.shapes[node.output]
        if seen[node.output] == {image} and len(shape) == 3:
            last[shape[:2]] = str(node.layer.name), node.output
    if not last:
        return {}
    names, numbers = zip(*last.values(), strict=True)
    maps = nn.Model(network.inputs[image], [graph.tensors[number] for number in numbers])
    found = maps.predict(np.ascontiguousarray(prepared["image"], np.float32))
    return dict(zip(names, found, strict=True))


def occlusion(
    estimator: Estimator, prepared: Mapping[str, Floats], cells: int = CELLS
) -> tuple[Floats, Floats]:
    """What covering a square of a stamp changes of the first quantity and of ln of its sigma.

    Each is (n, cells, cells), first index along the rows, of the learnt value: covered less
    uncovered. A covered pixel is 0, which is an empty sky (Zeiler & Fergus 2014, ECCV, section 4.2,
    who cover with grey). Raises ValueError where a stamp has fewer pixels a side than `cells`.
    """
    image = np.asarray(prepared["image"], np.float32)
    size = image.shape[1]
    if size < cells:
        raise ValueError(f"a stamp of {size} pixels a side has no {cells} squares along it")
    edges = np.linspace(0, size, cells + 1).round().astype(int)
    shape = (len(image), cells, cells)
    value, spread = np.empty(shape), np.empty(shape)
    for number, stamp in enumerate(image):
        covered = np.repeat(stamp[np.newaxis], cells * cells + 1, axis=0)
        for place in range(cells * cells):
            row, column = divmod(place, cells)
            covered[place, edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = 0.0
        others = {
            name: np.repeat(array[number : number + 1], len(covered), axis=0)
            for name, array in prepared.items()
            if name != "image"
        }
        values, sigmas = estimator.predict({"image": covered, **others})
        value[number] = (values[:-1, 0] - values[-1, 0]).reshape(cells, cells)
        spread[number] = np.log(sigmas[:-1, 0] / sigmas[-1, 0]).reshape(cells, cells)
    return value, spread

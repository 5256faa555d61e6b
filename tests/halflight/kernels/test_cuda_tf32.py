"""The back end cuda_tf32: the reference within TF32's rounding, on a GPU or in the simulator.

The simulator's threads cannot multiply together; how those of a warp share a product is tried here
by the instruction's definition.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.compilation import with_globals
from halflight.kernels.cuda.machine.simulated import SIMULATED
from halflight.kernels.cuda.products import tensor_tiles
from tests.halflight.kernels.backends import ON_GPU
from tests.halflight.kernels.cases import all_cases
from tests.halflight.kernels.cases.case import assert_agrees
from tests.halflight.kernels.cases.conv import conv_cases
from tests.halflight.kernels.cases.dense import dense_cases
from tests.halflight.kernels.cases.fused import fused_case

REFERENCE = kernels.load("reference")
PRODUCTS = ("conv", "dense")
# Numbers in a case that the simulator is given.
AFFORDABLE = 400


def _size(case):
    return sum(value.size for value in case.arguments.values() if isinstance(value, np.ndarray))


def _aligned_cases():
    """Fours of channels throughout, and sums that end within a tile's depth and with it."""
    rng = np.random.Generator(np.random.Philox(key=[18, 0]))
    square = (1, 1), (1, 1), (2, 2)
    return [
        *dense_cases(rng, 17, 12, 20)[:3],
        *conv_cases(rng, 1, (2, 3), (8, 4), (3, 3), *square),
        fused_case(rng, 1, 2, 4, 8, 4, norm=True, slope=0.25, pool=True),
    ]


class TestAsTheReference:
    pytestmark = ON_GPU

    def test_within_the_rounding_to_tf32(self):
        backend = kernels.load("cuda_tf32")
        tried = set()
        for case in all_cases():
            if case.kernel.startswith(PRODUCTS) and (not SIMULATED or _size(case) < AFFORDABLE):
                assert_agrees(case, backend, REFERENCE)
                tried.add(case.kernel)
        assert len(tried) >= 6

    def test_as_float32_where_factors_are_numbers_of_tf32(self):
        backend = kernels.load("cuda_tf32")
        for case in _aligned_cases():
            assert_agrees(case.with_rounded_factors(), backend, REFERENCE)

    def test_other_kernels_are_those_of_cuda(self):
        backend, float32 = kernels.load("cuda_tf32"), kernels.load("cuda")
        names = {name for name in vars(float32) if name.startswith(PRODUCTS)}
        assert all(getattr(backend, name).keywords == {"tf32": True} for name in names)
        others = vars(float32).keys() - names - {"name"}
        assert all(getattr(backend, name) is getattr(float32, name) for name in others)

    def test_rounds_factors_to_nearest(self):
        """By a product with one: the tie goes away from zero, and the mantissa has 10 bits."""
        unit = 2.0**-10
        pairs = [
            (1.0, 1.0),
            (1 + 0.49 * unit, 1.0),
            (1 + 0.5 * unit, 1 + unit),
            (1 + 1.5 * unit, 1 + 2 * unit),
            (-1 - 0.5 * unit, -1 - unit),
            (-1 - 0.49 * unit, -1.0),
            (2 - 0.5 * unit, 2.0),
            ((1.5 + 0.3 * unit) * 2.0**127, 1.5 * 2.0**127),
            (3.4028235e38, np.inf),
            (1.5 * 2.0**-127, 1.5 * 2.0**-127),
            (2.0**-149, 0.0),
            (2.0**-137, 2.0**-136),
            (np.inf, np.inf),
            (-np.inf, -np.inf),
            (np.nan, np.nan),
        ]
        x, expected = (np.array(values, np.float32) for values in zip(*pairs, strict=True))
        backend = kernels.load("cuda_tf32")
        y, ones = backend.empty((len(x), 16)), backend.to_device(np.ones((1, 16)))
        backend.dense_forward(y, backend.to_device(x[:, None]), ones, None)
        np.testing.assert_array_equal(backend.to_host(y), np.repeat(expected[:, None], 16, 1))


def _load4(loads):
    def load4(array, start):
        assert start % 4 == 0
        loads.append(start)
        return tuple(array[start : start + 4])

    return load4


def _of_thread(function, tile, thread, **others):
    """The device function as one thread of a tile runs it."""
    fake = SimpleNamespace(
        threadIdx=SimpleNamespace(x=thread),
        local=SimpleNamespace(array=np.zeros),
        syncwarp=lambda: None,
    )
    return with_globals(function, function.__name__, **tile.constants() | {"cuda": fake} | others)


def _multiplied(fragments):
    """What each thread of a warp is given of a (16, 8) b (8, 8), from what each brings."""
    a, b = np.full((16, 8), np.nan), np.full((8, 8), np.nan)
    for lane, (of_a, of_b) in enumerate(fragments):
        g, t = divmod(lane, 4)
        a[g, t], a[g + 8, t], a[g, t + 4], a[g + 8, t + 4] = of_a
        b[t, g], b[t + 4, g] = of_b
    c = a @ b
    for lane in range(32):
        g, t = divmod(lane, 4)
        yield np.array([c[g, 2 * t], c[g, 2 * t + 1], c[g + 8, 2 * t], c[g + 8, 2 * t + 1]])


@pytest.mark.parametrize("shape", [(128, 64, 2, 1, 16), (64, 64, 1, 1, 8), (32, 128, 1, 2, 8)])
def test_a_warp_shares_its_product(shape):
    """Every sum once and in its place; four numbers at a time from all banks of shared memory."""
    tile = tensor_tiles.TensorTile(*shape, lanes=(8, 4))
    known = tile.constants()
    rng = np.random.Generator(np.random.Philox(key=[18, 1]))
    copy = rng.integers(-9, 10, known["COPIES"]).astype(np.float32)
    a = copy[: tile.DEPTH * known["LEFT_STRIDE"]].reshape(tile.DEPTH, -1)[:, : tile.ROWS]
    b = copy[tile.DEPTH * known["LEFT_STRIDE"] :].reshape(tile.DEPTH, -1)[:, : tile.COLUMNS]
    brought, loaded = [[] for _ in range(tile.threads)], [[] for _ in range(tile.threads)]
    for thread in range(tile.threads):  # first what each brings, which no sum depends on

        def record(c, *factors, mine=brought[thread]):
            mine.append(factors)
            return c

        multiply = _of_thread(
            tensor_tiles.multiply, tile, thread, mma=record, load4=_load4(loaded[thread])
        )
        multiply(np.zeros(known["SUMS"], np.float32), copy, 0)
    given = [[] for _ in brought]
    for first in range(0, tile.threads, 32):
        for fragments in zip(*brought[first : first + 32], strict=True):
            for lane, product in enumerate(_multiplied(fragments)):
                given[first + lane].append(product)
    found = np.full((tile.ROWS, tile.COLUMNS), np.nan)
    for thread, products in enumerate(given):
        turns = iter(products)
        multiply = _of_thread(
            tensor_tiles.multiply,
            tile,
            thread,
            mma=lambda c, _a, _b, turns=turns: c + next(turns),
            load4=_load4([]),
        )
        totals = np.zeros(known["SUMS"], np.float32)
        multiply(totals, copy, 0)
        row_of = _of_thread(tensor_tiles.row_of, tile, thread)
        column_of = _of_thread(tensor_tiles.column_of, tile, thread)
        for i in range(known["TALL"]):
            for j in range(known["BROAD"]):
                place = row_of(i), column_of(j)
                assert np.isnan(found[place])
                found[place] = totals[i * known["BROAD"] + j]
        fours = range(0, known["BROAD"], 4)
        assert all(column_of(j + 3) == column_of(j) + 3 and column_of(j) % 4 == 0 for j in fours)
    np.testing.assert_array_equal(found, a.T @ b)
    for first in range(0, tile.threads, 8):
        for starts in zip(*loaded[first : first + 8], strict=True):
            assert len({(start // 4) % 8 for start in starts}) == 8

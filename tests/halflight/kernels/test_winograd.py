"""Winograd's algorithm: its maps in exact arithmetic, its rounding, and where it serves."""

from fractions import Fraction
from itertools import product
from math import prod

import numba
import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.cpu.convolution import winograd_tiles
from halflight.kernels.cpu.convolution import winograd_transforms as maps
from halflight.kernels.cpu.machine.vector import LANES
from tests.halflight.kernels.cases.case import Case, normal, nothing
from tests.halflight.kernels.cases.conv import winograd_cases

# Toom-Cook: a product of polynomials follows from its values at points, the last at infinity.
POINTS = [Fraction(p, 4) for p in (0, 3, -3, 6, -6)]
OUTPUTS, TAPS = 4, 3
INPUTS = OUTPUTS + TAPS - 1


def _without(points, left_out):
    """The coefficients, lowest first, of the product of (z - p) over all points but one."""
    polynomial = [Fraction(1)]
    for p in points:
        if p is not left_out:
            shifted, scaled = [Fraction(0), *polynomial], [*polynomial, Fraction(0)]
            polynomial = [a - p * b for a, b in zip(shifted, scaled, strict=True)]
    return polynomial + [Fraction(0)] * (len(points) + 1 - len(polynomial))


def _powers(points, number):
    """(points, number): the powers of every point; infinity has the highest alone."""
    finite = [[p**k for k in range(number)] for p in points]
    return np.array([*finite, [Fraction(int(k == number - 1)) for k in range(number)]])


def _divisors(points):
    finite = [prod((p - q for q in points if q is not p), start=Fraction(1)) for p in points]
    return np.array([*finite, Fraction(1)])


def _inputs_of(points):
    return np.array([*[_without(points, p) for p in points], _without(points, None)])


A = _powers(POINTS, OUTPUTS)
G = _powers(POINTS, TAPS) / _divisors(POINTS)[:, None]
BT = _inputs_of(POINTS)

# Two outputs take four of the points. Their weights are those above: the inputs make up for it.
FEWER, OF_THEM = POINTS[:3], [0, 1, 2, 5]
A_SHORT = _powers(FEWER, 2)
BT_SHORT = _inputs_of(FEWER) * (_divisors(POINTS)[OF_THEM] / _divisors(FEWER))[:, None]
G_SHORT = G[OF_THEM]


@pytest.mark.parametrize(
    ("down", "along"),
    [
        ((A, G, BT), (A, G, BT)),
        ((A_SHORT, G_SHORT, BT_SHORT), (A, G, BT)),
    ],
    ids=["4 x 4", "2 x 4"],
)
def test_the_maps_convolve_exactly(down, along):
    """Every tile is a sum of unit ones, so these prove A^T [(G w G^T) * (B^T x B)] A."""
    for i, j in product(range(len(down[2])), range(len(along[2]))):
        x = np.outer(down[2][:, i], along[2][:, j])
        for u, v in product(range(TAPS), repeat=2):
            y = down[0].T @ (np.outer(down[1][:, u], along[1][:, v]) * x) @ along[0]
            expected = np.full(y.shape, Fraction(0))
            if 0 <= i - u < len(expected) and 0 <= j - v < OUTPUTS:
                expected[i - u, j - v] = Fraction(1)
            assert (y == expected).all()


@numba.njit
def _inputs(x, y):
    maps.transform_inputs(x, 0, 6 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _short_inputs(x, y):
    maps.transform_short_inputs(x, 0, 6 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _gradients(x, y):
    maps.transform_gradients(x, 0, 4 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _weights(x, y):
    maps.transform_weights(x, 0, 3 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _weight_gradients(x, y):
    maps.transform_weight_gradients(x, 0, 6 * LANES, LANES, y, 0, 3 * LANES, LANES)


def _ended(transform):
    @numba.njit
    def ended(x, y, scale, shift, slope, floor):
        place = (0, 4 * LANES, LANES)
        transform(x, 0, 6 * LANES, LANES, y, *place, scale, shift, LANES, slope, floor)

    return ended


_whole_ended, _short_ended = map(_ended, (maps.transform_outputs, maps.transform_short_outputs))


def _plain(ended):
    one, zero = np.ones(2 * LANES, np.float32), np.zeros(2 * LANES, np.float32)
    return lambda x, y: ended(x, y, one, zero, np.float32(1), np.float32(-np.inf))


def _spread(matrix):
    """The rows of BT_SHORT at their places among six."""
    six = np.full((INPUTS, matrix.shape[1]), np.nan)
    six[OF_THEM] = matrix
    return six


def _gathered(matrix):
    """A^T of two outputs among six products, of which two do not count."""
    six = np.zeros((2, INPUTS))
    six[:, OF_THEM] = matrix
    return six


@pytest.mark.parametrize(
    ("compiled", "down", "along", "rounding"),
    [
        (_inputs, BT, BT, 0.0),
        (_short_inputs, _spread(BT_SHORT), BT, 0.0),
        (_plain(_whole_ended), A.T, A.T, 0.0),
        (_plain(_short_ended), _gathered(A_SHORT.T), A.T, 0.0),
        (_gradients, A, A, 0.0),
        (_weights, G, G, 2e-7),  # thirds and ninths are rounded
        (_weight_gradients, G.T, G.T, 2e-7),
    ],
    ids=["inputs", "short inputs", "outputs", "short outputs", "gradients", "w", "dw"],
)
def test_compiled_maps_are_these(compiled, down, along, rounding):
    """Each unit tile becomes a product of columns of the exact matrices; 16 at a time."""
    down, along = down.astype(np.float64), along.astype(np.float64)
    places = list(product(range(down.shape[1]), range(along.shape[1])))
    places += places[: -len(places) % LANES]
    for first in range(0, len(places), LANES):
        x = np.zeros((down.shape[1], along.shape[1], LANES), np.float32)
        y = np.full((len(down), len(along), LANES), np.nan, np.float32)
        expected = np.empty(y.shape)
        for lane, (i, j) in enumerate(places[first : first + LANES]):
            x[i, j, lane] = 1.0
            expected[..., lane] = np.outer(down[:, i], along[:, j])
        received = y.reshape(-1)
        compiled(x.reshape(-1), received)
        np.testing.assert_allclose(received.reshape(y.shape), expected, rtol=rounding, atol=0.0)


@pytest.mark.parametrize(
    ("slope", "floor", "expected"),
    [
        (1.0, -np.inf, [5.0, -3.0, np.inf, -np.inf, np.nan]),
        (0.25, -np.inf, [5.0, -0.75, np.inf, -np.inf, np.nan]),
        (0.0, np.finfo(np.float32).min, [5.0, 0.0, np.inf, 0.0, np.nan]),
    ],
)
def test_outputs_are_scaled_shifted_and_rectified(slope, floor, expected):
    """2 z - 1 of z = 3, -1, inf, -inf and NaN; the first product is the first output alone."""
    x = np.zeros((INPUTS, INPUTS, LANES), np.float32)
    x[0, 0, :5] = 3.0, -1.0, np.inf, -np.inf, np.nan
    scale, shift = (np.full(2 * LANES, v, np.float32) for v in (2.0, -1.0))
    y = np.empty(OUTPUTS * OUTPUTS * LANES, np.float32)
    _whole_ended(x.reshape(-1), y, scale, shift, np.float32(slope), np.float32(floor))
    np.testing.assert_array_equal(y[:5], expected)
    np.testing.assert_array_equal(y[5:LANES], -slope)


def _rms(values):
    return np.sqrt(np.mean(np.square(values, dtype=np.float64)))


@pytest.mark.parametrize("channels", [16, 64, 144])
def test_rounding(channels):
    """What a layer of normal numbers loses in float32, beside the size of its outputs."""
    rng = np.random.Generator(np.random.Philox(key=[12, channels]))
    x, dy = normal(rng, 2, 23, 22, channels), normal(rng, 2, 23, 22, channels)
    w, dw = normal(rng, 3, 3, channels, channels), np.zeros((3, 3, channels, channels))
    place = {"strides": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    given = {"y": nothing(*x.shape), "x": x, "w": w, "b": None} | place
    for case in (
        Case("conv2d_forward", ("y",), (), given),
        Case("conv2d_backward_input", ("dx",), (), {"dx": given["y"], "dy": dy, "w": w} | place),
        Case(
            "conv2d_backward_weights", (), ("dw",), {"dw": dw, "db": None, "dy": dy, "x": x} | place
        ),
    ):
        (output,) = case.assigned + case.updated
        reference, fast, direct = (
            case.run(kernels.load(name))[output] for name in ("reference", "cpu", "cpu_precise")
        )
        lost, lost_directly = (_rms(y - reference) / _rms(reference) for y in (fast, direct))
        assert 0.0 < lost_directly < 2.5e-7
        assert lost_directly < lost < 8e-7
        assert lost < 4.5 * lost_directly


def test_its_cases_are_computed_by_it():
    """Direct sums round differently: equal bytes would mean that the cases test those alone."""
    fast, direct = kernels.load("cpu"), kernels.load("cpu_precise")
    for case in winograd_cases(np.random.Generator(np.random.Philox(key=[13, 0]))):
        output = (case.assigned + case.updated)[0]
        assert case.run(fast)[output].tobytes() != case.run(direct)[output].tobytes()


def test_it_serves_where_it_is_faster():
    assert winograd_tiles.pays((64, 64), 16, 16)
    assert winograd_tiles.pays((61, 30), 40, 70)
    assert not winograd_tiles.pays((64, 64), 1, 16)
    assert not winograd_tiles.pays((1, 1), 512, 512)
    assert not winograd_tiles.pays((2, 200), 3, 3)


def test_small_images_share_tiles():
    """10 x 10 pixels take 9 tiles alone, 3 x 3 such images with zeros between them 64."""
    alone = winograd_tiles.tiling((10, 10), 64, 16)
    assert (alone.down, alone.across, alone.rows, alone.columns) == (1, 1, 3, 3)
    assert alone.group == 8
    shared = winograd_tiles.mosaics((10, 10), 64, 128, bordered=True)
    assert (shared.down, shared.across, shared.rows, shared.columns) == (3, 3, 8, 8)
    assert shared.group == 9


def test_outputs_depend_on_their_own_image_alone():
    """Neither NaN nor other neighbours change a byte of an image's outputs and gradients."""
    backend = kernels.load("cpu")
    rng = np.random.Generator(np.random.Philox(key=[15, 0]))
    x, w = (rng.standard_normal(s, np.float32) for s in ((40, 5, 10, 48), (3, 3, 48, 48)))
    place = {"strides": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    found = []
    for neighbour in (0.0, np.nan, 1e20):
        x[::2] = neighbour
        y, dx = np.empty_like(x), np.empty_like(x)
        backend.conv2d_forward(y, x, w, None, **place)
        backend.conv2d_backward_input(dx, x, w, **place)
        found.append((y[1::2].tobytes(), dx[1::2].tobytes()))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("outputs", [(10, 10), (6, 5), (1, 9), (12, 2), (3, 7), (8, 8)])
def test_tiles_cover_every_output_once(outputs):
    """And each product is computed of a block's tiles that have it: short ones lack some."""
    cut = winograd_tiles.tiling(outputs, 32, 3)
    kinds = winograd_tiles.counts(3, cut)
    covered = np.zeros((3, *outputs), int)
    sizes = {
        winograd_tiles.WHOLE: (4, 4),
        winograd_tiles.FLAT: (2, 4),
        winograd_tiles.NARROW: (4, 2),
    }
    products = 0
    for tile in range(sum(kinds)):
        kind, image, row, column = winograd_tiles.place.py_func(tile, kinds, cut)
        rows, columns = sizes[kind]
        covered[image, row : row + rows, column : column + columns] += 1
        having = [winograd_tiles.having(p, tile, 1, kinds)[1] for p in range(winograd_tiles.POINTS)]
        expected = np.ones((INPUTS, INPUTS), int)
        if kind == winograd_tiles.FLAT:
            expected[3:5] = 0
        if kind == winograd_tiles.NARROW:
            expected[:, 3:5] = 0
        np.testing.assert_array_equal(np.reshape(having, expected.shape), expected)
        products += sum(having)
    assert (covered == 1).all()
    if outputs == (10, 10):
        assert products == 3 * 264

"""Winograd's algorithm: its maps in exact arithmetic, its rounding, and where it serves."""

from fractions import Fraction
from itertools import product
from math import prod

import numba
import numpy as np
import pytest

from core import kernels
from core.kernels.cpu import winograd_tiles
from core.kernels.cpu import winograd_transforms as maps
from core.kernels.cpu.vector import LANES
from tests.core.kernels.cases.case import Case, normal, nothing
from tests.core.kernels.cases.conv import winograd_cases

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
    return polynomial + [Fraction(0)] * (INPUTS - len(polynomial))


def _powers(number):
    """(points, number): the powers of every point; infinity has the highest alone."""
    finite = [[p**k for k in range(number)] for p in POINTS]
    return np.array([*finite, [Fraction(int(k == number - 1)) for k in range(number)]])


def _divisors():
    finite = [prod((p - q for q in POINTS if q is not p), start=Fraction(1)) for p in POINTS]
    return np.array([*finite, Fraction(1)])


A = _powers(OUTPUTS)
G = _powers(TAPS) / _divisors()[:, None]
BT = np.array([*[_without(POINTS, p) for p in POINTS], _without(POINTS, None)])


def test_the_maps_convolve_exactly():
    """Every tile is a sum of unit ones, so these prove A^T [(G w G^T) * (B^T x B)] A."""
    for i, j in product(range(INPUTS), repeat=2):
        x = np.outer(BT[:, i], BT[:, j])
        for u, v in product(range(TAPS), repeat=2):
            y = A.T @ (np.outer(G[:, u], G[:, v]) * x) @ A
            expected = np.full((OUTPUTS, OUTPUTS), Fraction(0))
            if 0 <= i - u < OUTPUTS and 0 <= j - v < OUTPUTS:
                expected[i - u, j - v] = Fraction(1)
            assert (y == expected).all()


@numba.njit
def _inputs(x, y):
    maps.transform_inputs(x, 0, 6 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _gradients(x, y):
    maps.transform_gradients(x, 0, 4 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _weights(x, y):
    maps.transform_weights(x, 0, 3 * LANES, LANES, y, 0, 6 * LANES, LANES)


@numba.njit
def _weight_gradients(x, y):
    maps.transform_weight_gradients(x, 0, 6 * LANES, LANES, y, 0, 3 * LANES, LANES)


@numba.njit
def _ended(x, y, scale, shift, slope, floor):
    maps.transform_outputs(x, 0, LANES, y, 0, 4 * LANES, LANES, scale, shift, LANES, slope, floor)


def _outputs(x, y):
    one, zero = np.ones(2 * LANES, np.float32), np.zeros(2 * LANES, np.float32)
    _ended(x, y, one, zero, np.float32(1), np.float32(-np.inf))


@pytest.mark.parametrize(
    ("compiled", "matrix", "rounding"),
    [
        (_inputs, BT, 0.0),
        (_outputs, A.T, 0.0),
        (_gradients, A, 0.0),
        (_weights, G, 2e-7),  # thirds and ninths are rounded
        (_weight_gradients, G.T, 2e-7),
    ],
)
def test_compiled_maps_are_these(compiled, matrix, rounding):
    """Each unit tile becomes a product of columns of the exact matrix; 16 unit tiles at a time."""
    matrix = matrix.astype(np.float64)
    rows, columns = matrix.shape
    places = list(product(range(columns), repeat=2))
    places += places[: -len(places) % LANES]
    for first in range(0, len(places), LANES):
        x = np.zeros((columns, columns, LANES), np.float32)
        y = np.full((rows, rows, LANES), np.nan, np.float32)
        expected = np.empty(y.shape)
        for lane, (i, j) in enumerate(places[first : first + LANES]):
            x[i, j, lane] = 1.0
            expected[..., lane] = np.outer(matrix[:, i], matrix[:, j])
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
    _ended(x.reshape(-1), y, scale, shift, np.float32(slope), np.float32(floor))
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
    alone = winograd_tiles.tiling(128, (10, 10), 64)
    assert (alone.down, alone.across, alone.rows, alone.columns) == (1, 1, 3, 3)
    shared = winograd_tiles.tiling(128, (10, 10), 64, mosaics=True)
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

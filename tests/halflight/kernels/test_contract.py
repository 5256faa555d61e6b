"""The contract itself: same names and arguments in every back end, and errors before any write."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.contract import kernel, laws_of, twin, twin_from
from tests.halflight.kernels.backends import ON_CPU

REFERENCE = kernels.load("reference")
CONSTANTS = {"ASYNCHRONOUS", "FLOAT", "name"}


@pytest.fixture(params=ON_CPU)
def backend(request):
    return kernels.load(request.param)


def test_same_names_and_arguments(backend):
    assert set(vars(backend)) == set(vars(REFERENCE))
    for name in vars(REFERENCE):
        if name not in CONSTANTS:
            assert _arguments(getattr(backend, name)) == _arguments(getattr(REFERENCE, name)), name


def _arguments(kernel):
    """The names of a kernel's arguments, but for switches of one back end."""
    parameters = inspect.signature(kernel).parameters.values()
    return [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]


def test_a_back_end_offers_every_kernel_and_its_memory(backend):
    others = CONSTANTS | {"Staging", "empty", "free_memory", "zeros", "to_device", "to_host"}
    assert set(vars(backend)) - others == set(kernels.definitions())


@pytest.mark.parametrize("name", kernels.definitions())
def test_every_array_has_a_law(name):
    definition = kernels.definitions()[name]
    parameters = inspect.signature(definition).parameters
    arrays = {n for n, p in parameters.items() if "ndarray" in str(p.annotation)}
    assert arrays == laws_of(definition).keys() & parameters.keys()


def test_every_module_has_kernels_of_its_own(backend):
    homes = {
        inspect.unwrap(kernel).__module__.rpartition(".")[2]
        for name, kernel in vars(backend).items()
        if name not in CONSTANTS | {"free_memory"}
    }
    package = importlib.import_module(f"halflight.kernels.{backend.name.partition('_')[0]}")
    modules = {found.name for found in pkgutil.iter_modules(package.__path__) if not found.ispkg}
    assert homes == modules - {"recurrence", "rows", "windows"}  # which the reference's share


@kernel(y="n", x="n")
def halve(y, x, times=1):
    """y = x / 2^times."""
    y[...] = x / 2.0**times


def test_a_twin_has_its_definitions_name_arguments_and_documentation():
    def written(call):
        namespace = {}
        exec(f"def {call}: ...", namespace)
        return namespace[call.partition("(")[0]]

    for call in ("halves(y, x, times=1)", "halve(x, y, times=1)", "halve(y, x, times=2)"):
        message = f"{call} is no twin of halve(y, x, times=1)"
        with pytest.raises(TypeError, match=re.escape(message)):
            twin(halve)(written(call))
    assert twin(halve)(written("halve(y, x, times=1, *, fast=False)")).__doc__ == halve.__doc__


def test_a_twin_that_is_made_takes_arguments_as_its_definition_does():
    seen = []
    made = twin_from(halve, lambda *given: seen.append(given[2]))
    y, x = np.zeros((2, 3), np.float32)
    made(y, x)
    made(y, x, 2)
    made(y, times=3, x=x)
    assert seen == [1, 2, 3]
    for refused, message in (
        (lambda: made(y), "halve() missing 1 required positional argument: 'x'"),
        (lambda: made(y, x, x=x), "halve() got multiple values for argument 'x'"),
        (lambda: made(y, x, wrong=1), "halve() got an unexpected keyword argument 'wrong'"),
        (lambda: made(y, x, 1, 2), "halve() takes from 2 to 3 positional arguments but 4"),
    ):
        with pytest.raises(TypeError, match=re.escape(message)):
            refused()
    with pytest.raises(ValueError, match="halve: y is float64, expected an array of float32"):
        made(np.zeros(3), x)


@pytest.mark.parametrize("package", ["cpu", "cuda"])
def test_compiled_code_takes_nothing_but_definitions_from_the_reference(package):
    """The cache of machine code does not follow its imports."""
    folder = Path(inspect.getfile(kernels)).parent / package
    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text())
        definitions = {
            node.args[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if node.func.id in ("twin", "mapped", "of_pairs")
            if isinstance(node.args[0], ast.Attribute)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and "reference" in (node.module or ""):
                assert ast.unparse(node).endswith(" as reference"), file
            if isinstance(node, ast.Name) and node.id == "reference":
                assert node in definitions, file


def test_unknown_backend():
    with pytest.raises(
        ValueError, match=r"unknown back end 'gpu': choose one of 'reference', 'cpu', 'cpu_precise'"
    ):
        kernels.load("gpu")


def test_device_copies(backend):
    host = np.arange(6.0).reshape(2, 3).T
    device = backend.to_device(host)
    assert device.dtype == backend.FLOAT
    assert device.flags["C_CONTIGUOUS"]
    back = backend.to_host(device)
    np.testing.assert_array_equal(back, host)
    assert not np.shares_memory(device, host)
    assert not np.shares_memory(back, device)
    assert backend.to_device(np.zeros(3, np.int64)).dtype == np.int32
    assert backend.empty((2,), np.int32).dtype == np.int32
    assert not backend.zeros((4,)).any()


def _conv(backend, **changed):
    shapes = {"y": (2, 4, 4, 3), "x": (2, 4, 4, 2), "w": (3, 3, 2, 3), "b": (3,)}
    arguments = {name: backend.zeros(shape) for name, shape in shapes.items()}
    geometry = {"strides": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    return arguments | geometry | changed


def _refused(backend, kernel, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(backend, kernel)(**arguments)
    for array in arguments.values():
        if isinstance(array, np.ndarray):
            assert not array.any()


def test_wrong_shape_names_arrays_and_shapes(backend):
    arguments = _conv(backend, w=backend.zeros((3, 3, 2, 5)))
    _refused(
        backend, "conv2d_forward", arguments, "w has shape (3, 3, 2, 5), expected (u, v, i, o)"
    )
    _refused(backend, "conv2d_forward", arguments, "received y (2, 4, 4, 3), x (2, 4, 4, 2)")


def test_wrong_dtype_layout_rank_and_emptiness(backend):
    wrong = np.zeros((3,), np.float16)
    _refused(backend, "conv2d_forward", _conv(backend, b=wrong), "b is float16, expected an array")
    missing = _conv(backend, x=None)
    _refused(backend, "conv2d_forward", missing, "x is NoneType, expected an array of")
    flipped = backend.zeros((2, 4, 4, 2)).transpose(0, 2, 1, 3)
    _refused(backend, "conv2d_forward", _conv(backend, x=flipped), "is not C-contiguous")
    _refused(
        backend, "conv2d_forward", _conv(backend, b=backend.zeros((3, 1))), "b has shape (3, 1)"
    )
    empty = {"y": backend.zeros((0,)), "x": backend.zeros((0,))}
    _refused(backend, "relu_forward", empty, "none empty")
    index = backend.zeros((1, 1, 1, 1))
    pool = {"dx": index, "dy": index, "index": index, "size": (1, 1), "strides": (1, 1)}
    _refused(
        backend, "max_pool2d_backward", pool | {"padding": (0, 0)}, "expected an array of int32"
    )


@pytest.mark.parametrize(
    "geometry",
    [
        {"padding": (3, 1)},
        {"padding": (-1, 1)},
        {"strides": (0, 1)},
        {"strides": (1, 2)},
        {"dilation": (1, 0)},
        {"padding": (5, 1), "dilation": (2, 1)},
        {"padding": (0, 1), "strides": (2, 1)},
    ],
)
def test_windows_that_miss_the_image(backend, geometry):
    _refused(backend, "conv2d_forward", _conv(backend, **geometry), "do not fit an image of 4")


def test_dilation_allows_more_padding(backend):
    backend.conv2d_forward(**_conv(backend, padding=(4, 4), dilation=(2, 2)))


@pytest.mark.parametrize("argument", ["strides", "padding", "dilation"])
def test_one_integer_an_axis(backend, argument):
    arguments = _conv(backend, **{argument: (1, 1, 1)})
    _refused(backend, "conv2d_forward", arguments, f"{argument} is (1, 1, 1), expected 2 integers")


def test_groups_share_the_channels(backend):
    arguments = _conv(backend, w=backend.zeros((3, 3, 1, 3)))
    _refused(backend, "conv2d_forward", arguments, "g*i is 2, expected 1 * 1 = 1")
    arguments |= {"groups": 2}
    _refused(backend, "conv2d_forward", arguments, "groups is 2 for 3 channels out")
    _refused(backend, "conv2d_forward", _conv(backend, groups=0), "g*i is 2, expected 0 * 2 = 0")
    geometry = {"strides": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
    names, shapes = ("dx", "dy", "w"), ((1, 2, 2, 3), (1, 2, 2, 5), (1, 1, 3, 2))
    arrays = {name: backend.zeros(shape) for name, shape in zip(names, shapes, strict=True)}
    _refused(
        backend, "depthwise_conv2d_backward_input", arrays | geometry, "c*m is 5, expected 3 * 2"
    )


def test_other_rules(backend):
    def zeros(*shape):
        return backend.zeros(shape)

    arguments = {"y": zeros(2, 5), "offset": 3, "x": zeros(2, 3)}
    _refused(backend, "concatenate_forward", arguments, "offset 3 puts 3 channels outside the 5")
    arguments = {"y": zeros(2), "x": zeros(2), "rate": 1.0, "seed": 1, "step": 1}
    _refused(backend, "dropout_forward", arguments, "rate is 1.0, expected 0 <= rate < 1")
    names = ("loss", "dprediction", "prediction", "target", "weight")
    shapes = ((2,), (2, 3), (2, 3), (2, 1), (2,))
    arguments = {name: zeros(*shape) for name, shape in zip(names, shapes, strict=True)}
    _refused(backend, "gaussian_nll", arguments, "dprediction has shape (2, 3), expected (n, 2t)")
    arguments["quantiles"] = (0.25, 0.75)
    _refused(backend, "quantile", arguments, "2 quantiles of 1 targets need as many predictions")
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        backend.relu_forward(zeros(2))

"""The choice of a back end by device and precision, with and without a GPU."""

import pytest

from halflight import kernels
from halflight.kernels.choice import DEVICES, PRECISIONS
from halflight.kernels.cuda.machine import device  # before SIMULATED is changed
from halflight.kernels.cuda.machine import gpu as machine


@pytest.fixture
def gpu(monkeypatch):
    """Call it with a GPU's name, or with why there is none."""

    def pretend(name="", missing="", capability=(9, 0)):
        def found():
            if missing:
                raise RuntimeError(missing)
            return name

        monkeypatch.setattr(device, "SIMULATED", False)
        monkeypatch.setattr(device, "device_name", found)
        monkeypatch.setattr(machine, "capability", lambda: capability)

    return pretend


def test_with_a_gpu(gpu):
    gpu("H200")
    found = {
        (place, precision): _backend(place, precision)
        for place in DEVICES
        for precision in PRECISIONS
    }
    assert found == {
        ("auto", "float32"): "cuda",
        ("auto", "tf32"): "cuda_tf32",
        ("auto", "precise"): "cpu_precise",
        ("auto", "float64"): "reference",
        ("cuda", "float32"): "cuda",
        ("cuda", "tf32"): "cuda_tf32",
        ("cuda", "precise"): "device 'cuda' has no precision 'precise': cpu has",
        ("cuda", "float64"): "device 'cuda' has no precision 'float64': cpu has",
        ("cpu", "float32"): "cpu",
        ("cpu", "precise"): "cpu_precise",
        ("cpu", "float64"): "reference",
        ("cpu", "tf32"): "device 'cpu' has no precision 'tf32': cuda has",
    }
    assert set(found.values()) & set(kernels.BACKENDS) == set(kernels.BACKENDS)


def _backend(place, precision):
    """The back end's name, or the message of the error."""
    try:
        return kernels.choose(place, precision).backend
    except ValueError as error:
        return str(error)


def test_the_gpu_is_named(gpu):
    gpu("NVIDIA H200")
    assert kernels.choose("auto") == ("cuda", "cuda: NVIDIA H200", "")
    assert kernels.choose("cpu") == ("cpu", "cpu", "")


def test_without_a_gpu(gpu):
    gpu(missing="no GPU: no driver")
    assert kernels.choose("auto") == ("cpu", "cpu", "no GPU: no driver")
    with pytest.raises(RuntimeError, match="^no GPU: no driver$"):
        kernels.choose("cuda")
    with pytest.raises(RuntimeError, match="^no GPU: no driver$"):
        kernels.choose("auto", "tf32")


def test_an_old_gpu_has_no_tf32(gpu):
    gpu("GTX", capability=(7, 5))
    assert kernels.choose("auto").backend == "cuda"
    with pytest.raises(RuntimeError, match="GTX has no tensor cores for TF32.*choose float32"):
        kernels.choose("cuda", "tf32")


def test_the_simulator_is_chosen_only_by_name(monkeypatch):
    monkeypatch.setattr(device, "SIMULATED", True)
    assert kernels.choose("auto").backend == "cpu"
    assert kernels.choose("cuda").device.startswith("cuda: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gpu",), "device is 'gpu': choose one of auto, cpu, cuda"),
        (("cpu", "half"), "precision is 'half': choose one of float32, precise, float64, tf32"),
    ],
)
def test_unknown_names(arguments, message):
    with pytest.raises(ValueError, match=message):
        kernels.choose(*arguments)

"""Checks of the cuda back end on the pretended driver; test_cuda_driver.py runs this file."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.cuda import gpu
from halflight.nn import Input, Sequential, layers, losses, presets, steps
from halflight.nn.data import check_batch
from halflight.nn.loader import staged
from halflight.nn.sources import ArraySource
from halflight.nn.training import loader_of
from tests.halflight.kernels.driver.calls import calls_during, waits_during

rng = np.random.Generator(np.random.Philox(key=[23, 0]))


@pytest.fixture(scope="module")
def backend():
    return kernels.load("cuda")


def test_the_gpu_is_the_pretended_one(backend):
    from halflight.kernels.cuda.device import device_name

    assert device_name() == "Pretended GPU"


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5, 2, 3), (20011,), (2, 1, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_copies_come_back_unchanged(backend, shape, dtype):
    host = rng.integers(-1000, 1000, shape).astype(dtype)
    there = backend.to_device(host)
    back = backend.to_host(there)
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, host)
    np.testing.assert_array_equal(backend.to_host(there.reshape(-1)), host.reshape(-1))


def test_views_of_an_array_are_read_where_they_begin(backend):
    host = rng.standard_normal((6, 5, 4), np.float32)
    there = backend.to_device(host)
    np.testing.assert_array_equal(backend.to_host(there[2:5]), host[2:5])
    np.testing.assert_array_equal(backend.to_host(there[3]), host[3])
    piece = there.reshape(-1)[7:31].reshape(2, 3, 4)
    np.testing.assert_array_equal(backend.to_host(piece), host.reshape(-1)[7:31].reshape(2, 3, 4))
    np.testing.assert_array_equal(
        backend.to_host(piece[1:]), host.reshape(-1)[19:31].reshape(1, 3, 4)
    )


def test_arrays_of_any_layout_are_copied(backend):
    host = rng.standard_normal((6, 8), np.float32)
    for other in (host.T, host[::2, 1::3], host[::-1], np.asfortranarray(host)):
        np.testing.assert_array_equal(backend.to_host(backend.to_device(other)), other)
    frozen = host.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(backend.to_host(backend.to_device(frozen)), host)


def test_a_copy_keeps_what_the_host_changes_afterwards(backend):
    host = np.arange(12, dtype=np.float32)
    there = backend.to_device(host)
    host[:] = 0
    np.testing.assert_array_equal(backend.to_host(there), np.arange(12))


def test_the_driver_copies_as_late_as_it_may(backend):
    """So that a program that does not wait where it must gets wrong numbers here, too."""
    host, stream = gpu.pinned(4, np.dtype(np.float32)), gpu.Stream()
    host[:] = 1.0
    there = backend.empty((4,))
    gpu.upload(there, host, stream)
    host[:] = 2.0  # too early
    done = gpu.Event()
    done.record(stream)
    assert waits_during(done.synchronize) == {"cuEventSynchronize": 1}
    assert gpu.download(there, stream).tolist() == [2.0] * 4


def test_batches_are_staged_in_turns_without_waiting(backend):
    staging, found = backend.Staging(), []
    batches = [[rng.standard_normal((5, 3), np.float32), np.arange(n + 1)] for n in range(5)]
    for batch in batches:
        arrays = staging(batch)
        found.append([backend.to_host(array) for array in arrays])
    for batch, received in zip(batches, found, strict=True):
        for array, copy in zip(batch, received, strict=True):
            np.testing.assert_array_equal(copy, array)
    staging(batches[-1])  # the last two have the largest arrays of integers
    assert set(waits_during(lambda: staging(batches[0]))) <= {"cuEventSynchronize"}


def test_other_threads_may_compute(backend):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda n: backend.to_host(backend.to_device([n] * 5)), range(8)))
    assert [array.tolist() for array in found] == [[n] * 5 for n in range(8)]


def test_wrong_arguments_are_named(backend):
    there = backend.zeros((4, 6))
    with pytest.raises(ValueError, match="copy: x has shape"):
        backend.copy(there, backend.zeros((6, 4)))
    with pytest.raises(TypeError, match="is cut along its first axis"):
        there[::2]
    with pytest.raises(TypeError, match="copied by to_host"):
        np.asarray(there)
    with pytest.raises(ValueError, match=r"\(4, 6\) cannot be reshaped to \(5, -1\)"):
        there.reshape(5, -1)
    with pytest.raises(IndexError, match="row 4"):
        there[4]
    with pytest.raises(ValueError, match="copy: x is int32"):
        backend.copy(there, backend.zeros((4, 6), np.int32))


def test_an_array_beyond_its_memory_is_refused(backend):
    whole = backend.empty((4,))
    beyond = type(whole)(whole.pointer, (1 << 20,), whole.dtype, None)
    with pytest.raises(RuntimeError, match="cuLaunchKernel: CUDA_ERROR_ILLEGAL_ADDRESS"):
        backend.fill(beyond, 1.0)


def test_more_than_the_memory_is_refused(backend, monkeypatch):
    """And memory given back can be used again."""
    monkeypatch.setenv("PRETENDED_MEMORY", str(1 << 28))
    for _ in range(20):
        backend.empty((1 << 24,))  # a quarter of it
    message = r"0.50 GiB wanted on the GPU Pretended GPU, 0\.2. GiB of 0.25 GiB are free"
    with pytest.raises(MemoryError, match=message):
        backend.empty((1 << 27,))
    assert backend.free_memory() > 0.9 * (1 << 28)
    assert backend.empty((1 << 20,)).size == 1 << 20


def _small():
    """That of test_cuda.py."""
    stack = [
        Input((6, 6, 2)),
        *(layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()),
        *(layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3)),
    ]
    model = Sequential(stack, backend="cuda", seed=1)
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = rng.standard_normal((3, 6, 6, 2), np.float32), np.array([0, 1, 2])
    return model, x, y


def _radius():
    model = presets.build("radius_net", backend="cuda", seed=1)
    model.compile("adam", "gaussian_nll")
    x = {
        "image": rng.standard_normal((4, 96, 96, 1), np.float32),
        "psf": rng.standard_normal((4, 51, 51, 1), np.float32),
    }
    return model, x, rng.standard_normal((4, 1), np.float32)


def test_a_batch_that_does_not_fit_names_one_that_does(monkeypatch):
    monkeypatch.setenv("PRETENDED_MEMORY", str(1 << 30))
    model, *_ = _small()
    with pytest.raises(MemoryError, match=r"layer '\w+', .* GiB are free: a batch") as raised:
        model.executor(10**7, training=True)
    fitting = int(str(raised.value).partition("batch size of ")[2].split()[0])
    assert model.executor(fitting, training=True).capacity == fitting > 10**5
    with pytest.raises(MemoryError):
        model.executor(fitting + 10**4, training=True)


def test_a_network_is_fitted_and_predicts():
    model, x, y = _small()
    model.fit(x, y, batch_size=2, epochs=2)
    assert model.predict(x).shape == (3, 3)


@pytest.mark.parametrize("network", [_small, _radius])
def test_a_training_step(network):
    model, x, y = network()
    batch = check_batch((x, y), model.objective.rules)
    staging, results = model.kernels.Staging(), steps.new_results(model.compiled())
    steps.restart(model.compiled())

    def step():
        steps.train(model.compiled(), staged(staging, batch), results)

    for _ in range(3):
        step()
    calls, waits = calls_during(step), waits_during(step)
    assert calls["cuLaunchKernel"] > 20
    assert set(waits) <= {"cuEventSynchronize"}  # of a copy two steps ago
    assert not {"cuMemAlloc", "cuMemFree", "cuLibraryLoadData"} & calls.keys()
    print(f"{network.__name__}: a step calls {calls} and waits for {waits}")
    results.read()
    assert results.failure is None  # as fresh memory is full of ones


def test_a_resident_data_set_sends_row_numbers_alone():
    model, x, y = _small()
    loader = loader_of(model.compiled(), ArraySource(x, y, batch_size=2, shuffle=True))
    assert loader.on_device
    assert [batch.samples for batch in loader.batches(0)] == [2, 1]
    calls = calls_during(lambda: list(loader.batches(1)))
    assert calls["cuMemcpyHtoDAsync"] == 2
    assert "cuMemAlloc" not in calls

"""Short memory: the error names the layer and a batch that would fit, and that one fits."""

import re

import numpy as np
import pytest

from halflight import kernels
from halflight.nn import Input, Model, layers


@pytest.fixture
def memory(monkeypatch):
    """Call it, and the cpu back end has so many bytes; None: nobody knows how many."""
    backend = kernels.load("cpu")
    empty = backend.empty

    def limit(size, *, known=True):
        def limited(shape, dtype=np.float32):
            if np.prod(shape) * np.dtype(dtype).itemsize > size:
                raise MemoryError("no room")
            return empty(shape, dtype)

        monkeypatch.setattr(backend, "empty", limited)
        monkeypatch.setattr(backend, "free_memory", lambda: size if known else None)

    return limit


def network():
    image = Input((16, 16, 2))
    x = layers.Conv2D(3, 3, name="first")(image)
    x = layers.Conv2D(32, 3, name="widest")(x)
    x = layers.MaxPooling2D(name="pool")(layers.ReLU()(layers.BatchNormalization()(x)))
    model = Model(image, layers.Dense(1)(layers.Flatten()(x)), seed=1)
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("training", [True, False])
def test_the_batch_that_would_fit_fits(memory, training):
    model = network()
    memory(8 << 20)
    purpose = "training" if training else "inference"
    message = (
        rf"{purpose} with batches of 4000 samples needs 0\.\d\d GiB for activations; the largest "
        r"array is that of layer 'widest', 0\.\d\d GiB; 0\.01 GiB are free: a batch size of \d+ "
        "would fit"
    )
    with pytest.raises(MemoryError, match=message) as raised:
        model.executor(4000, training=training)
    fitting = int(re.search(r"batch size of (\d+)", str(raised.value)).group(1))
    assert 10 < fitting < 4000
    assert model.executor(fitting, training=training).capacity == fitting
    with pytest.raises(MemoryError):
        model.executor(2 * fitting, training=training)


def test_where_nobody_knows_how_much_there_is(memory):
    memory(1 << 20, known=False)
    with pytest.raises(MemoryError, match="layer 'widest', .* GiB: choose a smaller batch size"):
        network().executor(4000, training=True)


def test_not_even_one_sample(memory):
    memory(1 << 10)
    with pytest.raises(MemoryError, match="not even one sample would fit"):
        network().executor(1, training=False)


@pytest.mark.parametrize("kernel", ["conv2d_fused_forward", "conv2d_backward_input"])
def test_a_kernel_without_room_names_its_layer(monkeypatch, kernel):
    def full(*_, **__):
        raise MemoryError("1.00 GiB wanted")

    model = network()
    monkeypatch.setattr(kernels.load("cpu"), kernel, full)
    with pytest.raises(
        MemoryError, match=r"layer '\w+' found .* of 8 samples \(1.00 GiB wanted\): .* such as 4"
    ):
        model.fit(np.zeros((8, 16, 16, 2)), np.zeros(8), batch_size=8)
        model.predict(np.zeros((8, 16, 16, 2)), batch_size=8)

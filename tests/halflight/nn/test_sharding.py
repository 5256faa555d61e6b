"""Batches in parts: how they are cut, what they add up to, and that no matter who computes."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight import nn
from halflight.nn import layers
from halflight.nn.sharding import Alone, Sharding, require_same


class Seat:
    """One of several threads that train together as processes would."""

    def __init__(self, rank, size, table):
        self.rank, self.size, self.table = rank, size, table

    def gather(self, own):
        return self.table.meet(self.rank, np.array(own))


class Table:
    def __init__(self, size):
        self.size, self.brought, self.barrier = size, [None] * size, threading.Barrier(size)

    def meet(self, rank, own):
        self.brought[rank] = own
        self.barrier.wait(60)
        every = np.concatenate(self.brought)
        self.barrier.wait(60)
        return every


@given(shards=st.integers(1, 40), samples=st.integers(1, 200), size=st.integers(1, 9))
def test_parts_are_all_samples_in_order_and_each_is_somebodys(shards, samples, size):
    if shards < size:
        with pytest.raises(ValueError, match=f"{size} processes need as many shards"):
            Sharding(shards, Seat(0, size, None))
        return
    parts = Sharding(shards).parts(samples)
    assert [n for part in parts for n in range(samples)[part]] == list(range(samples))
    sizes = [part.stop - part.start for part in parts]
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1
    owned = [n for r in range(size) for n in Sharding(shards, Seat(r, size, None)).own(len(parts))]
    assert owned == list(range(len(parts)))


def data(count=37):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 8, 8, 1)).astype(np.float32)
    weight = rng.uniform(0, 2, count).astype(np.float32)
    weight[::5] = 0
    return x, rng.normal(size=(count, 2)).astype(np.float32), weight


def network(backend="reference", *, plain=False):
    image = nn.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, kernel_regularizer="l2")(image)
    if not plain:
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(0.3)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return nn.Model(image, layers.Dense(2)(x), backend=backend, seed=1)


def fitted(model, sharding, count=37):
    x, y, weight = data(count)
    model.compile("adam", "mse", metrics=["mae"], sharding=sharding)
    history = model.fit(x, y, sample_weight=weight, batch_size=16, epochs=2, verbose=0)
    return model.get_weights(), [dict(record) for record in history]


@pytest.mark.parametrize(
    ("backend", "shards"), [("reference", 1), ("reference", 3), ("reference", 50), ("cpu", 3)]
)
def test_without_batch_statistics_parts_give_the_gradient_of_the_whole(backend, shards):
    whole, records = fitted(network(backend, plain=True), None)
    parts, others = fitted(network(backend, plain=True), Sharding(shards))
    for name in whole:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-3, atol=1e-5)
    for record, other in zip(records, others, strict=True):
        assert other == pytest.approx(record, rel=1e-4)


def test_one_part_gives_the_bytes_of_a_whole_batch():
    whole, records = fitted(network("cpu"), None)
    parts, others = fitted(network("cpu"), Sharding(1))
    assert records == others
    assert all(parts[name].tobytes() == whole[name].tobytes() for name in whole)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_any_number_of_processes_gives_the_bytes_of_one(size):
    alone = fitted(network(), Sharding(4))
    table, found = Table(size), [None] * size

    def work(rank):
        found[rank] = fitted(network(), Sharding(4, Seat(rank, size, table)))

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for weights, records in found:
        assert records == alone[1]
        for name, weight in alone[0].items():
            assert weights[name].tobytes() == weight.tobytes()


def test_running_statistics_move_by_the_mean_of_the_parts():
    image = nn.Input((1,))
    model = nn.Model(image, layers.BatchNormalization(momentum=0.5)(image), backend="reference")
    model.compile("sgd", "mse", sharding=Sharding(2))
    x = np.array([[0.0], [2.0], [10.0]])
    model.train_on_batch(x, x)  # parts [0] and [2, 10]: means 0 and 6
    moved = model.get_weights()["batch_normalization/moving_mean"]
    assert moved == pytest.approx(0.5 * (0 * 1 / 3 + 6 * 2 / 3))


def test_random_numbers_of_parts_differ():
    image = nn.Input((64,))
    model = nn.Model(image, layers.Dropout(0.5)(layers.Dense(64)(image)), backend="reference")
    model.compile("sgd", "mse", metrics=["mae"], sharding=Sharding(2))
    seen = []
    original = model.kernels.dropout_forward

    def noted(y, x, *arguments):
        original(y, x, *arguments)
        seen.append(np.array(y) != 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model.kernels, "dropout_forward", noted)
        x = np.ones((2, 64))
        model.train_on_batch(x, x)
    assert len(seen) == 2
    assert (seen[0] != seen[1]).any()


def test_one_process_gathers_what_it_has():
    own = np.arange(3.0)
    assert Alone().gather(own) is own


def test_processes_that_see_other_files_are_refused(tmp_path):
    class Other(Alone):
        size = 2

        def gather(self, own):
            return np.concatenate([own, own + np.uint8(1)])

    (tmp_path / "here").write_bytes(b"weights")
    require_same(Alone(), tmp_path / "here")
    require_same(Alone(), tmp_path / "nowhere")
    with pytest.raises(ValueError, match="is not the same for all 2 processes"):
        require_same(Other(), tmp_path / "here")


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size"])
def test_parts_add_up_under_every_reduction(reduction):
    def trained(sharding):
        model = network(plain=True)
        x, y, weight = data()
        loss = nn.losses.MeanSquaredError(reduction=reduction)
        model.compile(nn.optimizers.SGD(1e-3), loss, sharding=sharding)
        model.train_on_batch(x, y, sample_weight=weight)
        return model.get_weights()

    whole, parts = trained(None), trained(Sharding(3))
    for name in whole:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-5, atol=1e-7)


def test_a_penalty_of_the_whole_batch_has_no_parts():
    image = nn.Input((4,))
    model = nn.Model(image, layers.Dense(2, activity_regularizer="l2")(image), backend="reference")
    model.compile("sgd", "mse", sharding=Sharding(2))
    with pytest.raises(
        ValueError, match="2 shards of a batch cannot be trained with a regularizer"
    ):
        model.train_on_batch(np.ones((4, 4)), np.ones((4, 2)))

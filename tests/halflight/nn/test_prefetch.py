"""Reading ahead: the same batches in the same order, few at a time; the thread always ends."""

import threading
import time
import traceback

import numpy as np
import pytest

from halflight.nn import ArraySource, Input, Model, ReadAhead, callbacks, layers
from halflight.nn.class_weights import ClassWeighted
from halflight.nn.prefetch import DEPTH, prefetched
from halflight.nn.sources import BatchSource, IteratorSource

X, Y = np.arange(40.0).reshape(20, 2), np.arange(20.0)


def plain(**options):
    return ArraySource(X, Y, **({"batch_size": 3, "shuffle": True, "seed": 5} | options))


def others():
    """The threads that read ahead now."""
    return [t for t in threading.enumerate() if t.name.startswith("read-ahead")]


@pytest.fixture(autouse=True)
def no_thread_outlives_a_test():
    assert not others()
    yield
    assert not others()


class Counting:
    """A source that may be read ahead, counts what it yielded, and may break."""

    read_ahead = True

    def __init__(self, steps=8, breaks_at=None, yields=None):
        self.steps, self.breaks_at = steps, breaks_at
        self.yields = steps if yields is None else yields
        self.begun, self.closed, self.threads = 0, False, set()

    def batches(self, epoch):
        try:
            for number in range(self.yields):
                self.begun += 1
                self.threads.add(threading.current_thread())
                if number == self.breaks_at:
                    raise OSError(f"batch {number} cannot be read")
                rng = np.random.Generator(np.random.Philox(key=[epoch, number]))
                yield rng.normal(size=(4, 2)), np.full(4, float(number))
        finally:
            self.closed = True


def settled(source):
    """How many batches a source has begun once it has stopped doing so."""
    begun = -1
    while begun != source.begun:
        begun = source.begun
        time.sleep(0.1)
    return begun


def small_model():
    x = Input((2,))
    model = Model(x, layers.Dense(1)(layers.Dense(3, activation="tanh")(x)), backend="reference")
    model.compile("adam", "mse")
    return model


def test_the_same_batches_in_the_same_order():
    for epoch in range(2):
        pairs = zip(plain().batches(epoch), ReadAhead(plain()).batches(epoch), strict=True)
        for expected, received in pairs:
            np.testing.assert_array_equal(received[0], expected[0])
            np.testing.assert_array_equal(received[1], expected[1])
            assert received[2] is None


def test_what_the_training_loop_reads_is_passed_on():
    assert isinstance(ReadAhead(plain()), BatchSource)
    assert ReadAhead(plain()).steps == 7
    assert ReadAhead(plain()).replayable
    assert not ReadAhead(IteratorSource(iter([]), 1)).replayable


def test_one_other_thread_stays_two_batches_ahead():
    source = Counting()
    batches = ReadAhead(source).batches(0)
    assert source.begun == 0
    for taken in range(1, 4):
        assert float(next(batches)[1][0]) == taken - 1
        assert settled(source) == taken + DEPTH
        assert len(others()) == 1
    assert len(source.threads) == 1
    assert threading.current_thread() not in source.threads
    batches.close()
    assert source.closed


@pytest.mark.parametrize("breaks_at", [0, 1, 5])
def test_an_error_comes_where_it_would_have_with_its_traceback(breaks_at):
    source, seen = Counting(breaks_at=breaks_at), []
    with pytest.raises(OSError, match=f"batch {breaks_at} cannot be read") as caught:
        for _, target in ReadAhead(source).batches(0):
            seen.append(float(target[0]))
    assert seen == list(range(breaks_at))
    assert "raise OSError" in "".join(traceback.format_tb(caught.value.__traceback__))
    assert source.closed
    assert not others()


def test_a_consumer_that_breaks_ends_the_thread():
    source = Counting()
    batches = ReadAhead(source).batches(0)
    with pytest.raises(KeyError):
        for _ in batches:
            raise KeyError
    assert others()
    batches.close()
    assert source.closed
    assert source.begun <= 1 + DEPTH
    assert not others()


def test_a_generator_that_was_never_begun_starts_no_thread():
    source = Counting()
    ReadAhead(source).batches(0).close()
    assert source.begun == 0


def test_the_callers_errstate_holds_on_the_thread():
    class Dividing(Counting):
        def batches(self, epoch):
            yield np.ones((1, 2)) / np.zeros(2), np.zeros(1)

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        list(ReadAhead(Dividing(1)).batches(0))
    with np.errstate(divide="ignore"):
        ((x, _),) = ReadAhead(Dividing(1)).batches(0)
    assert np.isinf(x).all()


def test_who_is_read_ahead(tmp_path):
    def threads(source):
        seen = []
        for _ in prefetched(source, 0):
            seen.append(len(others()))
        return set(seen)

    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    options = {"batch_size": 4, "shuffle": False}
    assert threads(plain()) == {0}
    assert threads(ArraySource(mapped, Y, **options)) == {1}
    assert threads(ArraySource({"x": np.asarray(mapped)[2:]}, Y[2:], **options)) == {1}
    assert threads(ClassWeighted(ArraySource(mapped, Y, **options), {1: 2.0}, (1,))) == {1}
    assert threads(ClassWeighted(plain(), {1: 2.0}, (1,))) == {0}
    assert threads(IteratorSource(plain().batches(0), 3)) == {0}
    assert threads(Counting()) == {1}


def test_training_gives_the_same_bytes():
    def trained(source):
        model = small_model()
        history = model.fit(source, validation_data=source, epochs=3)
        return history, [array.tobytes() for array in model.get_weights().values()]

    ahead, alone = Counting(), Counting()
    alone.read_ahead = False
    assert trained(ahead) == trained(alone)
    assert alone.threads == {threading.current_thread()}
    assert threading.current_thread() not in ahead.threads


def test_training_on_too_few_batches_says_so():
    with pytest.raises(ValueError, match="epoch 0: the batch source promised 8 batches .* 5"):
        small_model().fit(Counting(yields=5))


def test_training_passes_the_source_s_error_on():
    source = Counting(breaks_at=4)
    with pytest.raises(OSError, match="batch 4 cannot be read"):
        small_model().fit(source)
    assert source.closed


class Stop(callbacks.Callback):
    """Stops in the second step, kindly or not."""

    def __init__(self, error=None):
        self.error = error

    def on_train_batch_end(self, batch, logs):
        if batch == 1 and self.error is not None:
            raise self.error
        self.model.stop_training = batch == 1


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), ZeroDivisionError("callback")])
def test_a_training_that_stops_early_ends_the_thread(error):
    source = Counting()
    if error is None:
        small_model().fit(source, callbacks=[Stop()])
    else:
        with pytest.raises(type(error)) as caught:
            small_model().fit(source, callbacks=[Stop(error)])
        assert caught.value is error  # whose traceback still holds the frames of the loop
    assert not others()
    assert source.closed
    assert source.begun <= 2 + DEPTH

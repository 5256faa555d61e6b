"""Threads: the bytes of one of them for any number, and one that trains at a time."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from halflight.nn import Input, Model, Sequential, callbacks, layers, optimizers
from halflight.nn.turns import Turns

IMAGES = np.random.default_rng(0).normal(size=(90, 12, 12, 1)).astype(np.float32)
TARGET = IMAGES.mean(axis=(1, 2, 3))
PATIENCE = 60.0  # seconds, after which a thread that waits for another counts as stuck


def model(seed=0):
    stack = Sequential(
        [
            Input((12, 12, 1)),
            layers.Conv2D(4, 5, strides=2, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(1),
        ],
        seed=seed,
    )
    stack.compile(optimizers.Adam(0.01), "mse", metrics=["mae"])
    return stack


def together(count, work):
    """The results of `work(i)` for i < count, begun at one moment in threads of their own."""
    gate = threading.Barrier(count)

    def begin(number):
        gate.wait(PATIENCE)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count), timeout=PATIENCE))


def test_one_model_predicts_the_same_in_every_thread():
    stack = model()
    expected = [stack.predict(IMAGES[:n], batch_size=b) for n, b in ((90, 32), (7, 3), (50, 50))]

    def ask(number):
        n, b = ((90, 32), (7, 3), (50, 50))[number % 3]
        answers = [stack.predict(IMAGES[:n], batch_size=b) for _ in range(5)]
        return all(np.array_equal(answer, expected[number % 3]) for answer in answers)

    assert all(together(6, ask))
    assert len(stack._executors) == 1  # one arena for all


def test_the_first_predictions_draw_the_weights_once():
    expected = model().predict(IMAGES)
    stack = model()
    for answer in together(4, lambda _: stack.predict(IMAGES)):
        np.testing.assert_array_equal(answer, expected)


def test_evaluations_and_predictions_mix():
    stack = model()
    scores, answer = stack.evaluate(IMAGES, TARGET), stack.predict(IMAGES)
    other = stack.evaluate(IMAGES[:20], TARGET[:20])

    def ask(number):
        if number % 3 == 0:
            return np.array_equal(stack.predict(IMAGES), answer)
        few = number % 3 == 1
        data = (IMAGES[:20], TARGET[:20]) if few else (IMAGES, TARGET)
        return stack.evaluate(*data) == (other if few else scores)

    assert all(together(6, ask))


def test_other_models_do_not_get_in_the_way():
    stacks = [model(seed) for seed in range(4)]
    expected = [stack.predict(IMAGES) for stack in stacks]
    found = together(4, lambda i: [stacks[i].predict(IMAGES) for _ in range(5)])
    for answers, right in zip(found, expected, strict=True):
        assert all(np.array_equal(answer, right) for answer in answers)


def test_models_train_at_the_same_time_as_one_after_the_other():
    def trained(seed):
        stack = model(seed)
        stack.fit(IMAGES, TARGET, epochs=2, batch_size=16)
        return stack.predict(IMAGES)

    expected = [trained(seed) for seed in range(3)]
    for answer, right in zip(together(3, trained), expected, strict=True):
        np.testing.assert_array_equal(answer, right)


class After(callbacks.Callback):
    """What the model predicts after every step."""

    def __init__(self):
        self.answers = []

    def on_train_batch_end(self, batch, logs):
        self.answers.append(self.model.predict(IMAGES).tobytes())


def test_a_prediction_during_a_training_is_that_of_one_step_and_disturbs_nothing():
    alone, after = model(), After()
    before = alone.predict(IMAGES).tobytes()
    alone.fit(IMAGES, TARGET, epochs=2, batch_size=16, callbacks=[after])
    known = {before, *after.answers}
    shared, stop, found = model(), threading.Event(), []

    def ask():
        while not stop.is_set():
            found.append(shared.predict(IMAGES, batch_size=8).tobytes() in known)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        shared.fit(IMAGES, TARGET, epochs=2, batch_size=16)
    finally:
        stop.set()
        asking.join(PATIENCE)
    assert found
    assert all(found)
    np.testing.assert_array_equal(shared.predict(IMAGES), alone.predict(IMAGES))


class Wait(callbacks.Callback):
    """Holds a training at its first step until it is told to go on."""

    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()

    def on_train_batch_end(self, batch, logs):
        self.begun.set()
        assert self.go.wait(PATIENCE)


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("fit", lambda stack: stack.fit(IMAGES, TARGET)),
        ("train_on_batch", lambda stack: stack.train_on_batch(IMAGES, TARGET)),
        ("compile", lambda stack: stack.compile("sgd", "mse")),
        ("freeze", lambda stack: stack.freeze("conv")),
        ("a model around its layers", lambda stack: stack.replace_head("flatten", layers.Dense(2))),
        ("copy", lambda stack: stack.__getstate__()),
    ],
)
def test_what_would_disturb_a_training_in_another_thread_is_refused_by_name(what, act):
    stack, wait = model(), Wait()
    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(stack.fit, IMAGES, TARGET, callbacks=[wait])
        assert wait.begun.wait(PATIENCE)
        try:
            with pytest.raises(RuntimeError, match=f"^{what}: .* being trained in another thread"):
                act(stack)
            stack.set_weights(stack.get_weights())  # between two steps
        finally:
            wait.go.set()
        assert len(training.result(PATIENCE)) == 1
    assert stack.fit(IMAGES, TARGET)  # and afterwards it goes


def test_a_callback_may_train_a_model_of_shared_layers():
    stack = model()

    class Inside(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            stack.train_on_batch(IMAGES[:8], TARGET[:8])

    assert len(stack.fit(IMAGES, TARGET, epochs=2, callbacks=[Inside()])) == 2


def test_a_generator_of_a_prediction_cannot_change_the_weights_it_predicts_with():
    stack = model()

    class Meddling:
        steps = 2

        def batches(self, epoch):
            yield IMAGES[:8], None
            assert stack.predict(IMAGES[:2]).shape == (2, 1)  # but may ask
            stack.set_weights(stack.get_weights())
            yield IMAGES[:8], None

    with pytest.raises(RuntimeError, match=r"set_weights: would change weights in the middle"):
        stack.predict(Meddling())
    stack.set_weights(stack.get_weights())


def test_layers_that_move_to_a_larger_model_meanwhile_predict_on():
    stack = model()
    expected = stack.predict(IMAGES)

    def work(number):
        if number:
            return all(np.array_equal(stack.predict(IMAGES), expected) for _ in range(5))
        for _ in range(5):
            image = Input((12, 12, 1))
            Model(image, layers.Dense(2)(stack.get_layer("conv")(image)))
        return True

    assert all(together(3, work))


def test_a_writer_goes_before_readers_that_come_after_it():
    turns, order = Turns(), []
    reading, writing = threading.Event(), threading.Event()

    def read_first():
        with turns.reading():
            reading.set()
            assert writing.wait(PATIENCE)
            with turns.reading():  # its own again, although one waits to write
                order.append("first")

    def write():
        assert reading.wait(PATIENCE)
        writing.set()
        with turns.writing("test"):
            order.append("write")

    def read_later():
        assert writing.wait(PATIENCE)
        while turns._waiting == 0 and turns._writer is None and "write" not in order:
            pass
        with turns.reading():
            order.append("later")

    threads = [threading.Thread(target=work) for work in (read_first, write, read_later)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert order.index("write") < order.index("later")


def test_many_threads_compute_whatever_threading_layer_numba_has(root):
    """Numba's own would end a process whose threads call it at once: the kernels' pool does not."""
    program = (
        "import numpy as np, threading\n"
        "from tests.halflight.nn.test_threads import IMAGES, model, together\n"
        "stacks = [model(seed) for seed in range(3)]\n"
        "right = [stack.predict(IMAGES) for stack in stacks]\n"
        "ask = lambda i: [stacks[i].predict(IMAGES) for _ in range(20)]\n"
        "for found, expected in zip(together(3, ask), right):\n"
        "    assert all(np.array_equal(answer, expected) for answer in found)\n"
        "import numba; print(numba.threading_layer())\n"
    )
    environment = os.environ | {
        "NUMBA_THREADING_LAYER": "workqueue",
        "NUMBA_NUM_THREADS": "2",
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'core'}",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["workqueue"]

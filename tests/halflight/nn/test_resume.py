"""A process killed by the system, started again: the same weights, for any number of threads."""

import os
import signal
import subprocess
import sys

SCRIPT = """
import os, signal, sys
import numpy as np
from halflight.nn import Input, Sequential, callbacks, layers, optimizers, schedules

folder, kill = sys.argv[1], eval(sys.argv[2])


class Kill(callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        if (self.run.epoch, batch) == kill:
            os.kill(os.getpid(), signal.SIGKILL)


rng = np.random.default_rng(0)
x, y = rng.normal(size=(90, 12, 12, 2)), rng.normal(size=90)
model = Sequential(
    [
        Input((12, 12, 2)),
        layers.Conv2D(17, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Reshape((36, 17)),
        layers.LSTM(5),
        layers.Dropout(0.2),
        layers.Dense(1, kernel_regularizer="l2"),
    ],
    seed=3,
)
rate = schedules.CosineDecay(0.01, 24)
model.compile(optimizers.Nadam(rate, global_clipnorm=1.0, use_ema=True), "huber", ["mae"])
model.fit(
    x,
    y,
    batch_size=16,
    epochs=4,
    validation_data=(x[:20], y[:20]),
    callbacks=[Kill(), callbacks.BackupAndRestore(folder)],
)
model.save(folder + "/model")
"""


def train(root, folder, kill=None, threads=2):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), repr(kill)],
        cwd=root,
        env=os.environ | {"NUMBA_NUM_THREADS": str(threads), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_killed_twice_and_on_other_threads_ends_with_the_same_bytes(root, tmp_path):
    assert train(root, tmp_path / "whole").returncode == 0
    for kill, threads in (((1, 3), 2), ((3, 0), 1)):
        assert train(root, tmp_path / "killed", kill, threads).returncode == -signal.SIGKILL
    done = train(root, tmp_path / "killed", threads=1)
    assert done.returncode == 0, done.stderr
    for name in ("model.json", "weights.safetensors", "optimizer.safetensors"):
        whole, killed = (tmp_path / run / "model" / name for run in ("whole", "killed"))
        assert whole.read_bytes() == killed.read_bytes(), name

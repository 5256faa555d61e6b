"""One side of a benchmark in a process of its own: builds a network, then times steps on request.

`python -m tests.benchmarks.worker SIDE NETWORK BATCH` with SIDE halflight or torch prints "ready",
then answers each line "train N" or "infer N" with N times in seconds as JSON, and "memory" with the
peak resident memory in MiB.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

from tests.benchmarks.networks import SHAPES, halflight, torch_network


def data(name: str, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """One batch of noise, float32, and targets: classes for N1, numbers for N2."""
    rng = np.random.Generator(np.random.Philox(key=[1, batch]))
    x = rng.standard_normal((batch, *SHAPES[name]), np.float32)
    if name == "N1":
        return x, rng.integers(0, 2, batch)
    return x, rng.standard_normal((batch, 1), np.float32)


def halflight_side(name: str, batch: int) -> dict[str, Callable[[], object]]:
    """A training step and an inference of halflight."""
    from core.nn import losses, optimizers
    from core.nn.data import check_batch
    from core.nn.training import train_step

    model = halflight(name)
    loss = (
        losses.SparseCategoricalCrossentropy(from_logits=True) if name == "N1" else "gaussian_nll"
    )
    model.compile(optimizers.Adam(1e-4), loss)
    assert model.objective is not None
    x, y = data(name, batch)
    checked = check_batch((x, y), model.objective.rules)
    executor = model.executor(batch, training=False)
    return {"train": lambda: train_step(model, checked), "infer": lambda: executor.forward([x])}


def torch_side(name: str, batch: int) -> dict[str, Callable[[], object]]:
    """The same two in PyTorch, eager, float32, channels last, with fused Adam."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    network = torch_network(name)
    host_x, host_y = data(name, batch)
    x = torch.from_numpy(host_x.transpose(0, 3, 1, 2).copy())
    x = x.contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(host_y)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, eps=1e-7, fused=True)

    def train() -> None:
        network.train()
        optimizer.zero_grad(set_to_none=False)
        output = network(x)
        if name == "N1":
            loss = functional.cross_entropy(output, y)
        else:
            mean, log_variance = output[:, :1], output[:, 1:]
            loss = 0.5 * (log_variance + (mean - y) ** 2 * torch.exp(-log_variance)).mean()
        loss.backward()
        optimizer.step()

    def infer() -> object:
        network.eval()
        with torch.inference_mode():
            return network(x)

    return {"train": train, "infer": infer}


def main() -> None:
    """Serve requests until the input ends."""
    side, name, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
    calls = {"halflight": halflight_side, "torch": torch_side}[side](name, batch)
    for call in calls.values():
        for _ in range(3):
            call()
    print("ready", flush=True)
    for line in sys.stdin:
        request, *count = line.split()
        if request == "memory":
            answer: object = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        else:
            times = []
            for _ in range(int(count[0])):
                start = time.perf_counter()
                calls[request]()
                times.append(time.perf_counter() - start)
            answer = times
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

"""One side of a comparison in a process of its own: builds a network, then times it on request.

`python -m tests.benchmarks.worker SIDE NETWORK BATCH MODE` with SIDE halflight or torch and MODE
train or infer prints "ready", then answers each line "time N" with N times in seconds as JSON, and
"memory" with the resident memory before the network was built and the peak since, in MiB.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from halflight import kernels
from tests.benchmarks.networks import batch_of, halflight, torch_network, torch_trained, trained

WARM_UP = 3


def resident(key: str) -> float | None:
    """Memory in MiB by its name in Linux's /proc, VmRSS now or VmHWM at most; None elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines[key].split()[0]) / 1024


def halflight_call(name: str, batch: int, mode: str) -> Callable[[], object]:
    """A training step or an inference of halflight."""
    model = halflight(name)
    if mode == "train":
        return trained(model, name, batch)
    x, _ = batch_of(name, batch)
    executor = model.executor(batch, training=False)
    return lambda: executor.forward([x])


def torch_call(name: str, batch: int, mode: str) -> Callable[[], object]:
    """The same in PyTorch, eager, float32, channels last, with fused Adam."""
    import torch

    network = torch_network(name)
    host_x, host_y = batch_of(name, batch)
    x = torch.from_numpy(host_x.transpose(0, 3, 1, 2).copy())
    x = x.contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(host_y)

    def infer() -> object:
        with torch.inference_mode():
            return network(x)

    if mode == "infer":
        network.eval()
        return infer
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, eps=1e-7, fused=True)
    return torch_trained(network, name, x, y, optimizer, keep=True)


def prepare(side: str) -> None:
    """Import what a side needs besides its network."""
    if side == "torch":
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    else:
        kernels.load("cpu")


def main() -> None:
    """Serve requests until the input ends."""
    side, name, batch, mode = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    prepare(side)
    before = resident("VmRSS")
    call = {"halflight": halflight_call, "torch": torch_call}[side](name, batch, mode)
    for _ in range(WARM_UP):
        call()
    print("ready", flush=True)
    for line in sys.stdin:
        request, *count = line.split()
        if request == "memory":
            print(json.dumps([before, resident("VmHWM")]), flush=True)
            continue
        times = []
        for _ in range(int(count[0])):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()

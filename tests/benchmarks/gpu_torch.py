"""PyTorch's side of the GPU's benchmark: its networks, matrix products, memory and precision."""

import importlib.util
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from halflight.kernels.cuda.machine.simulated import SIMULATED
from tests.benchmarks.gpu_clock import few, seconds_of, synchronize, timed
from tests.benchmarks.networks import batch_of, torch_network, torch_trained

PRECISIONS = ("fp32", "tf32")
WARM_UP, TRIAL = 4, 6  # steps of each way to run a network
ADAMS = ("fused", "foreach")


def device() -> str | None:
    """Where PyTorch computes: the GPU, or under the simulator the CPU; None without PyTorch."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if SIMULATED:
        return "cpu"
    return "cuda" if torch.cuda.is_available() else None


def wait() -> None:
    """Wait until the GPU is done."""
    import torch

    if torch.cuda.is_available() and not SIMULATED:
        torch.cuda.synchronize()
    synchronize()


def allow(precision: str) -> None:
    """Let products and convolutions round to TF32, or not; look for the fastest algorithms."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = True


@dataclass(frozen=True)
class Way:
    """A network, ready to be timed, in one of the ways in which PyTorch can run it."""

    name: str
    precision: str
    call: Callable[[], object]
    seconds: float
    allocated: float
    """MiB at most in its steps, and what PyTorch holds for that."""
    reserved: float

    def prepare(self) -> None:
        """Before its turn."""
        allow(self.precision)


def build(network: str, batch: int, mode: str, place: str, layout: str, adam: str) -> Any:
    """A training step or an inference; inputs and targets are on the device."""
    import torch

    form = torch.channels_last if layout == "channels last" else torch.contiguous_format
    module = torch_network(network).to(place).to(memory_format=form)
    host_x, host_y = batch_of(network, batch)
    x = torch.from_numpy(host_x.transpose(0, 3, 1, 2).copy()).to(place)
    x, y = x.contiguous(memory_format=form), torch.from_numpy(host_y).to(place)
    if mode == "train":
        options = {adam: True}
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-4, eps=1e-7, **options)
        return torch_trained(module, network, x, y, optimizer, keep=False)
    module.eval()

    def infer() -> object:
        with torch.inference_mode():
            return module(x)

    return infer


@contextmanager
def memory() -> Iterator[list[float]]:
    """MiB allocated and reserved at most, beyond what was held before; zeros on the CPU."""
    import gc

    import torch

    found = [0.0, 0.0]
    if device() != "cuda":
        yield found
        return
    gc.collect()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    yield found
    torch.cuda.synchronize()
    found[0] = (torch.cuda.max_memory_allocated() - before[0]) / 2**20
    found[1] = (torch.cuda.max_memory_reserved() - before[1]) / 2**20


def forget_search() -> None:
    """Leave out what the search for algorithms took."""
    import torch

    if device() == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def fastest(network: str, batch: int, mode: str, precision: str) -> Way:
    """The fastest of both memory layouts, and in training of both kinds of Adam."""
    place = device()
    assert place is not None
    allow(precision)
    ways = []
    for layout, adam in itertools.product(
        ("contiguous", "channels last"), ADAMS if mode == "train" else ("",)
    ):
        with memory() as held:
            call = build(network, batch, mode, place, layout, adam)
            for _ in range(few(WARM_UP)):
                call()  # the first of them search for the fastest algorithms
            forget_search()
            call()
            seconds = timed(call, few(TRIAL), wait).whole
        name = f"{layout}, {adam} Adam" if adam else layout
        print(f"  PyTorch {precision} {network} {mode} {name}: {1e3 * seconds:.3f} ms", flush=True)
        ways.append(Way(name, precision, call, seconds, *held))
    return min(ways, key=lambda way: way.seconds)


def matrix_rate(size: int, precision: str) -> float:
    """TFLOP/s of a product of square matrices."""
    import torch

    allow(precision)
    a, b = (torch.randn(size, size, device=device()) for _ in range(2))
    out = torch.empty_like(a)
    return 2e-12 * size**3 / seconds_of(lambda: torch.mm(a, b, out=out), wait=wait)


def copy_rate(size: int) -> float:
    """GB/s, read and written, of a copy of so many floats."""
    import torch

    a, b = (torch.ones(size, device=device()) for _ in range(2))
    return 8e-9 * size / seconds_of(lambda: b.copy_(a), wait=wait)

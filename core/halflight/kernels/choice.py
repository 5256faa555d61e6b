"""Which back end computes on a device, and with what precision."""

import importlib
from typing import NamedTuple

__all__ = ["DEVICES", "PRECISIONS", "Choice", "choose"]

_NAMES = {
    ("cuda", "float32"): "cuda",
    ("cuda", "tf32"): "cuda_tf32",
    ("cpu", "float32"): "cpu",
    ("cpu", "precise"): "cpu_precise",
    ("cpu", "float64"): "reference",
}
DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "precise", "float64", "tf32")


class Choice(NamedTuple):
    """A back end's name, and where it computes: "cpu", or "cuda: " and the GPU's name."""

    backend: str
    device: str
    remark: str
    """Why it is no GPU, where one was looked for and not found."""


def choose(device: str, precision: str = "float32") -> Choice:
    """The back end for a device and a precision.

    "auto" is the GPU where there is one and it has this precision, else the cpu. float32 is for
    both; "precise" sums directly in every convolution and "float64" is the reference, both on the
    cpu; "tf32" rounds the factors of products to 10 bits of mantissa, for a GPU's tensor cores.

    Raises ValueError for an unknown name or a precision that the device does not have, RuntimeError
    where a GPU is needed and there is none.
    """
    for what, given, known in (("device", device, DEVICES), ("precision", precision, PRECISIONS)):
        if given not in known:
            raise ValueError(f"{what} is {given!r}: choose one of {', '.join(known)}")
    gpu, cpu = _NAMES.get(("cuda", precision)), _NAMES.get(("cpu", precision))
    if (device == "cuda" and gpu is None) or (device == "cpu" and cpu is None):
        having = " or ".join(sorted({place for place, has in _NAMES if has == precision}))
        raise ValueError(f"device {device!r} has no precision {precision!r}: {having} has")
    remark = ""
    if device != "cpu" and gpu is not None:
        found = importlib.import_module(f"{__package__}.cuda.machine.device")
        remark = found.shortcoming(gpu.partition("_")[2], simulated=device == "cuda")
        if not remark:
            return Choice(gpu, f"cuda: {found.device_name()}", "")
        if device == "cuda" or cpu is None:
            raise RuntimeError(remark)
    assert cpu is not None
    return Choice(cpu, "cpu", remark)

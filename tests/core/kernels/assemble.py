"""Compile every GPU kernel that the parity cases launch, for sm_90, on a machine without a GPU.

Run as a program, and not under the simulator; it prints a line of JSON for each. Arrays are NumPy's
and nothing is computed: what is wanted are the types of the arguments, the PTX they compile to, and
what ptxas says of it.
"""

import importlib.util
import json
import re
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from numba import cuda, typeof
from numba.cuda import dispatcher

from core import kernels
from core.kernels.cuda import arrays, compiler, device
from tests.core.kernels.cases import all_cases

CAPABILITY = (9, 0)
TENSOR = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"


def ptxas() -> Path | None:
    """The assembler of the package nvidia-cuda-nvcc-cu12, if it is installed."""
    try:
        found = importlib.util.find_spec("nvidia.cuda_nvcc")
    except ModuleNotFoundError:  # not even the package that it is in
        found = None
    places = list(found.submodule_search_locations or []) if found else []
    return next((Path(p) / "bin/ptxas" for p in places if (Path(p) / "bin/ptxas").is_file()), None)


class Pretended(np.ndarray):
    """An array that claims to be on a GPU."""

    __cuda_array_interface__: ClassVar[dict[str, Any]] = {"data": (0, False)}

    def copy_to_host(self) -> np.ndarray:
        """Itself."""
        return np.array(self)


def _empty(shape: Any, dtype: Any = np.float32) -> Pretended:
    return np.zeros(shape, dtype).view(Pretended)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(part) for part in value)
    return np.asarray(value) if isinstance(value, np.ndarray) else value


def assembled(ptx: str, assembler: Path) -> dict[str, Any]:
    """Registers of a thread, and bytes that it spills."""
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        command = [assembler, "-v", "-arch=sm_90", file.name, "-o", "/dev/null"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    (registers,) = re.findall(r"Used (\d+) registers", said)
    spilled = re.findall(r"(\d+) bytes spill (?:stores|loads)", said)
    return {"registers": int(registers), "spilled": sum(map(int, spilled))}


def main() -> None:
    """Print a line for every kernel and its types, and at the end the kernels never launched."""
    assembler, seen = ptxas(), set()
    assert assembler is not None

    def compile_only(kernel: Any, _blocks: Any, _threads: int, *arguments: Any) -> None:
        function = kernel.dispatcher.py_func
        types = tuple(typeof(_plain(argument)) for argument in arguments)
        name = f"{function.__module__}.{function.__qualname__}"
        if (name, types) in seen:
            return
        seen.add((name, types))
        ptx, _ = cuda.compile_ptx(function, types, cc=CAPABILITY)
        counts = {"double": ptx.count(".f64"), "tensor": ptx.count(TENSOR)}
        line = {"kernel": name} | counts | assembled(ptx, assembler)
        print(json.dumps(line), flush=True)

    compiler.Kernel.__call__ = compile_only
    cuda.device_array, cuda.to_device = _empty, lambda a: np.array(a).view(Pretended)
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=CAPABILITY)
    device.expect_device = lambda _option: None
    backend = kernels.load("cuda")
    assert arrays.empty((1,)).size == 1
    for case in all_cases():
        case.run(backend)
    # Of the tensor cores' only some, that take seconds each: of sums whole and deep, and of others.
    tensor, narrow = kernels.load("cuda_tf32"), _empty((40, 20))
    large = [_empty(shape) for shape in ((65536, 128), (65536, 64), (64, 128))]
    tensor.dense_forward(*large, None)
    tensor.dense_backward_weights(large[2], None, large[0], large[1])
    tensor.dense_forward(narrow, _empty((40, 10)), _empty((10, 20)), None)


if __name__ == "__main__":
    main()

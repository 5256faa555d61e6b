"""Launch every parity case on the pretended driver, and assemble every kernel that this compiles.

Run by `python -m tests.halflight.kernels.driver -m tests.halflight.kernels.assemble`; it prints
a line of JSON for each kernel and its types. Nothing is computed: what is wanted are errors on
the way to a GPU, the PTX, and what ptxas says of it.
"""

import functools
import importlib.util
import json
import re
import subprocess
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from halflight import kernels
from halflight.kernels.cuda.machine.compiler import Kernel
from tests.halflight.kernels.cases import all_cases

TENSOR = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"


def ptxas() -> Path | None:
    """The assembler of the package nvidia-cuda-nvcc-cu12, if it is installed."""
    try:
        found = importlib.util.find_spec("nvidia.cuda_nvcc")
    except ModuleNotFoundError:  # not even the package that it is in
        found = None
    places = list(found.submodule_search_locations or []) if found else []
    return next((Path(p) / "bin/ptxas" for p in places if (Path(p) / "bin/ptxas").is_file()), None)


def assembled(name: str, ptx: str, assembler: Path) -> dict[str, Any]:
    """Registers of a thread, bytes that it spills, and instructions of some kinds."""
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        command = [assembler, "-v", "-arch=sm_90", file.name, "-o", "/dev/null"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    (registers,) = re.findall(r"Used (\d+) registers", said)
    spilled = sum(map(int, re.findall(r"(\d+) bytes spill (?:stores|loads)", said)))
    found = {"kernel": name, "registers": int(registers), "spilled": spilled}
    return found | {"double": ptx.count(".f64"), "tensor": ptx.count(TENSOR)}


def launch_everything() -> None:
    """Every case once; of the tensor cores' kernels only some, that take seconds each."""
    backend = kernels.load("cuda")
    for case in all_cases():
        case.run(backend)
    tensor, narrow = kernels.load("cuda_tf32"), backend.empty((40, 20))
    large = [backend.empty(shape) for shape in ((65536, 128), (65536, 64), (64, 128))]
    tensor.dense_forward(*large, None)
    tensor.dense_backward_weights(large[2], None, large[0], large[1])
    tensor.dense_forward(narrow, backend.empty((40, 10)), backend.empty((10, 20)), None)


def main() -> None:
    """Print a line for every kernel and its types."""
    assembler, waiting = ptxas(), list[Future[dict[str, Any]]]()
    assert assembler is not None
    code = Kernel._code
    with ThreadPoolExecutor(2) as pool:

        @functools.wraps(code)
        def watched(kernel: Kernel, types: tuple[Any, ...]) -> str:
            ptx = code(kernel, types)
            name = f"{kernel.function.__module__}.{kernel.function.__qualname__}"
            waiting.append(pool.submit(assembled, name, ptx, assembler))
            return ptx

        Kernel._code = watched  # type: ignore[method-assign]
        launch_everything()
        for future in waiting:
            print(json.dumps(future.result()), flush=True)


if __name__ == "__main__":
    main()

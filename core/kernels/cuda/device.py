"""Which GPU computes, or in one line why none can."""

import importlib.util

from numba import cuda

from .compiler import SIMULATED

__all__ = ["device_name", "expect_device"]

_TF32_SINCE = (8, 0)  # compute capability


def device_name() -> str:
    """The name of the GPU that numba.cuda uses, or "Numba's simulator".

    Raises RuntimeError where there is none: no driver, no card, or no package numba-cuda.
    """
    if SIMULATED:
        return "Numba's simulator"
    if importlib.util.find_spec("numba_cuda") is None:
        raise RuntimeError(
            "no GPU: the package numba-cuda is missing: pip install 'halflight[cuda]', or choose "
            "the back end 'cpu'"
        )
    try:
        name = cuda.get_current_device().name
    except (cuda.CudaSupportError, RuntimeError, OSError) as failed:
        reason = " ".join(str(failed).split()).rstrip(": ")
        raise RuntimeError(f"no GPU: {reason}: choose the back end 'cpu', or mend it") from failed
    return name.decode() if isinstance(name, bytes) else str(name)


def expect_device(option: str) -> None:
    """Raise RuntimeError, saying why, where no GPU can serve the back end with this option."""
    name = device_name()
    if option == "tf32" and not SIMULATED:
        capability = tuple(cuda.get_current_device().compute_capability)
        if capability < _TF32_SINCE:
            raise RuntimeError(
                f"the GPU {name} has no tensor cores for TF32: its compute capability is "
                f"{capability}, before {_TF32_SINCE}: choose the back end 'cuda'"
            )

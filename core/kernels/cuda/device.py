"""Which GPU computes, or in one line why none can."""

import importlib.util

from numba import cuda

from .compiler import SIMULATED

__all__ = ["device_name"]


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

"""Which GPU computes, or in one line why none can."""

import importlib
import importlib.metadata
import importlib.util

from .simulated import SIMULATED

__all__ = ["device_name", "expect_device", "shortcoming"]

_TF32_SINCE = (8, 0)  # compute capability


def device_name() -> str:
    """The name of the GPU, or "Numba's simulator".

    Raises RuntimeError where there is none: no driver, no card, or no package numba-cuda.
    """
    if not SIMULATED and importlib.util.find_spec("numba_cuda") is None:
        raise RuntimeError(
            "no GPU: the package numba-cuda is missing: pip install '.[cuda]' in a checkout"
        )
    from . import gpu  # which needs that package

    try:
        name = gpu.name()
    except (RuntimeError, OSError) as failed:
        reason = " ".join(str(failed).split()).rstrip(": ")
        raise RuntimeError(f"no GPU: {reason}") from failed
    if not SIMULATED:
        _expect_compiler()
    return name


def _expect_compiler() -> None:
    """Raise RuntimeError where numba-cuda and NumPy do not fit each other."""
    try:
        importlib.import_module("numba.cuda.cudaimpl")
    except (ImportError, AttributeError) as failed:
        numpy = importlib.metadata.version("numpy")
        raise RuntimeError(
            f"no GPU: numba-cuda does not work with numpy {numpy} ({failed}): install versions "
            "that fit each other"
        ) from failed


def shortcoming(option: str, *, simulated: bool) -> str:
    """Why no GPU can serve the back end with an option; nothing if one can.

    The simulator is a GPU only where `simulated`.
    """
    if SIMULATED and not simulated:
        return "no GPU: Numba's simulator is none"
    try:
        expect_device(option)
    except RuntimeError as missing:
        return str(missing)
    return ""


def expect_device(option: str) -> None:
    """Raise RuntimeError, saying why, where no GPU can serve the back end with this option."""
    name = device_name()
    if option == "tf32":
        from . import gpu

        if gpu.capability() < _TF32_SINCE:
            raise RuntimeError(
                f"the GPU {name} has no tensor cores for TF32: its compute capability is "
                f"{gpu.capability()}, before {_TF32_SINCE}: choose float32"
            )

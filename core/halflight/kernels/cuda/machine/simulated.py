"""Whether Numba's simulator takes the place of a GPU: with NUMBA_ENABLE_CUDASIM=1."""

from numba import config

SIMULATED = bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]

"""The CPU back end: float32 kernels compiled by Numba for all cores."""

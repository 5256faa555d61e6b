"""The kernels compiled by numba.cuda for NVIDIA GPUs, in float32."""

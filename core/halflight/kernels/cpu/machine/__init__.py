"""How the CPU runs a kernel: compiled, on all threads, with vectors and memory of its own."""

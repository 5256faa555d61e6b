"""How a GPU, or its simulator, runs a kernel: compiled, launched, with memory of its own."""

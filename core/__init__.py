"""The rooms of halflight: sky, survey, sandbox, images, kernels, nn, judges and report."""

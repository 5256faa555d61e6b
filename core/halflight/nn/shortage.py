"""What to say when memory is short: which layer takes most, and which batch would fit."""

from collections.abc import Mapping


def too_large(
    batch: int,
    layers: Mapping[str, int],
    per_sample: int,
    constant: int,
    free: int | None,
    *,
    training: bool,
) -> MemoryError:
    """Return the error of a plan that does not fit.

    Args:
        batch: samples it was made for.
        layers: bytes of each layer's largest array, by name.
        per_sample: bytes that grow with the batch, a sample.
        constant: bytes that do not.
        free: bytes there are; None where nobody knows.
        training: whether it is for training, or for inference.
    """
    largest = max(layers, key=lambda name: layers[name])
    purpose = "training" if training else "inference"
    needed, most = gibibytes(batch * per_sample + constant), gibibytes(layers[largest])
    text = (
        f"{purpose} with batches of {batch} samples needs {needed} for activations; "
        f"the largest array is that of layer {largest!r}, {most}"
    )
    if free is None:
        return MemoryError(f"{text}: choose a smaller batch size")
    fitting = max((free - constant) // max(per_sample, 1), 0)
    advice = f"a batch size of {fitting} would fit" if fitting else "not even one sample would fit"
    return MemoryError(f"{text}; {gibibytes(free)} are free: {advice}")


def too_large_for(layer: str, batch: int, full: MemoryError) -> MemoryError:
    """Return the error of a layer whose kernels found no room for what they keep meanwhile."""
    return MemoryError(
        f"layer {layer!r} found no memory to compute in with a batch of {batch} samples ({full}): "
        f"choose a smaller batch size, such as {max(batch // 2, 1)}"
    )


def gibibytes(size: int) -> str:
    """Return a size such as "3.21 GiB"."""
    return f"{size / 2**30:.2f} GiB"

"""DeviceArray: a C-contiguous array in a GPU's memory, as light as an array can be."""

import math
from typing import Any, ClassVar

import numpy as np


class DeviceArray:
    """Where an array lies; its views share the memory of its `owner`, and keep it."""

    __slots__ = ("_flat", "_owner", "dtype", "key", "ndim", "pointer", "shape", "size")
    flags: ClassVar[dict[str, bool]] = {"C_CONTIGUOUS": True}

    def __init__(
        self, pointer: int, shape: tuple[int, ...], dtype: np.dtype, owner: object
    ) -> None:
        """Describe memory that belongs to `owner`."""
        self.pointer, self.dtype, self._owner = pointer, dtype, owner
        self.shape = tuple(map(int, shape))
        self.ndim, self.size = len(shape), math.prod(self.shape)
        self._flat: DeviceArray | None = None  # its view along one axis, once there is one
        self.key = (pointer, self.shape, dtype.char)
        """What a launch has to know of it."""

    def __len__(self) -> int:
        """The length of the first axis."""
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return self.size * self.dtype.itemsize

    def reshape(self, *shape: Any) -> "DeviceArray":
        """The same numbers along other axes, one of which may be -1.

        Raises ValueError when these hold another number of elements.
        """
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        if len(wanted) == 1 and self._flat is not None and wanted[0] in (-1, self.size):
            return self._flat
        if wanted == self.shape:
            return self
        known = math.prod(length for length in wanted if length != -1)
        if -1 in wanted and known:
            wanted = tuple(self.size // known if length == -1 else length for length in wanted)
        if math.prod(wanted) != self.size or min(wanted, default=1) < 0:
            raise ValueError(f"an array {self.shape} cannot be reshaped to {shape}")
        view = DeviceArray(self.pointer, wanted, self.dtype, self._owner)
        if view.ndim == 1:
            self._flat = view
        return view

    def __getitem__(self, rows: Any) -> "DeviceArray":
        """The rows of a slice, or one row.

        Raises TypeError for anything else, and IndexError where there is no such row.
        """
        if isinstance(rows, int):
            if not -len(self) <= rows < len(self):
                raise IndexError(f"row {rows} of an array {self.shape}")
            start, shape = rows % len(self), self.shape[1:]
        elif isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(len(self))
            shape = (max(stop - start, 0), *self.shape[1:])
        else:
            raise TypeError(f"an array on a GPU is cut along its first axis, received {rows!r}")
        skipped = start * math.prod(self.shape[1:]) * self.dtype.itemsize
        return DeviceArray(self.pointer + skipped, shape, self.dtype, self._owner)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        """Refuse: a copy to the host is asked for by its name.

        Raises TypeError.
        """
        raise TypeError("an array on a GPU is copied by to_host")

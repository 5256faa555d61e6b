"""DeviceArray: a C-contiguous array in a GPU's memory, as light as an array can be."""

import math
from typing import Any, ClassVar

import numpy as np


class DeviceArray:
    """Where an array lies; its views share the memory of its `owner`, and keep it."""

    __slots__ = ("_owner", "_views", "dtype", "key", "ndim", "pointer", "shape", "size")
    flags: ClassVar[dict[str, bool]] = {"C_CONTIGUOUS": True}

    def __init__(
        self, pointer: int, shape: tuple[int, ...], dtype: np.dtype, owner: object
    ) -> None:
        """Describe memory that belongs to `owner`."""
        self.pointer, self.dtype, self._owner = pointer, dtype, owner
        self.shape = tuple(map(int, shape))
        self.ndim, self.size = len(shape), math.prod(self.shape)
        self._views: dict[tuple[int, ...], DeviceArray] = {}
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
        """The same numbers along other axes, one of which may be -1; a view that is kept.

        Raises ValueError when these hold another number of elements.
        """
        wanted = shape[0] if type(shape[0]) is tuple else shape
        view = self if wanted == self.shape else self._views.get(wanted)
        if view is None:
            view = self._views[wanted] = self._viewed(wanted)
        return view

    def _viewed(self, wanted: tuple[int, ...]) -> "DeviceArray":
        known = math.prod(length for length in wanted if length != -1)
        shape = tuple(self.size // max(known, 1) if n == -1 else n for n in wanted)
        if math.prod(shape) != self.size or min(shape) < 0:
            raise ValueError(f"an array {self.shape} cannot be reshaped to {wanted}")
        return DeviceArray(self.pointer, shape, self.dtype, self._owner)

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

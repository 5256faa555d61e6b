"""PSFEx models: the polynomial in position whose coefficients are images of the PSF."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.images.resampling import centred, resampled, resized

LANCZOS = 4  # half-width of the kernel that PSFEx's manual interpolates its samples with


@dataclass(frozen=True)
class PsfexModel:
    """A PSF that varies over an image (Bertin 2011, ASP Conf. 442, 435).

    images: (k, P, P). degree: of the polynomial. zero, scale: of x and y, counted from 1.
    sampling: image pixels from one sample to the next.
    """

    name: str
    images: NDArray[np.float64]
    degree: int
    zero: tuple[float, float]
    scale: tuple[float, float]
    sampling: float

    def at(self, x: float, y: float, size: int) -> NDArray[np.float64]:
        """The PSF at pixel (x, y), counted from 0: (size, size), the sum 1, its pixels the image's.

        The sum over i + j <= degree of images times u^i v^j, u = (x - zero) / scale, i fastest.
        """
        u, v = ((at + 1 - z) / s for at, z, s in zip((x, y), self.zero, self.scale, strict=True))
        powers = [u**i * v**j for j in range(self.degree + 1) for i in range(self.degree + 1 - j)]
        image = np.tensordot(np.array(powers), self.images, axes=1)
        if self.sampling != 1.0:
            image = self._interpolated(image, size)
        # Where a star's position is said to be differs between programs; a fit finds its own.
        image, _ = centred(resized(image, size), f"{self.name} at ({x:.0f}, {y:.0f})")
        return image

    def _interpolated(self, image: NDArray[np.float64], size: int) -> NDArray[np.float64]:
        """Samples at the image's pixels, by Lanczos's kernel; binned where these are finer."""
        if self.sampling > 1.0 + 1e-6:  # an image sampled more finely than its model
            return resampled(image, 1 / self.sampling, size)
        places = (np.arange(size) - size // 2) / self.sampling + len(image) // 2
        apart = places[:, None] - np.arange(len(image))
        kernel = np.where(np.abs(apart) < LANCZOS, np.sinc(apart) * np.sinc(apart / LANCZOS), 0.0)
        return kernel @ image @ kernel.T


def is_psfex(columns: list[str]) -> bool:
    """Whether a table with these columns (capitals) is a PSFEx model."""
    return "PSF_MASK" in columns


def read_psfex(hdu: fits.BinTableHDU, name: str) -> PsfexModel:
    """The model of a `.psf` file's table, or of a row that keeps the header's values as columns.

    Raises:
        ImageError: it lacks a value, or depends on more than a position.
    """
    row = hdu.data[0]
    columns = {column.lower(): column for column in hdu.columns.names}

    def get(key: str, default: Any = None) -> Any:
        value = row[columns[key.lower()]] if key.lower() in columns else hdu.header.get(key)
        if value is None:
            value = default
        if value is None:
            raise ImageError(f"{name} is no whole PSFEx model: it has no {key}")
        return value

    images = np.asarray(row[columns["psf_mask"]], np.float64)
    images = images.reshape(-1, *images.shape[-2:])
    axes = int(get("POLNAXIS", 0))
    degree = int(get("POLDEG1", 0)) if axes else 0
    if axes not in (0, 2) or (axes == 2 and int(get("POLNGRP", 1)) != 1):
        raise ImageError(
            f"{name} depends on more than x and y ({axes} axes): make one that does not"
        )
    if len(images) != (degree + 1) * (degree + 2) // 2:
        raise ImageError(f"{name} has {len(images)} images for a polynomial of degree {degree}")
    for axis, letter in enumerate("XY", 1) if axes else ():
        if not str(get(f"POLNAME{axis}", letter)).strip().upper().startswith(letter):
            raise ImageError(
                f"{name} depends on {str(get(f'POLNAME{axis}')).strip()}, not on {letter}_IMAGE"
            )
    zero, scale = (
        tuple(float(get(f"{key}{axis}")) if axes else default for axis in (1, 2))
        for key, default in (("POLZERO", 0.0), ("POLSCAL", 1.0))
    )
    if images.shape[-1] != images.shape[-2] or images.shape[-1] % 2 == 0:
        raise ImageError(
            f"{name} has images of {images.shape[1:]} pixels: square, odd ones are read"
        )
    sampling = float(get("PSF_SAMP", 1.0))
    if not sampling > 0:
        raise ImageError(f"{name}: PSF_SAMP is {sampling:g}")
    return PsfexModel(name, images, degree, (zero[0], zero[1]), (scale[0], scale[1]), sampling)

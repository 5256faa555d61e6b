"""The parts of a FITS file - packed or not - as headers and memory-mapped arrays."""

import bz2
import gzip
import math
import mmap
import os
import re
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from halflight.images.errors import ImageError
from halflight.images.options import AnyPath
from halflight.reading import name_of
from halflight.text import printable, shortened, shown

PIECE = 1 << 20  # bytes unpacked at a time
# Unpacked bytes of one packed file; a mosaic of 50,000 x 50,000 floats has 10^10.
LARGEST = 1 << 35
STRIP = 512  # rows of a tile-compressed image unpacked at a time
# What astropy raises for files that contradict themselves.
FAILURES = (OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_BRACKETS = re.compile(r"(.+\S)\[([^\[\]]+)\]")


@dataclass(frozen=True)
class Part:
    """One HDU: its number, its name in capitals (EXTNAME or EXTTYPE), its header, its shape.

    `pixels` are the numbers as they stand in the file, mapped; None for a table or an empty part.
    """

    number: int
    name: str
    header: fits.Header
    shape: tuple[int, ...]
    pixels: NDArray[Any] | None

    @property
    def columns(self) -> list[str]:
        """The names of a table's columns, in capitals; none for an image."""
        count = int(self.header.get("TFIELDS", 0))
        return [str(self.header.get(f"TTYPE{i + 1}", "")).strip().upper() for i in range(count)]

    def named(self) -> str:
        """The part as a message gives it: "part 2 (MASK)"."""
        return f"part {self.number}" + (f" ({printable(self.name)})" if self.name else "")


@dataclass(frozen=True)
class Parts:
    """A FITS file: its name, the memory that it is mapped to, its parts, what was odd about it."""

    path: Path
    parts: list[Part]
    notes: list[str]
    memory: list[mmap.mmap]

    def images(self) -> list[Part]:
        """The parts that hold pixels."""
        return [part for part in self.parts if part.pixels is not None]

    def get(self, which: int | str, option: str) -> Part:
        """A part by its number or name; ImageError, naming the option, if there is none such."""
        wanted = str(which).strip()
        for part in self.parts:
            number = wanted.isdigit() and part.number == int(wanted)
            if number or (part.name and part.name == wanted.upper()):
                return part
        have = ", ".join(part.named() for part in self.parts)
        raise ImageError(
            f"{name_of(self.path)} has no part {shown(which)} ({option}): it has {have}"
        )

    def release(self) -> None:
        """Give back the memory of what was read; it is read again where it is needed."""
        for memory in self.memory:
            memory.madvise(mmap.MADV_DONTNEED)


def split_part(path: AnyPath) -> tuple[Path, str | None]:
    """A file and the part that its name asks for in brackets: "a.fits[2]" is (a.fits, "2")."""
    match = _BRACKETS.fullmatch(os.fspath(path))
    if match and not Path(path).exists():
        return Path(match[1]), match[2].strip()
    return Path(path), None


def read_parts(path: AnyPath) -> Parts:
    """The parts of a FITS file, plain or packed by gzip or bzip2, tile-compressed or not.

    Nothing is read but headers; a packed file or image is unpacked to a nameless temporary one.

    Raises:
        ImageError: it is no FITS file, or not whole: the message names the part.
        OSError: there is none, or it cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise ImageError(f"{name_of(path)}: there is no such file")
    with path.open("rb") as file:
        begin = file.read(3)
        file.seek(0)
        if begin.startswith(b"\x1f\x8b"):
            return _unpacked(gzip.GzipFile(fileobj=file), path)
        if begin == b"BZh":
            return _unpacked(bz2.BZ2File(file), path)
        return _mapped(path, file)


def _unpacked(packed: gzip.GzipFile | bz2.BZ2File, path: Path) -> Parts:
    with tempfile.TemporaryFile() as plain:
        size = 0
        try:
            with packed:
                while piece := packed.read(PIECE):
                    plain.write(piece)
                    size += len(piece)
                    if size > LARGEST:
                        raise ImageError(f"{name_of(path)} unpacks to more than {LARGEST} bytes")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImageError(f"{name_of(path)} is cut short or damaged: {error}") from error
        except OSError as error:
            if error.errno is not None:  # the disk's, not the archive's
                raise
            raise ImageError(f"{name_of(path)} is damaged: {error}") from error
        plain.flush()
        return _mapped(path, plain)


def _mapped(path: Path, file: BinaryIO) -> Parts:
    file.seek(0)
    begin = file.read(30)
    if not begin.startswith(b"SIMPLE"):
        raise ImageError(f"{name_of(path)} is not FITS: it begins {shown(begin)}")
    memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # outlives the file
    result = Parts(path, [], [], [memory])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _headers(file, disable_image_compression=True) as hdus:
                _check_whole(hdus, result)
            with _headers(file) as hdus:
                result.parts.extend(_part(n, hdu, result) for n, hdu in enumerate(hdus))
        except ImageError:
            raise
        except (*FAILURES, fits.VerifyError) as error:
            raise ImageError(f"{name_of(path)} cannot be read as FITS: {error}") from error
    lines = {shortened(" ".join(str(warning.message).split())) for warning in caught}
    odd = {line for line in lines if "non-standard convention" in line}
    result.notes.extend(sorted(map(printable, lines - odd)))
    if odd:
        result.notes.append(f"{len(odd)} cards of its headers are none of FITS, and not read")
    return result


@contextmanager
def _headers(file: BinaryIO, **arguments: Any) -> Iterator[fits.HDUList]:
    """The parts of an open file, from its start; astropy closes what it is given, if it can."""
    with open(os.dup(file.fileno()), "rb") as again:  # noqa: PTH123  a nameless file has no path
        again.seek(0)
        with fits.open(again, memmap=False, lazy_load_hdus=False, **arguments) as hdus:
            yield hdus


def _check_whole(hdus: fits.HDUList, parts: Parts) -> None:
    """Every part's data must be in the file to the last byte, and nothing begin after them."""
    memory, name, end = parts.memory[0], name_of(parts.path), 0
    for number, hdu in enumerate(hdus):
        info = hdu.fileinfo()
        have = len(memory) - info["datLoc"]
        if hdu.size > have:
            raise ImageError(
                f"{name} is cut short: part {number} announces {hdu.size} bytes of data, "
                f"{max(have, 0)} are there: fetch it again"
            )
        end = info["datLoc"] + info["datSpan"]
    if memory[end : end + 8] == b"XTENSION":
        raise ImageError(
            f"{name} is cut short: the header of part {len(hdus)} has no end: fetch it again"
        )


def _part(number: int, hdu: Any, parts: Parts) -> Part:
    header = hdu.header
    name = str(header.get("EXTNAME") or header.get("EXTTYPE") or "").strip().upper()
    if not hdu.is_image or not hdu.shape or not math.prod(hdu.shape):
        return Part(number, name, header, (), None)
    if isinstance(hdu, fits.CompImageHDU):
        return Part(number, name, header, hdu.shape, _tiles(hdu, parts))
    where = hdu.fileinfo()["datLoc"]
    raw = np.frombuffer(parts.memory[0], _TYPES[header["BITPIX"]], math.prod(hdu.shape), where)
    return Part(number, name, header, hdu.shape, raw.reshape(hdu.shape))


def _tiles(hdu: fits.CompImageHDU, parts: Parts) -> NDArray[Any]:
    """A tile-compressed image, unpacked strip by strip to a temporary file and mapped."""
    rows = hdu.shape[-2] if len(hdu.shape) > 1 else 1
    first = np.asarray(hdu.section[..., :1, :])
    kind = first.dtype.newbyteorder("=")
    with tempfile.TemporaryFile() as file:
        file.truncate(math.prod(hdu.shape) * kind.itemsize)
        memory = mmap.mmap(file.fileno(), 0)
        array = np.frombuffer(memory, kind).reshape(hdu.shape)
        for top in range(0, rows, STRIP):
            array[..., top : top + STRIP, :] = hdu.section[..., top : top + STRIP, :]
    parts.memory.append(memory)
    array.flags.writeable = False
    for name in ("BSCALE", "BZERO", "BLANK"):  # what was unpacked is in the image's own unit
        hdu.header.remove(name, ignore_missing=True)
    return array


def scaled(part: Part, values: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers of a part as float32: BZERO + BSCALE times what stands there, NaN where BLANK."""
    scale, zero = (
        part.header.get(name, default) for name, default in (("BSCALE", 1.0), ("BZERO", 0.0))
    )
    blank = part.header.get("BLANK") if values.dtype.kind in "iu" else None
    with np.errstate(over="ignore", invalid="ignore"):  # beyond float32 is infinite, and so bad
        if scale == 1.0 and zero == 0.0:
            result = values.astype(np.float32)
        else:
            result = (values.astype(np.float64) * scale + zero).astype(np.float32)
    if blank is not None:
        result[values == blank] = np.nan
    return result


def whole_numbers(part: Part, values: NDArray[Any]) -> NDArray[np.int64]:
    """Bits of a mask: the unsigned integers that BZERO stands for, exact; of floats: 0 or not."""
    zero = part.header.get("BZERO", 0)
    if values.dtype.kind == "f":
        return np.where(np.isfinite(values), values != 0, True).astype(np.int64)
    # Modulo 2^64: of 64 unsigned bits the highest is the sign's.
    bits = values.astype(np.int64).view(np.uint64) + np.uint64(int(zero) % 2**64)
    return bits.view(np.int64)

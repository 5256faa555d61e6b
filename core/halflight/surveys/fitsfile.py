"""FITS files from outside: unpacked and looked over before a library trusts what they say."""

import bz2
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager

from astropy.io import fits

BLOCK, CARD = 2880, 80  # bytes; the FITS standard
PIECE = 1 << 16  # bytes unpacked at a time
MOST_HEADER_BLOCKS = 100  # SDSS's longest headers have 5; without an end one would be read for ever
MOST_HDUS = 50  # SDSS's files have 4 to 12
WORDS = {8, 16, 32, 64, -32, -64}
# What astropy raises for files that contradict themselves.
FAILURES = (OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class DamagedFitsError(ValueError):
    """Bytes that are no whole FITS file; the message says where they stop being one."""


@contextmanager
def opened(content: bytes, *, most: int) -> Iterator[fits.HDUList]:
    """The HDUs of a FITS file, packed with bzip2 or not, of at most `most` bytes.

    Raises DamagedFitsError for a file that is not whole, and for whatever goes wrong while it is
    looked at within the block.
    """
    plain = _unpacked(content, most) if content.startswith(b"BZh") else content
    _check_layout(plain)
    try:
        with fits.open(io.BytesIO(plain), memmap=False, disable_image_compression=True) as hdus:
            yield hdus
    except (*FAILURES, fits.VerifyError) as error:
        raise DamagedFitsError(f"{type(error).__name__}: {error}") from error


def _unpacked(content: bytes, most: int) -> bytes:
    """The contents of a bzip2 file, never more than `most` bytes of them."""
    result = bytearray()
    while content:
        unpacker = bz2.BZ2Decompressor()
        try:
            while not unpacker.eof:
                if unpacker.needs_input and not content:
                    raise DamagedFitsError("the bzip2 body is cut short")
                result += unpacker.decompress(content, PIECE)
                content = b""
                if len(result) > most:
                    raise DamagedFitsError(
                        f"it unpacks to more than {most} bytes, which is too many"
                    )
        except OSError as error:
            raise DamagedFitsError(f"the bzip2 body is damaged: {error}") from error
        content = unpacker.unused_data
        if content and not content.startswith(b"BZh"):
            raise DamagedFitsError(f"{len(content)} bytes follow the end of the bzip2 body")
    return bytes(result)


def _check_layout(content: bytes) -> None:
    """Walk over all headers: what they announce must be there, to the last block and no more."""
    if not content.startswith(b"SIMPLE  ="):
        begin = " ".join(content[:100].decode("latin-1").split())
        raise DamagedFitsError(f"it is not FITS but begins {begin!r}")
    if len(content) % BLOCK:
        raise DamagedFitsError(f"{len(content)} bytes are no whole number of {BLOCK}-byte blocks")
    at = number = 0
    while at < len(content):
        if number == MOST_HDUS:
            raise DamagedFitsError(f"it has more than {MOST_HDUS} parts")
        if number and not content.startswith(b"XTENSION=", at):
            raise DamagedFitsError(f"what follows part {number} is no extension")
        values, at = _read_header(content, at, number)
        size = _data_size(values, number)
        at += math.ceil(size / BLOCK) * BLOCK
        if at > len(content):
            raise DamagedFitsError(
                f"part {number} announces {size} bytes of data, {at - len(content)} are missing"
            )
        number += 1


def _read_header(content: bytes, at: int, number: int) -> tuple[dict[str, int], int]:
    """The keywords of one header that say how large its data is, and where these begin."""
    values: dict[str, int] = {}
    for start in range(at, min(at + MOST_HEADER_BLOCKS * BLOCK, len(content)), BLOCK):
        for place in range(start, start + BLOCK, CARD):
            card = content[place : place + CARD]
            name = card[:8].rstrip().decode("latin-1")
            if name == "END":
                return values, start + BLOCK
            if name in ("BITPIX", "PCOUNT", "GCOUNT") or name.startswith("NAXIS"):
                text = card[10:].split(b"/")[0].strip()
                try:
                    values.setdefault(name, int(text[:20]))
                except ValueError as error:
                    raise DamagedFitsError(f"part {number}: {name} is {text[:20]!r}") from error
    raise DamagedFitsError(f"the header of part {number} has no end")


def _data_size(values: dict[str, int], number: int) -> int:
    """Bytes of data that a header announces."""
    axes = values.get("NAXIS", -1)
    lengths = [values.get(f"NAXIS{axis}", -1) for axis in range(1, min(axes, 999) + 1)]
    word, extra, groups = (
        values.get(name, default) for name, default in (("BITPIX", 0), ("PCOUNT", 0), ("GCOUNT", 1))
    )
    if not 0 <= axes <= 999 or word not in WORDS or min([*lengths, extra, groups]) < 0:
        raise DamagedFitsError(f"part {number} has no possible shape: {values}"[:300])
    return abs(word) // 8 * groups * (extra + (math.prod(lengths) if lengths else 0))

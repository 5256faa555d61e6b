"""Files kept on disk: whole and proven by their SHA-256, or not there at all."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from halflight import files


@dataclass(frozen=True)
class FileCache:
    """Files under `folder` at their relative paths, each beside a `.sha256` sidecar.

    A file counts as present only while its bytes still have the recorded hash, so a kill at any
    moment leaves either a proven file or one that is made again. The sidecar has the format of
    `sha256sum`: `sha256sum -c NAME.sha256` checks a file by hand.
    """

    folder: Path

    def find(self, relative: str) -> bytes | None:
        """The bytes kept under `relative` if their hash is the recorded one, else None."""
        path = self.folder / relative
        sidecar = _sidecar(path)
        if not (path.is_file() and sidecar.is_file()):
            return None
        content = path.read_bytes()
        return content if sidecar.read_bytes() == _sidecar_line(content, path) else None

    def store(self, relative: str, content: bytes) -> Path:
        """Keep `content`, which whoever calls this has judged and accepted."""
        path = files.write_bytes(self.folder / relative, content)
        files.write_bytes(_sidecar(path), _sidecar_line(content, path))
        return path

    def remove(self, relative: str) -> None:
        """Forget a file, which may not be there."""
        path = self.folder / relative
        _sidecar(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sidecar_line(content: bytes, path: Path) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {path.name}\n".encode()

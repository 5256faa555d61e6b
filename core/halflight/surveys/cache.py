"""Downloaded files on disk: whole and proven by their SHA-256, or not there at all."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileCache:
    """Files under `folder` at their archive-relative path, each beside a `.sha256` sidecar.

    A file counts as present only while its bytes still have the recorded hash, so a kill at any
    moment leaves either a proven file or one that is fetched again. The sidecar has the format of
    `sha256sum`: `sha256sum -c NAME.sha256` checks a file by hand.
    """

    folder: Path

    def find(self, relative: str) -> Path | None:
        """The file at `relative` if it is there and its hash is the recorded one, else None."""
        path = self.folder / relative
        sidecar = _sidecar(path)
        if not (path.is_file() and sidecar.is_file()):
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return path if sidecar.read_text() == _sidecar_line(digest, path) else None

    def store(self, relative: str, pieces: Iterable[bytes], check: Callable[[Path], None]) -> Path:
        """Write `pieces` to `relative`, keeping them only if `check(path)` raises nothing.

        The bytes go to a `.part` file in the same folder, are checked and fsynced there, and only
        then take their name. Whatever `pieces` or `check` raises passes through, and no part stays.
        """
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        digest = hashlib.sha256()
        try:
            with part.open("wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            check(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _write_sidecar(path, digest.hexdigest())
        return path

    def record(self, path: Path) -> dict[str, str | int]:
        """What the provenance says of a stored file: relative path, size [bytes], SHA-256."""
        return {
            "path": path.relative_to(self.folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": _sidecar(path).read_text().split()[0],
        }


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sidecar_line(digest: str, path: Path) -> str:
    return f"{digest}  {path.name}\n"


def _write_sidecar(path: Path, digest: str) -> None:
    sidecar = _sidecar(path)
    part = sidecar.with_name(sidecar.name + ".part")
    with part.open("w") as file:
        file.write(_sidecar_line(digest, path))
        file.flush()
        os.fsync(file.fileno())
    part.replace(sidecar)

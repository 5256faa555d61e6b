"""Downloaded files on disk: whole and proven by their SHA-256, or not there at all."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from halflight import files


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

        The bytes go to a partial file in the same folder, are checked and synced there, and only
        then take their name. Whatever `pieces` or `check` raises passes through, and no part stays.
        """
        path = self.folder / relative
        digest = hashlib.sha256()
        with files.whole_file(path) as partial:
            with partial.open("wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
            check(partial)
        files.write_text(_sidecar(path), _sidecar_line(digest.hexdigest(), path))
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

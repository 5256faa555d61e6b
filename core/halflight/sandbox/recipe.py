"""What decides the bytes of a synthetic sky: its parameters, the code, and the libraries."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent.parent
CODE = ("sandbox", "simulation", "instrument.py")
LIBRARIES = ("astropy", "galsim", "numpy", "scipy")


def recipe(parameters: Mapping[str, Any]) -> str:
    """A hash of all that decides the files of a sky with these parameters (plain values)."""
    digest = hashlib.blake2b(json.dumps(parameters, sort_keys=True).encode(), digest_size=8)
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    for part in CODE:
        path = SOURCE / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(file.relative_to(SOURCE).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()

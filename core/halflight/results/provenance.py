"""Provenance of a run: which program, model, image and PSF made these rows, by what command."""

import os
import shlex
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from halflight import __version__


@dataclass(frozen=True)
class Run:
    """What made some rows of a table.

    Attributes:
        image: the names of its files.
        catalogue: where its sources came from.
        psf: where its PSFs came from.
        model: the name of the estimator.
        model_sha256: of the estimator's folder.
        tier: "best" or "fast".
        command: as it was typed, or the Python function.
        date: when it began, UTC, ISO 8601.
        inputs_sha256: of all that the rows depend on.
        halflight: the version.
    """

    image: str
    catalogue: str
    psf: str
    model: str
    model_sha256: str
    tier: str
    command: str
    date: str
    inputs_sha256: str = ""
    halflight: str = __version__

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def now() -> str:
    """The date, UTC, to the second; SOURCE_DATE_EPOCH, where it is set, says another."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def typed_command(program: str) -> str:
    """This process's command line, as a shell would take it."""
    return shlex.join([program, *sys.argv[1:]])

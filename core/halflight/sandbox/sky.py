"""What a sky must offer to be served: its catalogue tables and its files."""

from collections.abc import Mapping
from typing import Protocol

import pandas as pd


class Sky(Protocol):
    """A sky that a `Sandbox` can serve."""

    @property
    def description(self) -> str:
        """One line for people: what this sky is."""

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Catalogue tables by SkyServer's names; `PhotoObjAll` and `Field` at least."""

    def file(self, path: str) -> bytes | None:
        """The bytes of the SAS file `path` ("dr17/eboss/..."), or None where there is none."""

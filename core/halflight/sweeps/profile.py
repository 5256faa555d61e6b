"""Profile: the pipeline with other parameters in a copy of its own, told on the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from halflight.paths import CHECKPOINTS
from halflight.sweeps.copies import Repository, Snapshot, settings_words
from halflight.sweeps.guarded import end_leftover, guarded
from halflight.sweeps.ledger import Ledger


class ProfileError(RuntimeError):
    """The pipeline did not end in its copy; the message says where to look."""


def run_profile(
    repository: Repository,
    snapshot: Snapshot,
    copy: Path,
    settings: Mapping[str, Any],
    targets: Sequence[str],
    **variables: str,
) -> None:
    """Bring a copy to what a snapshot gives with these settings; what has run before is not again.

    `copy` is a checkout like any other, where data and reports may be looked at. Nothing goes on
    running in it where this process ends, by Ctrl-C or a kill. Raises ProfileError where a stage
    fails, and LedgerError where another process is at the copy.
    """
    ledger = Ledger(repository.root / CHECKPOINTS / f"copy-{copy.name}")
    with ledger.alone():
        end_leftover(ledger.folder)
        repository.prepare(copy, snapshot, repository.cache(), targets)
        words = [*repository.dvc, "exp", "run", "--name", "profile", *settings_words(settings)]
        with guarded([*words, *targets], copy, ledger.folder, variables=variables) as process:
            code = process.wait()
    if code:
        raise ProfileError(f"{copy}: the pipeline did not end, for the reason above")

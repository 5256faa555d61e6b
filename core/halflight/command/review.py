"""`halflight quick` and `halflight review`: the small run, and what a branch changes by it."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from halflight import paths
from halflight.command.sweep import sky_variable
from halflight.files import write_text

if TYPE_CHECKING:
    from halflight.sweeps.copies import Repository, Snapshot

TARGETS = ["report"]
BASES = ("origin/main", "main")
STALE = 3  # exit code: dvc.lock does not belong to the code


def quick(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The checkout that it runs in.")
    ] = paths.QUICK,
) -> None:
    """Run the pipeline in some minutes, with quick.yaml's parameters, in a folder of its own.

    With the code and parameters as they are now. The default run stays as it is. Run from the root
    of a checkout.
    """
    from halflight.sweeps.copies import Repository

    repository = Repository.here()
    _run_small(repository, repository.snapshot("quick"), output)
    print(f"open {output / paths.PAGE}: a quick run, whose numbers are rough")


def review(
    base: Annotated[
        str | None, typer.Option(help="The branch beside which; default: origin/main, or main.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the review.")] = Path(
        "review"
    ),
) -> None:
    """Say what the commit here changes: parameters, metrics of the small run, a stale dvc.lock.

    Writes review.md, report.md and the page into OUTPUT. Exit code 3 where dvc.lock is stale. Run
    from the root of a checkout.
    """
    from halflight.review.changes import changes, metrics_of
    from halflight.review.lock import stale_stages
    from halflight.review.summary import Review, markdown
    from halflight.sweeps.copies import Repository, Snapshot, git

    repository = Repository.here()
    head = git(repository.root, "rev-parse", "--verify", "HEAD^{commit}")
    name, start = _start(repository, head, [base] if base else BASES)
    sides = {"base": start, "head": head}
    read = {
        side: {
            file: _values(repository, commit, file) for file in (paths.PARAMS, paths.QUICK_SETTINGS)
        }
        for side, commit in sides.items()
    }
    metrics: dict[str, Any] = {}
    for side, commit in sides.items():
        # A commit from before there was a small run has nothing to compare.
        if read[side][paths.QUICK_SETTINGS]:
            _run_small(repository, Snapshot(commit, commit), output / side)
            metrics[side] = metrics_of(output / side)
    found = Review(
        base=f"{name} ({start[:8]})",
        head=head[:8],
        parameters=changes(*(_parameters(read[side]) for side in sides)),
        metrics=changes(*metrics.values()) if len(metrics) == len(sides) else None,
        stale=stale_stages(repository, head),
        overridden=list(read["head"][paths.QUICK_SETTINGS]),
    )
    text = markdown(found)
    write_text(output / "review.md", text)
    for page in (paths.PAGE, paths.PAGE_MARKDOWN):
        shutil.copyfile(output / "head" / page, output / page.name)
    shutil.copytree(output / "head" / paths.FIGURES, output / "figures", dirs_exist_ok=True)
    print(text)
    if found.stale:
        raise typer.Exit(STALE)


def _parameters(read: dict[Path, dict[str, Any]]) -> dict[str, Any]:
    """Parameters, and what the small run sets under the name of its file."""
    small = read[paths.QUICK_SETTINGS]
    return read[paths.PARAMS] | ({paths.QUICK_SETTINGS.name: small} if small else {})


def _start(repository: "Repository", head: str, bases: Sequence[str]) -> tuple[str, str]:
    """The first of some branches that is there, and the commit at which the head left it."""
    from halflight.sweeps.copies import CopyError, git

    fault = ""
    for name in bases:
        try:
            return name, git(repository.root, "merge-base", name, head)
        except CopyError as error:
            fault = str(error)
    raise ValueError(
        f"nothing to compare with ({fault}): name a branch by --base, and fetch its history (in a "
        "workflow: fetch-depth: 0)"
    )


def _values(repository: "Repository", commit: str, file: Path) -> dict[str, Any]:
    """The values of a YAML file of a commit; none of one that is not there."""
    from halflight.params.plain import plain_values
    from halflight.sweeps.copies import git

    if not git(repository.root, "ls-tree", "--name-only", commit, file):
        return {}
    return dict(plain_values(git(repository.root, "show", f"{commit}:./{file}").encode()))


def _run_small(repository: "Repository", snapshot: "Snapshot", copy: Path) -> None:
    """Run the small pipeline of a snapshot, with its own quick.yaml and parameters."""
    from halflight import params
    from halflight.sweeps import parameters
    from halflight.sweeps.profile import run_profile

    values = _values(repository, snapshot.commit, paths.PARAMS)
    settings = _values(repository, snapshot.commit, paths.QUICK_SETTINGS)
    params.judge(parameters.changed(values, settings))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    run_profile(repository, snapshot, copy, settings, TARGETS, **sky_variable(values))

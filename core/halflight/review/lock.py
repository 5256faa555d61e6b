"""Lock: whether a commit's dvc.lock belongs to the code and the parameters of that commit.

`python -m halflight.review.lock [REVISION]` names the stages that it does not belong to and says
what to do, and ends with 0 where there are none, 1 where there are, 2 where it could not be found
out.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from halflight.params.plain import plain_values
from halflight.sweeps.copies import CopyError, Repository, environment, git
from halflight.text import printable, shortened

_WOULD_RUN = re.compile(r"^Running stage '([^']+)'", re.M)


def stale_stages(repository: Repository, commit: str) -> list[str]:
    """The stages that `dvc repro` would run in a checkout of a commit that has all of its data.

    None of those that always run counts. By `dvc repro --dry --allow-missing` in an empty checkout,
    where what a stage of the lock has written counts as there: those that run because another did
    are not among them. Raises CopyError where git refuses, or DVC does before it comes to a stage.
    """
    with tempfile.TemporaryDirectory(prefix="halflight-lock-") as folder:
        copy = Path(folder) / "checkout"
        git(repository.root, "clone", "--quiet", "--shared", "--no-checkout", repository.root, copy)
        git(copy, "checkout", "--quiet", "--detach", commit)
        shutil.rmtree(copy / ".dvc/tmp", ignore_errors=True)
        done = subprocess.run(
            [*repository.dvc, "repro", "--dry", "--allow-missing"],
            cwd=copy,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        stages = plain_values((copy / "dvc.yaml").read_bytes())["stages"]
    always = {name for name, stage in stages.items() if stage.get("always_changed")}
    found = [name for name in _WOULD_RUN.findall(done.stdout) if name not in always]
    if done.returncode and not found:  # it stops at the first that lacks what another would write
        [last] = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["no reason"]
        raise CopyError(
            f"`dvc repro --dry` of {commit} came to no stage: {shortened(printable(last), 300)}"
        )
    return found


def told(revision: str, stale: Sequence[str]) -> str:
    """What is to be known of a lock that does not belong to these stages, and what to do."""
    names = "".join(f"  {name}\n" for name in stale)
    count = "this stage" if len(stale) == 1 else f"these {len(stale)} stages"
    return (
        f"dvc.lock of {revision} does not belong to its code, parameters and data: `dvc repro` "
        f"would run {count}\n{names}and then what depends on what they write. Run `make repro` "
        "with that commit checked out, and commit dvc.lock with the reports that it writes; or "
        "take back the edit since the last run, where none was meant: `git log -1 dvc.lock` says "
        "when that was."
    )


def main(revision: str = "HEAD") -> int:
    """Say it of a revision of the repository here."""
    try:
        stale = stale_stages(Repository.here(), revision)
    except (CopyError, ValueError) as error:  # a dvc.yaml that is no YAML
        print(f"lock: {error}", file=sys.stderr)
        return 2
    if stale:
        print(told(revision, stale))
        return 1
    print(f"dvc.lock of {revision} belongs to its code")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

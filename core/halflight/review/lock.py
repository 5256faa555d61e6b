"""Lock: whether a commit's dvc.lock belongs to the code and the parameters of that commit.

`python -m halflight.review.lock [REVISION]` names the stages that it does not belong to, and ends
with 0 where there are none, 1 where there are, 2 where it could not be found out.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from halflight.params.plain import plain_values
from halflight.sweeps.copies import CopyError, Repository, environment, git

_WOULD_RUN = re.compile(r"^Running stage '([^']+)'", re.M)


def stale_stages(repository: Repository, commit: str) -> list[str]:
    """The stages that `dvc repro` would run in a checkout of a commit that has all of its data.

    None of those that always run counts. By `dvc repro --dry --allow-missing` in an empty checkout,
    where what a stage of the lock has written counts as there. Raises CopyError where git refuses.
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
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        return [f"unknown ({' '.join(last)})"]
    return found


def main(revision: str = "HEAD") -> int:
    """Say it of a revision of the repository here."""
    try:
        stale = stale_stages(Repository.here(), revision)
    except CopyError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 2
    if stale:
        print(f"dvc.lock of {revision} does not belong to its code: {', '.join(stale)} would run")
        return 1
    print(f"dvc.lock of {revision} belongs to its code")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

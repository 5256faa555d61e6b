"""Copies: a checkout of its own for each run, that shares git's objects and DVC's cache.

What runs in a copy neither sees nor changes the working tree it was made from, and several run side
by side: each has DVC's locks for itself.
"""

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from halflight.paths import PIPELINE, STUDIES
from halflight.text import printable, shortened

# Bytes of an untracked file that a snapshot takes along: code, not data.
LARGEST_UNTRACKED = 1 << 20
_SNAPSHOTS = "refs/halflight"
_IDENTITY = {"user.name": "halflight", "user.email": "halflight@localhost"}


class CopyError(RuntimeError):
    """Git or DVC would not do what a copy needs; the message says which command and why."""


@dataclass(frozen=True)
class Snapshot:
    """The files of a checkout at one moment.

    Attributes:
        baseline: the commit that they are based on.
        commit: one that holds them: the baseline itself where nothing was changed since.
        left_out: untracked files too large to be code.
    """

    baseline: str
    commit: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repository:
    """A git repository with DVC.

    Attributes:
        root: the folder of its dvc.yaml.
        dvc: the words by which DVC is called.
    """

    root: Path
    dvc: tuple[str, ...] = ("dvc",)

    @classmethod
    def here(cls, folder: Path = Path()) -> "Repository":
        """That of a folder; raises CopyError where it is not the root of one."""
        top = Path(git(folder, "rev-parse", "--show-toplevel"))
        if top.resolve() != folder.resolve() or not (folder / "dvc.yaml").is_file():
            raise CopyError(f"{folder.absolute()} is no checkout with a dvc.yaml: go to its root")
        return cls(top.resolve())

    def snapshot(self, name: str) -> Snapshot:
        """Keep the working tree as it is, tracked and untracked files, under a name.

        The index, the branch and the files stay untouched. Raises CopyError where git refuses.
        """
        baseline = git(self.root, "rev-parse", "--verify", "HEAD^{commit}")
        index = Path(git(self.root, "rev-parse", "--absolute-git-dir")) / f"halflight-{os.getpid()}"
        own = {"GIT_INDEX_FILE": str(index)}
        try:
            git(self.root, "read-tree", "HEAD", **own)
            git(self.root, "add", "--update", **own)
            untracked = git(self.root, "ls-files", "--others", "--exclude-standard", "-z", **own)
            names = [name for name in untracked.split("\0") if name]
            small = [one for one in names if _size(self.root / one) <= LARGEST_UNTRACKED]
            if small:
                listed = "".join(f"{one}\0" for one in small)
                git(self.root, "update-index", "--add", "-z", "--stdin", feed=listed, **own)
            tree = git(self.root, "write-tree", **own)
        finally:
            index.unlink(missing_ok=True)
        commit = baseline
        if tree != git(self.root, "rev-parse", "HEAD^{tree}"):
            who = {
                f"GIT_{role}_{key.upper()}": value
                for role in ("AUTHOR", "COMMITTER")
                for key, value in (("name", "halflight"), ("email", "halflight@localhost"))
            }
            words = f"working tree of {name}"
            commit = git(self.root, "commit-tree", tree, "-p", baseline, "-m", words, **who)
        git(self.root, "update-ref", f"{_SNAPSHOTS}/{name}", commit)  # kept from being collected
        return Snapshot(baseline, commit, tuple(sorted(set(names) - set(small))))

    def cache(self) -> Path:
        """The folder of DVC's cache."""
        return Path(tool(self.root, *self.dvc, "cache", "dir"))

    def prepare(
        self, copy: Path, snapshot: Snapshot, cache: Path, targets: Sequence[str] = ()
    ) -> None:
        """Lay the files of a snapshot into a copy, new or not, and the data that the cache has.

        What lies in no commit stays, as checkpoints of an interrupted training. targets: the stages
        that will run; where none is a study's, DVC is shown the pipeline alone. Raises CopyError.
        """
        if not (copy / ".git").is_dir():
            shutil.rmtree(copy, ignore_errors=True)
            partial = copy.with_name(f".{copy.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            copy.parent.mkdir(parents=True, exist_ok=True)
            git(self.root, "clone", "--quiet", "--shared", "--no-checkout", self.root, partial)
            partial.rename(copy)
        refs = git(copy, "for-each-ref", "--format=delete %(refname)", "refs/exps")
        git(copy, "update-ref", "--stdin", feed=f"{refs}\n" if refs else "")
        git(copy, "update-ref", "--no-deref", "HEAD", snapshot.baseline)
        # The index and the files are the snapshot's; what it has beyond the baseline is staged.
        (copy / ".git/index.lock").unlink(missing_ok=True)  # of a git that was killed
        git(copy, "read-tree", "--reset", "-u", snapshot.commit)
        git(copy, "checkout-index", "--all", "--force")
        for key, value in _IDENTITY.items():
            git(copy, "config", key, git(self.root, "config", "--default", value, "--get", key))
        shutil.rmtree(copy / ".dvc/tmp", ignore_errors=True)
        self._configure(copy, cache)
        _show_studies(copy, shown=not targets or any(PIPELINE.name in one for one in targets))
        tool(copy, *self.dvc, "checkout", "--quiet", "--allow-missing", "--force")

    def _configure(self, copy: Path, cache: Path) -> None:
        """DVC's settings of this machine, with this repository's cache."""
        settings, local = configparser.ConfigParser(interpolation=None), ".dvc/config.local"
        settings.read(self.root / local, encoding="utf-8")
        if not settings.has_section("cache"):
            settings.add_section("cache")
        settings["cache"]["dir"] = str(cache)
        with (copy / local).open("w", encoding="utf-8") as file:
            settings.write(file)

    def fetch_experiment(self, copy: Path, name: str) -> None:
        """Take an experiment that DVC kept in a copy into this repository, for `dvc exp show`.

        Raises CopyError where the copy has none of that name.
        """
        refs = git(copy, "for-each-ref", "--format=%(refname)", "refs/exps").split()
        found = [ref for ref in refs if ref.endswith(f"/{name}")]
        if not found:
            raise CopyError(f"DVC kept no experiment {name} in {copy}")
        git(self.root, "fetch", "--quiet", "--no-write-fetch-head", copy, f"+{found[0]}:{found[0]}")


def _show_studies(copy: Path, *, shown: bool) -> None:
    """Let DVC see the studies' files of stages in a copy, or not; git takes no notice.

    It reads every one that it sees anew for each stage that it runs, for longer than many a stage.
    """
    folder, pattern = Path(STUDIES).parts[0], STUDIES.partition("/")[2]
    hiding = copy / folder / ".dvcignore"
    if shown or not hiding.parent.is_dir():
        hiding.unlink(missing_ok=True)
        return
    hiding.write_text(f"/{pattern}\n", encoding="utf-8")
    unseen, line = copy / ".git/info/exclude", f"/{folder}/{hiding.name}\n"
    unseen.parent.mkdir(exist_ok=True)
    before = unseen.read_text(encoding="utf-8") if unseen.is_file() else ""
    if line not in before:
        unseen.write_text(before + line, encoding="utf-8")


def environment(**changes: str) -> dict[str, str]:
    """What a copy's programs get: nothing of an outer git or DVC, and this Python's first."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "GIT_"))}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": programs} | changes


def tool(folder: Path, *words: str | Path, feed: str | None = None, **changes: str) -> str:
    """What a program says, run in a folder; raises CopyError where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment(**changes),
        input=feed,
        stdin=subprocess.DEVNULL if feed is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = shortened(printable((done.stderr or done.stdout).strip().replace("\n", "; ")), 300)
        raise CopyError(f"{' '.join(map(str, words[:3]))} in {folder} failed: {said}")
    return done.stdout.rstrip("\n")


def git(folder: Path, *words: str | Path, feed: str | None = None, **changes: str) -> str:
    """What git says, run in a folder; raises CopyError where it fails."""
    return tool(folder, "git", *words, feed=feed, **changes)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # it has just gone
        return LARGEST_UNTRACKED + 1


# In Hydra's quotes a backslash counts only where a run of them ends at a quote.
_ESCAPED = re.compile(r"(\\*)('|\Z)")
_KEY = re.compile(r"[\w*?.+/-]+")  # Hydra's keys have no quotes


def _escaped(found: re.Match[str]) -> str:
    return 2 * found[1] + ("\\'" if found[2] else "")


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r:.80}: DVC sets no key of more than letters, digits and *?.+/-")
    return key


def settings_words(settings: Mapping[str, object]) -> list[str]:
    """Settings as options of `dvc exp run`: -S NAME=VALUE each, a + before a NAME that is new."""
    return [word for name, value in settings.items() for word in ("-S", f"{name}={written(value)}")]


def written(value: object) -> str:
    """A value in Hydra's grammar, which DVC reads: texts quoted, so that they stay texts."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return "'" + _ESCAPED.sub(_escaped, value) + "'"
        case list() | tuple():
            return "[" + ",".join(map(written, value)) + "]"
        case Mapping():
            return "{" + ",".join(f"{_key(k)}:{written(v)}" for k, v in value.items()) + "}"
    raise TypeError(f"no parameter holds {value!r:.80}")

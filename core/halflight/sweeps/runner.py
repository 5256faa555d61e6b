"""Runner: every experiment of a sweep to its end, several at a time, whatever is killed."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from halflight.sweeps import search
from halflight.sweeps.attempt import MINUTE, Limits, Stopped, attempt
from halflight.sweeps.copies import CopyError, Repository, Snapshot, settings_words
from halflight.sweeps.endings import Ending
from halflight.sweeps.experiment import Cost, Experiment
from halflight.sweeps.guarded import end_leftover
from halflight.sweeps.ledger import Ledger
from halflight.sweeps.outcomes import Address, read_curve, read_score

if TYPE_CHECKING:
    from halflight import params

ATTEMPTS = 3  # at an experiment that was killed, or that DVC or git failed
# What is kept of an experiment beside the files that its scores stand in, where it is there.
REPORT = "reports/index.html"
KEPT = (REPORT, "params.yaml", "dvc.lock")
# One thread each in the libraries that have pools of their own; Numba's kernels take the others.
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Means:
    """What a sweep may use.

    Attributes:
        workers: experiments at a time.
        threads: of each of them.
        memory: most bytes of a process; None: any.
        variables: of the environment, in addition.
    """

    workers: int = 1
    threads: int = 1
    memory: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


class Runner:
    """One run of one sweep: asks for experiments, runs them in copies, keeps what they ended with.

    Args:
        name: of the sweep.
        sweep: its definition.
        repository: whose code and cache it uses.
        ledger: its folder.
        say: is told each event, in one line.
    """

    def __init__(
        self,
        name: str,
        sweep: params.Sweep,
        repository: Repository,
        ledger: Ledger,
        *,
        means: Means,
        say: Callable[[str], None] = print,
    ) -> None:
        """Take the parts; raises ValueError for an address that is none."""
        for text in (sweep.judge, *sweep.scores):
            Address.of(text)
        self.name, self.sweep, self.repository, self.ledger = name, sweep, repository, ledger
        self.means, self.say = means, say
        self._stop, self._asking, self._git = threading.Event(), threading.Lock(), threading.Lock()
        self._taken: set[int] = set()
        self._snapshot: Snapshot
        self._cache: Path

    def run(self, *, retry_failed: bool = False) -> list[Experiment]:
        """Run what has not ended; returns every experiment. `retry_failed`: also what has failed.

        Raises KeyboardInterrupt, after all that was started has ended, where Ctrl-C asks for it;
        what was under way is run again by the next `run`. Raises LedgerError and CopyError.
        """
        begun = self.ledger.begun() is not None
        self._snapshot = self.ledger.begin(
            self.sweep.model_dump(mode="json"),
            lambda: self.repository.snapshot(f"sweeps/{self.name}"),
        )
        self._cache = self.repository.cache()
        if begun:
            self.say(f"{self.name}: goes on, with the code that it began with")
        for large in self._snapshot.left_out:
            self.say(f"{self.name}: {large} is not tracked and large: the experiments lack it")
        if retry_failed:
            for one in self.ledger.experiments():
                if one.status == "failed":
                    self.ledger.save(replace(one, status="asked"))
        self._run_all()
        return self.ledger.experiments()

    def _run_all(self) -> None:
        with ThreadPoolExecutor(self.means.workers) as pool:
            working = [pool.submit(self._work) for _ in range(self.means.workers)]
            try:
                done, _ = wait(working, return_when=FIRST_EXCEPTION)
            finally:  # Ctrl-C, or the error of one: the others end what they are at
                self._stop.set()
        for one in done:
            one.result()

    def _work(self) -> None:
        while not self._stop.is_set() and (experiment := self._next()) is not None:
            try:
                self._settle(experiment)
            except Stopped:
                return

    def _next(self) -> Experiment | None:
        """The first experiment that has not ended and that no other worker has, or a new one."""
        with self._asking:
            known = {one.number: one for one in self.ledger.experiments()}
            for number in range(search.count(self.sweep)):
                if number in self._taken:
                    continue
                one = known.get(number)
                if one is None:
                    past = list(known.values())
                    one = Experiment(number, search.settings_of(self.sweep, number, past))
                    self.ledger.save(one)
                if one.status == "asked":
                    self._taken.add(number)
                    return one
            return None

    def _settle(self, experiment: Experiment) -> None:
        """Run an experiment to its end, and write that down."""
        ended, copy = self._ended(experiment), self.ledger.of(experiment.number) / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        self.ledger.save(ended)
        count = search.count(self.sweep)
        settings = ", ".join(f"{key.rpartition('.')[2]}={v}" for key, v in ended.settings.items())
        what = {
            "finished": lambda: f"{ended.score.value:.6g}" if ended.score else "",
            "given_up": lambda: f"given up after epoch {ended.steps[-1][0]}",
            "failed": lambda: f"FAILED: {ended.attempts[-1]} ({self._log(ended)})",
        }[ended.status]()
        self.say(
            f"{self.name} {ended.number + 1} of {count}: {what} in {ended.cost.seconds:.0f} s "
            f"({settings})"
        )

    def _ended(self, experiment: Experiment) -> Experiment:
        one = experiment
        for number in range(ATTEMPTS):
            ending, cost = self._attempt(one)
            one = replace(one, cost=one.cost + cost, steps=self._curve(one))
            if ending.succeeded:
                return self._finished(one)
            one = replace(one, attempts=(*one.attempts, ending.words))
            if ending.given_up:
                return replace(one, status="given_up")
            if not ending.passing:
                break
            self.ledger.save(one)
            if number + 1 < ATTEMPTS:
                self.say(f"{self.name} {one.number + 1}: {ending.words}; once more")
        return replace(one, status="failed")

    def _attempt(self, one: Experiment) -> tuple[Ending, Cost]:
        folder = self.ledger.of(one.number)
        copy = folder / "copy"
        end_leftover(folder)
        try:
            self.repository.prepare(copy, self._snapshot, self._cache, self.sweep.targets)
        except CopyError as error:
            return Ending(str(error), passing=True), Cost()
        # What DVC's cache had is that of another run: whoever runs the report writes it anew.
        (copy / REPORT).unlink(missing_ok=True)
        limit = self.sweep.limit_minutes
        words = [*self.repository.dvc, "exp", "run", "--name", self._experiment(one)]
        changes = settings_words({**self.sweep.settings, **one.settings})
        with (folder / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"--- attempt {len(one.attempts) + 1}: {one.settings}\n")
        return attempt(
            [*words, *changes, *self.sweep.targets],
            copy,
            folder,
            variables={
                **dict.fromkeys(POOLS, "1"),
                "NUMBA_NUM_THREADS": str(self.means.threads),
                "HALFLIGHT_PROCESSES": str(self.means.threads),
                "HALFLIGHT_LIVE": str(folder.absolute() / "live"),
                **dict(self.means.variables),
            },
            limits=Limits(None if limit is None else MINUTE * limit, self.means.memory),
            stop=self._stop,
            hopeless=lambda: self._is_hopeless(one),
        )

    def _is_hopeless(self, one: Experiment) -> bool:
        if self.sweep.prune is None:
            return False
        from halflight.sweeps import bayesian  # takes a second, and only pruning needs it

        past = [other for other in self.ledger.experiments() if other.number != one.number]
        return bayesian.hopeless(self.sweep, past, replace(one, steps=self._curve(one)))

    def _curve(self, one: Experiment) -> tuple[tuple[int, float], ...]:
        if self.sweep.prune is None:
            return ()
        return read_curve(self.ledger.of(one.number) / "live", self.sweep.prune.curve)

    def _finished(self, one: Experiment) -> Experiment:
        """The experiment with its scores, and its files kept; failed where it lacks its judge's."""
        folder = self.ledger.of(one.number)
        copy = folder / "copy"
        lower = self.sweep.lower_is_better
        try:
            score = read_score(copy, self.sweep.judge, lower_is_better=lower)
            scores = {text: read_score(copy, text) for text in self.sweep.scores}
        except ValueError as error:
            return replace(one, status="failed", attempts=(*one.attempts, str(error)))
        words = "finished"
        try:
            with self._git:
                self.repository.fetch_experiment(copy, self._experiment(one))
        except CopyError as error:  # its results are no less good
            words += f", but `dvc exp show` does not know it: {error}"
        files = {str(Address.of(text).file) for text in (self.sweep.judge, *self.sweep.scores)}
        for name in (*KEPT, *sorted(files)):
            if (copy / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(copy / name, folder / name)
        attempts = (*one.attempts, words)
        return replace(one, status="finished", score=score, scores=scores, attempts=attempts)

    def _experiment(self, one: Experiment) -> str:
        """Its name for DVC."""
        return f"{self.name}-{one.number + 1:03d}"

    def _log(self, one: Experiment) -> Path:
        return self.ledger.of(one.number) / "log.txt"


def summary(experiments: list[Experiment], asked: int) -> str:
    """One line: how many were asked for, and how many of them ended in which way."""
    counts: dict[str, int] = {}
    for one in experiments:
        counts[one.status] = counts.get(one.status, 0) + 1
    words = {
        "finished": "finished",
        "given_up": "given up",
        "failed": "failed",
        "asked": "not ended",
    }
    parts = [f"{counts[status]} {name}" for status, name in words.items() if counts.get(status)]
    return f"{asked} asked for: {', '.join(parts) or 'none ran'}"

"""Optuna's home: what to try next, what is hopeless, and which parameters mattered.

A study is made anew of the experiments each time it is asked: they are all there is to keep, so
that a sweep that was killed goes on as one that was not.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from halflight.sweeps.experiment import Experiment

try:
    import optuna
    from optuna import distributions
    from optuna.trial import TrialState, create_trial
except ImportError as missing:
    raise ValueError(
        "a Bayesian search, pruning and the importance of parameters need Optuna: "
        "pip install '.[sweeps]'"
    ) from missing

if TYPE_CHECKING:
    from halflight import params

# Experiments drawn at random before the search learns from them, as Optuna's own default.
STARTUP = 10
_STATES = {
    "asked": TrialState.RUNNING,
    "finished": TrialState.COMPLETE,
    "given_up": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}

optuna.logging.set_verbosity(optuna.logging.WARNING)


def proposed(sweep: params.Sweep, number: int, past: Sequence[Experiment]) -> dict[str, Any]:
    """The settings that promise most, given the experiments so far and those still running.

    By a tree-structured Parzen estimator (Bergstra et al. 2011), seeded by the sweep's seed and the
    number of the experiment.
    """
    seed = int(np.random.SeedSequence([sweep.seed, number]).generate_state(1)[0])
    with _quiet():
        # The constant liar keeps those that run side by side apart.
        sampler = optuna.samplers.TPESampler(
            seed=seed,
            constant_liar=True,
            n_startup_trials=min(STARTUP, max(2, int(sweep.trials or 0) // 3)),
        )
        trial = _study(sweep, past, sampler=sampler).ask(_distributions(sweep))
    return {name: _decoded(sweep.parameters[name], value) for name, value in trial.params.items()}


def hopeless(sweep: params.Sweep, past: Sequence[Experiment], running: Experiment) -> bool:
    """Whether a running experiment's best so far is worse than the median of the others' then.

    Those that finished, and none before `prune.after` epochs (Golovin et al. 2017, section 3.2.1).
    """
    if sweep.prune is None or not running.steps:
        return False
    others = [one for one in past if one.status == "finished" and one.steps]
    with _quiet():
        study = _study(
            sweep,
            others,
            pruner=optuna.pruners.MedianPruner(
                n_startup_trials=sweep.prune.among, n_warmup_steps=sweep.prune.after
            ),
        )
        trial = study.ask()
        for step, value in running.steps:
            trial.report(value, step)
        return bool(trial.should_prune())


def importances(sweep: params.Sweep, experiments: Iterable[Experiment]) -> dict[str, float]:
    """Each parameter's share of what decides whether an experiment is among the best, sum 1.

    By PED-ANOVA (Watanabe, Bansal & Hutter 2023), of those that finished.
    """
    finished = [one for one in experiments if one.status == "finished"]
    with _quiet():
        study = _study(sweep, finished, sampler=optuna.samplers.RandomSampler(seed=sweep.seed))
        found = optuna.importance.get_param_importances(study)
    return {name: float(found.get(name, 0.0)) for name in sweep.parameters}


def _study(
    sweep: params.Sweep, experiments: Iterable[Experiment], **parts: Any
) -> optuna.study.Study:
    study = optuna.create_study(
        direction="minimize" if sweep.lower_is_better else "maximize", **parts
    )
    known = _distributions(sweep)
    for one in sorted(experiments, key=lambda one: one.number):
        study.add_trial(
            create_trial(
                state=_STATES[one.status],
                value=None if one.score is None else one.score.value,
                params={name: _encoded(known[name], one.settings[name]) for name in known},
                distributions=known,
                intermediate_values=dict(one.steps),
            )
        )
    return study


def _distributions(sweep: params.Sweep) -> dict[str, distributions.BaseDistribution]:
    return {name: _distribution(of) for name, of in sweep.parameters.items()}


def _distribution(of: Sequence[Any] | params.Between) -> distributions.BaseDistribution:
    if isinstance(of, Sequence):
        return distributions.CategoricalDistribution([json.dumps(value) for value in of])
    if of.whole:
        return distributions.IntDistribution(int(of.low), int(of.high), log=of.log)
    return distributions.FloatDistribution(of.low, of.high, log=of.log)


def _encoded(distribution: distributions.BaseDistribution, value: Any) -> Any:
    listed = isinstance(distribution, distributions.CategoricalDistribution)
    return json.dumps(value) if listed else value


def _decoded(of: Sequence[Any] | params.Between, value: Any) -> Any:
    return json.loads(value) if isinstance(of, Sequence) else value


def _quiet() -> warnings.catch_warnings[None]:
    """Within, what Optuna calls experimental is used without a word."""
    return warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning)

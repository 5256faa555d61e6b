"""Sweeps that have ended, made up, for tests of the page that compares their experiments."""

import itertools

import numpy as np

from halflight.report.comparison import Comparison
from halflight.sweeps.experiment import Cost, Experiment, Score

RATE, OPTIMIZER = "radius.train.learning_rate", "radius.train.optimizer"
LOSS = "data/radius/trained/history.csv:val_loss"
NMAD = "reports/metrics/radius/metrics.json:ln_radius.simulated.network.nmad"


def grid(**parts):
    """A grid of nine, of which one failed and one has not run."""
    rng = np.random.default_rng(0)
    experiments = []
    for number, (rate, name) in enumerate(
        itertools.product([0.0005, 0.0015, 0.005], ["AdamW", "SGD", "Lion"])
    ):
        one = Experiment(number, {RATE: rate, OPTIMIZER: name})
        if number == 4:
            one = Experiment(
                number, one.settings, "failed", attempts=("train@radius: killed by SIGKILL",) * 3
            )
        elif number != 8:
            loss = -1.5 + abs(np.log(rate / 0.0015)) + (name == "SGD") + rng.normal(0, 0.1)
            one = Experiment(
                number,
                one.settings,
                "finished",
                Score(float(loss)),
                {NMAD: Score(0.1 + 0.02 * number, 0.09 + 0.02 * number, 0.11 + 0.02 * number)},
                tuple((epoch, float(loss + 1 / (epoch + 1))) for epoch in range(10)),
                ("finished",),
                Cost(400.0 + 20 * number, 700.0 + 100 * (number % 4), 600 << 20),
            )
        experiments.append(one)
    whole = {
        "name": "learning_rate",
        "question": "How fast may the network learn, and by which optimizer?",
        "search": "grid",
        "parameters": [RATE, OPTIMIZER],
        "settings": {"radius.train.epochs": 10},
        "before": {RATE: 0.0015, OPTIMIZER: "AdamW", "radius.train.epochs": 20},
        "judge": LOSS,
        "lower_is_better": True,
        "asked": 9,
        "experiments": experiments,
        "summary": "9 asked for: 7 finished, 1 failed, 1 did not end",
        "importances": {RATE: 0.6, OPTIMIZER: 0.3, "together": 0.1},
        "pages": {0: "0000/reports/index.html"},
        "logs": {0: "0000/log.txt", 4: "0004/log.txt"},
        "code": "0123456789ab",
        "watched": "train/val/loss",
    }
    return Comparison(**(whole | parts))

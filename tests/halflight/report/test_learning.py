"""Learning curves in words: under- and overfitting by name, and never where there is neither."""

import numpy as np
import pandas as pd
import pytest

from halflight.report.learning import of_learning, verdict

EPOCHS = np.arange(20.0)
FALLING = np.exp(-EPOCHS / 3)


def curve(loss, validation):
    return pd.DataFrame({"epoch": EPOCHS, "loss": loss, "val_loss": validation})


CURVES = {
    "overfitted after that epoch": (FALLING, FALLING + 0.03 * np.maximum(EPOCHS - 8, 0)),
    "underfitted": (1 - EPOCHS / 20, 1.1 - EPOCHS / 20),
    "neither under- nor overfitted": (FALLING**2, FALLING**2 + 0.1),
    "unsteady": (FALLING + 0.5 * (EPOCHS > 15), FALLING + 0.5 * (EPOCHS > 15)),
    "nothing was learnt": (1 + EPOCHS, 1 + EPOCHS),
}


@pytest.mark.parametrize("words", CURVES)
def test_a_fit_is_named(words):
    said = verdict(curve(*CURVES[words]))
    assert words in said
    assert not [other for other in CURVES if other != words and other in said]


def test_a_few_epochs_say_nothing():
    assert "too short" in verdict(curve(FALLING, FALLING).head(3))


def test_each_arm_has_its_epoch_and_its_verdict():
    history = curve(*CURVES["overfitted after that epoch"]).assign(arm="train")
    other = curve(*CURVES["underfitted"]).assign(arm="fine_tuned")
    text = of_learning(pd.concat([history, other]), "nothing")
    assert "On simulated stamps: least at epoch 8 of 19" in text
    assert "; fine-tuned: least at epoch 19 of 19" in text
    assert of_learning(history.head(0), "nothing") == "nothing"

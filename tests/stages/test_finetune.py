"""Fine-tuning: which survey stamps are labels, and what the two networks have learnt from."""

import numpy as np
import pandas as pd
import pytest

from halflight import files, params, store
from halflight.estimator import Estimator
from stages import finetune
from tests.tiny import R

from .conftest import PLACE


@pytest.fixture
def label(surveyed, task):
    """The labelled survey stamps for some settings."""

    def read(**changes):
        settings = params.read("radius.finetune").model_copy(update=changes)
        return finetune.labelled_survey(task, PLACE, settings)

    return read


@pytest.fixture
def spoil(surveyed):
    """Change the classical measurements of the prepared survey stamps of these rows."""

    def change(rows, **columns):
        measured = pd.read_parquet(PLACE.classical("survey"))
        ids = store.read_stamps(PLACE.prepared("survey")).table["id"].iloc[rows]
        for name, value in columns.items():
            measured.loc[measured["id"].isin(ids), name] = value
        files.write_parquet(PLACE.classical("survey"), measured)

    return change


def test_labels_are_those_of_the_stamp_of_the_same_id(label):
    data = label()
    measured = pd.read_parquet(PLACE.classical("survey")).set_index("id")
    expected = measured.loc[data.stamps.table["id"], "scene_fit_ln_radius"]
    np.testing.assert_allclose(data.labels[:, 0], expected - np.log(R.pixel_scale), atol=1e-12)


def test_every_good_stamp_of_its_split_is_learnt_from_and_none_of_the_test(label):
    data = label()
    split = data.stamps.table["split"].to_numpy()
    assert sorted(data.train) == np.flatnonzero(split == "train").tolist()
    assert data.validation.tolist() == np.flatnonzero(split == "validation").tolist()


def test_a_fit_that_failed_or_is_too_uncertain_is_no_label(label, spoil):
    # Rows 0, 2, 4, 6 are for training and 3, 7 for validation.
    spoil([0, 3], scene_fit_converged=False)
    spoil([2, 7], scene_fit_ln_radius_error=0.3)
    spoil([4], scene_fit_ln_radius=np.nan)
    spoil([6], scene_fit_ln_radius_error=0.2)
    data = label(max_label_error=0.2)
    assert not {0, 2, 4} & set(data.train)
    assert 6 in data.train
    assert not {3, 7} & set(data.validation)
    assert (len(data.train), len(data.validation)) == (17, 7)
    assert 2 in label(max_label_error=0.3).train


def test_fewer_labels_are_some_of_more_and_the_validation_is_the_same(label):
    everything, few, one = label(), label(max_labels=5), label(max_labels=1)
    assert few.train.tolist() == everything.train[:5].tolist()
    assert one.train.tolist() == few.train[:1].tolist()
    assert few.validation.tolist() == everything.validation.tolist()
    assert label(max_labels=1000).train.tolist() == everything.train.tolist()
    assert sorted(everything.train) != everything.train.tolist()  # of the whole sky, not its start
    assert label(seed=2).train.tolist() != everything.train.tolist()


@pytest.mark.parametrize("rows", [slice(0, None, 2), slice(3, None, 4)])
def test_too_few_labels_are_told_with_what_to_do(label, spoil, rows):
    spoil(rows, scene_fit_converged=False)
    with pytest.raises(ValueError, match=r"are too few: raise radius\.finetune\.max_label_error"):
        label()


def test_the_counts_are_said(label, spoil, capsys):
    spoil([0, 3], scene_fit_converged=False)
    label()
    assert (
        "19 survey stamps to learn from, 8 to validate; 2 of 39 have no" in capsys.readouterr().out
    )


def test_both_networks_are_written_with_what_they_have_learnt_from(surveyed, configure, estimators):
    estimators()
    configure({"radius.finetune.freeze": ["trunk_*"], "radius.finetune.max_labels": 12})
    before = Estimator.load(PLACE.trained)
    finetune.main("radius")
    tuned, scratch = (Estimator.load(PLACE.finetuned(a)) for a in ("fine_tuned", "from_scratch"))
    assert tuned.provenance["trained_on"] == "simulated, sandbox"
    assert scratch.provenance["trained_on"] == "sandbox"
    for fitted in (tuned, scratch):
        assert fitted.provenance["labels"] == {"train": 12, "validation": 9}
        assert fitted.provenance["device"] == "cpu"
    kernels = [name for name in before.network.get_weights() if name.endswith("/kernel")]
    for name in kernels:
        old, new = (e.network.get_weights()[name] for e in (before, tuned))
        assert np.array_equal(old, new) == name.startswith("trunk_"), name
    assert any(name.startswith("trunk_") for name in kernels)
    history = pd.read_csv(PLACE.finetuned_history)
    assert history["arm"].tolist() == ["fine_tuned", "from_scratch", "from_scratch"]
    assert not list((surveyed / ".checkpoints").iterdir())


def test_the_range_of_a_network_of_labels_alone_is_that_of_the_survey(surveyed, estimators):
    estimators()
    finetune.main("radius")
    tuned, scratch = (Estimator.load(PLACE.finetuned(a)) for a in ("fine_tuned", "from_scratch"))
    assert tuned.training_range == Estimator.load(PLACE.trained).training_range
    table = store.read_stamps(PLACE.prepared("survey")).table
    label = pd.read_parquet(PLACE.classical("survey")).set_index("id")["scene_fit_magnitude"]
    learnt = table[table["split"] == "train"]
    over_noise = label[learnt["id"]].to_numpy() - 22.5 + 2.5 * np.log10(learnt["noise"])
    assert scratch.training_range["magnitude"] == pytest.approx(
        (over_noise.min(), over_noise.max())
    )

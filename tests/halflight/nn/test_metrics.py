"""Metrics: by hand, against scikit-learn, and batch by batch as at once."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from halflight.nn import Input, Sequential, layers, losses, metrics
from halflight.nn.configuration import plain
from halflight.nn.metrics import METRICS, resolve

BINARY = ([[1], [0], [1], [0]], [[0.9], [0.6], [0.4], [0.1]], [1, 1, 2, 1])
CLASSES = ([[0], [2], [1]], [[3, 2, 1], [1, 0, 0], [0, 1, 2]], [1, 2, 1])
ONE_HOT = (np.eye(3)[[0, 2, 1]], *CLASSES[1:])
NUMBERS = ([[1], [0], [3]], [[2, 9], [-1, 9], [1, 9]], [1, 1, 2])
TIES = ([[1], [0], [1], [0], [0]], [[0.5], [0.5], [0.9], [0.1], [0.9]], [1, 1, 1, 1, 1])
ROWS_OF_THREE = ([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]], [1, 2])
HAND = [
    ("mean_absolute_error", NUMBERS, (1 + 1 + 2 * 2) / 4),
    ("mean_squared_error", NUMBERS, (1 + 1 + 2 * 4) / 4),
    ("root_mean_squared_error", NUMBERS, math.sqrt(2.5)),
    # Targets 1, 0, 3, 3 about their mean 7/4: 27/4; squared errors 1 + 1 + 4 + 4.
    ("r2_score", NUMBERS, 1 - 10 / 6.75),
    ("r2_score", ([[5], [5]], [[5], [5]], [1, 1]), 0.0),
    # Of three outputs a row: Keras's own example, of rows of 1 and 0.99339927, and 0.97560976, ...
    ("pearson_correlation", ROWS_OF_THREE, (1.0 + 2 * 0.9933992678) / 3),
    ("concordance_correlation", ROWS_OF_THREE, (0.9756097561 + 2 * 0.9876543210) / 3),
    ("pearson_correlation", ([[1, 1]], [[0, 2]], [1]), 0.0),
    ("concordance_correlation", ([[1, 1]], [[1, 1]], [1]), 0.0),
    ("binary_accuracy", BINARY, 2 / 5),
    (metrics.BinaryAccuracy(0.3), BINARY, 4 / 5),
    ("precision", BINARY, 1 / 2),
    ("recall", BINARY, 1 / 3),
    (metrics.Precision(thresholds=0.95), BINARY, 0.0),
    (metrics.Recall(thresholds=0.3), BINARY, 1.0),
    (metrics.Recall(class_id=1), ([[0, 1], [1, 1]], [[0, 1], [0, 0]], [1, 3]), 1 / 4),
    # Positives 0.9 (weight 1) and 0.4 (2) against 0.6 and 0.1: (1 + 1 + 0 + 2) of 6 pairs.
    ("auc", BINARY, 4 / 6),
    # Positives 0.5, 0.9 against 0.5, 0.1, 0.9: (1/2 + 1 + 0) + (1 + 1 + 1/2) of 6.
    ("auc", TIES, 4 / 6),
    ("sparse_categorical_accuracy", CLASSES, 1 / 4),
    ("categorical_accuracy", ONE_HOT, 1 / 4),
    (metrics.SparseTopKCategoricalAccuracy(k=2), CLASSES, 1.0),  # of two equals, both count
    (metrics.TopKCategoricalAccuracy(k=1), ONE_HOT, 1 / 4),
    (metrics.TopKCategoricalAccuracy(), ONE_HOT, 1.0),
    # Above 1/2 are 0.9 (a positive of weight 1) and 0.6; below 0.4 (a positive of 2) and 0.1.
    ("true_positives", BINARY, 1.0),
    ("false_positives", BINARY, 1.0),
    ("false_negatives", BINARY, 2.0),
    ("true_negatives", BINARY, 1.0),
    (metrics.TruePositives(0.3), BINARY, 3.0),
    ("f1_score", BINARY, 2 * 1 / (3 + 2)),
    (metrics.FBetaScore(beta=2.0), BINARY, 5 * 1 / (4 * 3 + 2)),
    # The classes 0, 2, 1 of weights 1, 2, 1 are taken for 0, 0, 2.
    ("f1_score", CLASSES, (2 * 1 / (1 + 3)) / 3),
    (metrics.F1Score("weighted"), CLASSES, 0.5 * 1 / 4),
    (metrics.F1Score("micro"), CLASSES, 1 / 4),
    ("confusion_matrix", CLASSES, 1 / 4),
    ("balanced_accuracy", CLASSES, 1 / 3),
    ("balanced_accuracy", BINARY, (1 / 3 + 1 / 2) / 2),
    # Of 5: 1 + 1 right; there 2 and 3, predicted 3 and 2.
    ("matthews_correlation", BINARY, (2 * 5 - 12) / math.sqrt((25 - 13) * (25 - 13))),
    (metrics.IoU(), ONE_HOT, (1 / 3 + 0 + 0) / 3),
    (metrics.IoU(3, (0,)), CLASSES, 1 / 3),
    (metrics.MeanIoU(), ([[0], [1], [1]], [[0], [1], [0]], [1, 1, 1]), (1 / 2 + 1 / 2) / 2),
    (metrics.OneHotIoU(target_class_ids=(0, 1)), ONE_HOT, 1 / 6),
    (metrics.OneHotMeanIoU(), ONE_HOT, 1 / 9),
    (metrics.BinaryIoU(), BINARY, (1 / 4 + 1 / 4) / 2),
    (metrics.BinaryIoU((1,), 0.3), BINARY, 3 / 4),
    # From above: 1 right; 1 and 1 wrong; 3 and 1; 3 and 2.
    ("average_precision", BINARY, 1 / 3 + 2 / 3 * 3 / 4),
    (metrics.AUC("PR"), BINARY, 1 / 3 + 2 / 3 * 3 / 4),
    (metrics.PrecisionAtRecall(0.4), BINARY, 3 / 4),
    (metrics.RecallAtPrecision(0.8), BINARY, 1 / 3),
    (metrics.SensitivityAtSpecificity(0.6), BINARY, 1 / 3),
    (metrics.SpecificityAtSensitivity(0.6), BINARY, 1 / 2),
    ("binary_crossentropy", BINARY, -sum(math.log(p) for p in (0.9, 0.4, 0.4, 0.4, 0.9)) / 5),
    (
        "categorical_crossentropy",
        (ONE_HOT[0], [[0.5, 0.25, 0.25]] * 3, [1, 2, 1]),
        math.log(2) * 1.75,
    ),
    ("sparse_categorical_crossentropy", ([[0], [1]], [[0.5, 0.5]] * 2, [1, 1]), math.log(2)),
    ("hinge", BINARY, (0.1 + 1.6 + 2 * 0.6 + 1.1) / 5),
    ("squared_hinge", BINARY, (0.01 + 2.56 + 2 * 0.36 + 1.21) / 5),
    ("categorical_hinge", ONE_HOT, (0 + 2 * 2 + 2) / 4),
    ("cosine_similarity", ([[1, 0], [0, 2]], [[3, 4], [0, 1]], [1, 1]), (0.6 + 1) / 2),
    ("kl_divergence", ([[0.5, 0.5]] * 2, [[0.25, 0.75]] * 2, [1, 1]), 0.5 * math.log(4 / 3)),
    ("log_cosh_error", ([[0.0], [1.0]], [[0.0], [2.0]], [1, 1]), math.log(math.cosh(1)) / 2),
    ("mean_absolute_percentage_error", ([[2.0], [4.0]], [[1.0], [5.0]], [1, 1]), 37.5),
    (
        "mean_squared_logarithmic_error",
        ([[0.0], [1.0]], [[0.0], [3.0]], [1, 1]),
        math.log(2) ** 2 / 2,
    ),
    ("poisson", ([[1.0], [0.0]], [[1.0], [2.0]], [1, 1]), 1.5),
]
ids = [m if isinstance(m, str) else type(m).__name__ for m, _, _ in HAND]


def update(metric, data, rows=slice(None)):
    target, prediction, weight = (np.asarray(array, np.float32) for array in data)
    metric.update(target[rows], prediction[rows], weight[rows])


def test_every_metric_has_a_hand_value():
    tested = {type(metrics.get(metric)) for metric, _, _ in HAND}
    assert tested == set(METRICS.values())


@pytest.mark.parametrize(("metric", "data", "expected"), HAND, ids=ids)
def test_hand_values_over_two_batches(metric, data, expected):
    metric = metrics.get(metric)
    metric.reset()
    assert math.isnan(metric.result())
    update(metric, data, slice(0, 1))
    update(metric, data, slice(1, None))
    assert metric.result() == pytest.approx(expected)
    metric.reset()
    assert math.isnan(metric.result())


@pytest.mark.parametrize(("metric", "data", "expected"), HAND, ids=ids)
def test_a_row_of_no_weight_counts_for_nothing(metric, data, expected):
    target, prediction, weight = (np.asarray(array, np.float32) for array in data)
    masked = np.vstack([prediction, np.full_like(prediction[:1], np.nan)])
    metric = metrics.get(metric)
    metric.reset()
    update(metric, (np.vstack([target, target[:1]]), masked, np.append(weight, 0.0)))
    assert metric.result() == pytest.approx(expected)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted({cls.__name__ for cls in METRICS.values()})),
    st.integers(0, 2**31),
    st.integers(2, 30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_batch_by_batch_is_at_once(name, seed, count, cuts):
    rng = np.random.default_rng(seed)
    prediction = np.round(rng.random((count, 3)), 1)
    target = np.eye(3)[rng.integers(3, size=count)]
    if name.startswith("Sparse"):
        target = rng.integers(3, size=(count, 1))
    data = (target, prediction, rng.integers(3, size=count) + (np.arange(count) == 0))
    whole, parts = METRICS[name](), METRICS[name]()
    update(whole, data)
    edges = [0, *sorted(min(cut, count) for cut in cuts), count]
    for start, stop in itertools.pairwise(edges):
        update(parts, data, slice(start, stop))
    assert parts.result() == pytest.approx(whole.result(), rel=1e-12, nan_ok=True)


RNG = np.random.default_rng(4)
SCORES = np.round(RNG.random((200, 1)), 2)
LABELS = (RNG.random((200, 1)) < SCORES).astype(float)
WEIGHT = RNG.uniform(0.5, 2.0, size=200)
TARGETS, GUESSES = RNG.normal(size=(2, 200, 3)) + 1e4
LOGITS, LABEL = RNG.normal(size=(200, 6)), RNG.integers(6, size=(200, 1))


@pytest.mark.parametrize(
    ("metric", "target", "prediction", "oracle"),
    [
        ("mae", TARGETS, GUESSES, sk.mean_absolute_error),
        ("rmse", TARGETS, GUESSES, lambda *a, **k: math.sqrt(sk.mean_squared_error(*a, **k))),
        ("r2_score", TARGETS, GUESSES, sk.r2_score),
        ("auc", LABELS, SCORES, sk.roc_auc_score),
        ("precision", LABELS, SCORES, lambda t, p, **k: sk.precision_score(t, p > 0.5, **k)),
        ("recall", LABELS, SCORES, lambda t, p, **k: sk.recall_score(t, p > 0.5, **k)),
        ("binary_accuracy", LABELS, SCORES, lambda t, p, **k: sk.accuracy_score(t, p > 0.5, **k)),
        (
            "sparse_categorical_accuracy",
            LABEL,
            LOGITS,
            lambda t, p, **k: sk.accuracy_score(t, p.argmax(axis=1), **k),
        ),
        (metrics.AUC("PR"), LABELS, SCORES, sk.average_precision_score),
        ("f1_score", LABELS, SCORES, lambda t, p, **k: sk.f1_score(t, p > 0.5, **k)),
        (
            metrics.FBetaScore("weighted", 0.5),
            LABEL,
            LOGITS,
            lambda t, p, **k: sk.fbeta_score(t, p.argmax(1), beta=0.5, average="weighted", **k),
        ),
        (
            metrics.FBetaScore("macro", threshold=0.2),
            np.eye(6)[LABEL[:, 0]],
            LOGITS,
            lambda t, p, **k: sk.f1_score(t, p > 0.2, average="macro", **k),
        ),
        (
            "matthews_correlation",
            LABEL,
            LOGITS,
            lambda t, p, **k: sk.matthews_corrcoef(t[:, 0], p.argmax(1), **k),
        ),
        (
            "balanced_accuracy",
            LABEL,
            LOGITS,
            lambda t, p, **k: sk.balanced_accuracy_score(t[:, 0], p.argmax(1), **k),
        ),
        (
            metrics.OneHotMeanIoU(6),
            LABEL,
            LOGITS,
            lambda t, p, **k: sk.jaccard_score(t[:, 0], p.argmax(1), average="macro", **k),
        ),
        (
            metrics.AUC(multi_label=True),
            np.eye(6)[LABEL[:, 0]],
            LOGITS,
            lambda t, p, **k: sk.roc_auc_score(t, p, average="macro", **k),
        ),
        ("binary_crossentropy", LABELS, SCORES * 0.9 + 0.05, sk.log_loss),
        (
            metrics.SparseTopKCategoricalAccuracy(k=3),
            LABEL,
            LOGITS,
            lambda t, p, **k: sk.top_k_accuracy_score(t[:, 0], p, k=3, **k),
        ),
    ],
)
def test_equals_scikit_learn(metric, target, prediction, oracle):
    metric = metrics.get("root_mean_squared_error" if metric == "rmse" else metric)
    metric.update(target, prediction, WEIGHT)
    expected = oracle(target, prediction, sample_weight=WEIGHT)
    assert metric.result() == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize(
    ("loss", "outputs", "expected"),
    [
        (losses.BinaryCrossentropy(), 1, "BinaryAccuracy"),
        (losses.BinaryCrossentropy(from_logits=True), 1, "BinaryAccuracy"),
        (losses.Hinge(), 1, "BinaryAccuracy"),
        (losses.SparseCategoricalCrossentropy(), 4, "SparseCategoricalAccuracy"),
        (losses.CategoricalCrossentropy(), 4, "CategoricalAccuracy"),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_follows_from_the_loss(name, loss, outputs, expected):
    metric = resolve(name, loss, (7, outputs))
    assert type(metric).__name__ == expected
    assert metric.name == name
    assert type(resolve("mae", loss, (outputs,))) is metrics.MeanAbsoluteError


@pytest.mark.parametrize("cls", sorted(set(METRICS.values()), key=lambda cls: cls.__name__))
def test_configuration_round_trip(cls):
    metric = cls(name="mine")
    again = metrics.get(json.loads(json.dumps(plain(metric))))
    assert type(again) is cls
    assert again.get_config() == metric.get_config()
    assert again.name == "mine"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.get("acuracy"), "known are auc, average_precision, balanced_accuracy"),
        (lambda: metrics.F1Score("mean"), "average must be one of 'macro'"),
        (lambda: metrics.AUC("DET"), "curve must be one of 'ROC', 'PR'"),
        (lambda: metrics.PrecisionAtRecall(1.5), "recall must be"),
        (lambda: update(metrics.F1Score(), ([[3]], [[1, 2]], [1])), "one class of 0 to 1"),
        (lambda: update(metrics.BinaryIoU(), CLASSES), "need as many predictions"),
        (lambda: update(metrics.Hinge(), CLASSES), "do not go with predictions"),
        (lambda: metrics.get("accuracy"), "follows from a loss"),
        (lambda: metrics.BinaryAccuracy(threshold="half"), "threshold must be a finite number"),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), "k must be a positive integer, received 0"),
        (lambda: metrics.Precision(thresholds=[]), "thresholds must be a finite number, a list"),
        (lambda: metrics.Recall(thresholds=[0.5, "1"]), "thresholds must be a finite number"),
        (lambda: metrics.Recall(top_k=0), "top_k must be a positive integer"),
        (lambda: metrics.Recall(class_id=-1), "class_id must be an integer of at least 0"),
        (lambda: update(metrics.Recall(class_id=3), BINARY), "class_id 3 is not an output"),
        (lambda: update(metrics.AUC(), CLASSES), r"targets \(3, 1\) need as many predictions"),
        (lambda: update(metrics.MeanAbsoluteError(), CLASSES), "1 targets need as many .* 3"),
        (lambda: update(metrics.SparseCategoricalAccuracy(), ONE_HOT), "one class a row"),
        (
            lambda: update(metrics.SparseTopKCategoricalAccuracy(), ([[3]], [[1, 2]], [1])),
            "one class of 0 to 1",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


BINARY_LOSSES = [
    (losses.BinaryCrossentropy(), 0.5),
    (losses.BinaryCrossentropy(from_logits=True), 0.0),
    (losses.BinaryFocalCrossentropy(from_logits=True), 0.0),
    (losses.Hinge(), 0.0),
    (losses.SquaredHinge(), 0.0),
    (losses.Exponential(), 0.0),
    (losses.MeanSquaredError(), 0.5),
]


@pytest.mark.parametrize(("loss", "cut"), BINARY_LOSSES, ids=repr)
@pytest.mark.parametrize("made", [lambda name: name, metrics.get], ids=["by name", "by class"])
def test_every_metric_of_one_loss_cuts_where_it_does(loss, cut, made):
    scores = np.array([[-0.2], [0.3], [0.7], [0.4], [-1.0]])
    label = np.array([[0], [1], [1], [0], [1]])
    chosen, positive = scores[:, 0] > cut, label[:, 0] > 0.5
    expected = {
        "binary_accuracy": (chosen == positive).mean(),
        "precision": (chosen & positive).sum() / chosen.sum(),
        "recall": (chosen & positive).sum() / positive.sum(),
    }
    for name, value in expected.items():
        metric = resolve(made(name), loss, (1,))
        metric.update(label, scores, np.ones(5))
        assert metric.result() == pytest.approx(value), name


def points(target, prediction, weight):
    """Shares at every threshold by plain counting: recall, precision, specificity."""
    found = []
    for cut in [*np.unique(prediction), np.inf]:
        above = prediction >= cut
        right, wrong = weight[above & target].sum(), weight[above & ~target].sum()
        recall, specificity = right / weight[target].sum(), 1 - wrong / weight[~target].sum()
        found.append((recall, right / (right + wrong) if above.any() else np.nan, specificity))
    return np.array(found).T


@pytest.mark.parametrize("wanted", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_the_best_of_every_threshold(wanted):
    recall, precision, specificity = points(LABELS[:, 0] > 0.5, SCORES[:, 0], WEIGHT)
    for metric, share, other in (
        (metrics.PrecisionAtRecall(wanted), precision, recall),
        (metrics.RecallAtPrecision(wanted), recall, precision),
        (metrics.SensitivityAtSpecificity(wanted), recall, specificity),
        (metrics.SpecificityAtSensitivity(wanted), specificity, recall),
    ):
        metric.update(LABELS, SCORES, WEIGHT)
        enough = other >= wanted - 1e-12
        expected = np.nanmax(share[enough], initial=0.0)
        assert metric.result() == pytest.approx(expected, rel=1e-10)


def test_the_confusion_matrix_is_scikit_learns():
    metric = metrics.ConfusionMatrix()
    for rows in (slice(0, 50), slice(50, None)):
        metric.update(LABEL[rows], LOGITS[rows], WEIGHT[rows])
    expected = sk.confusion_matrix(LABEL[:, 0], LOGITS.argmax(1), sample_weight=WEIGHT)
    np.testing.assert_allclose(metric.matrix(), expected, rtol=1e-12)


def test_a_threshold_of_its_own_is_compared_with_the_predictions_as_they_are():
    loss = losses.BinaryCrossentropy(from_logits=True)
    for metric in (metrics.Recall(0.5), metrics.BinaryAccuracy(0.5)):
        judged = resolve(metric, loss, (1,))
        judged.update(np.ones((2, 1)), np.array([[0.4], [0.6]]), np.ones(2))
        assert judged.result() == 0.5


@pytest.mark.parametrize(
    "loss", [losses.CategoricalCrossentropy, losses.CategoricalFocalCrossentropy]
)
def test_of_logits_of_classes_those_of_more_than_half_the_probability_are_positive(loss):
    logits = np.random.default_rng(2).normal(size=(60, 3)) * 2 + 1
    label = np.eye(3)[np.random.default_rng(3).integers(0, 3, 60)]
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for name in ("precision", "recall"):
        of_logits = resolve(name, loss(from_logits=True), (3,))
        of_shares = resolve(name, loss(), (3,))
        of_logits.update(label, logits, np.ones(60))
        of_shares.update(label, share, np.ones(60))
        assert of_logits.result() == of_shares.result()
        assert 0.2 < of_logits.result() < 0.9


def test_logits_that_are_not_finite_choose_nothing():
    positive = losses.CategoricalCrossentropy(from_logits=True).positive
    with np.errstate(all="raise"):
        assert not positive(np.array([[np.nan, 1.0]])).any()


def test_a_metric_judges_for_one_model_at_a_time():
    metric = metrics.Precision()
    resolve(metric, losses.BinaryCrossentropy(from_logits=True), (1,))
    metric.update(np.ones((1, 1)), np.full((1, 1), 0.3), np.ones(1))
    assert metric.result() == 0.0  # alone, it cuts at 1/2


def test_every_metric_says_which_values_are_better():
    lower = ("error", "crossentropy", "hinge", "divergence", "poisson")
    lower += ("false_positives", "false_negatives")
    for name, cls in METRICS.items():
        assert cls.better == ("lower" if name.endswith(lower) else "higher"), name
    with pytest.raises(ValueError, match="better must be one of 'lower', 'higher', or None"):
        type("Wrong", (metrics.AUC,), {"better": "more"})()


@pytest.mark.parametrize("cls", [metrics.Precision, metrics.Recall, metrics.TruePositives,
                                 metrics.FalseNegatives])  # fmt: skip
def test_several_thresholds_are_several_metrics(cls):
    rng = np.random.default_rng(5)
    target, prediction = rng.integers(2, size=(40, 2)), rng.random((40, 2))
    weight = rng.uniform(0.0, 2.0, 40)
    cuts = [0.2, 0.5, 0.9]
    several = cls(thresholds=cuts)
    assert all(math.isnan(value) for value in several.result())
    alone = [cls(thresholds=cut) for cut in cuts]
    for part in (slice(0, 13), slice(13, 40)):
        for metric in (several, *alone):
            metric.update(target[part], prediction[part], weight[part])
    assert several.result() == [metric.result() for metric in alone]
    names = [f"{several.name}_{cut}" for cut in cuts]
    assert list(several.results()) == names
    several.reset()
    assert all(math.isnan(value) for value in several.result())


def test_the_largest_outputs_of_a_row_are_the_positive_ones():
    target = np.array([[0, 0, 1, 1], [1, 0, 0, 0]])
    prediction = np.array([[0.1, 0.2, 0.3, 0.25], [0.2, 0.9, 0.2, 0.2]])
    ones = np.ones(2)
    for metric, expected in (
        (metrics.Recall(top_k=1), 1 / 3),
        (metrics.Recall(top_k=2), 3 / 3),
        (metrics.Precision(top_k=2), 3 / 4),
        (metrics.Precision(top_k=2, thresholds=0.28), 1 / 2),
        (metrics.Precision(top_k=2, class_id=1), 0.0),
    ):
        metric.update(target, prediction, ones)
        assert metric.result() == pytest.approx(expected)
    with pytest.raises(ValueError, match="top_k 5 needs as many outputs"):
        metrics.Recall(top_k=5).update(target, prediction, ones)


def test_several_thresholds_have_names_in_the_record():
    model = Sequential([Input((2,)), layers.Dense(1, "sigmoid")], backend="reference")
    model.compile("sgd", "bce", metrics=[metrics.Recall(thresholds=[0.25, 0.75])])
    x, y = np.random.default_rng(1).normal(size=(8, 2)), np.arange(8) % 2
    record = model.fit(x, y, verbose=0)[0]
    assert {"recall_0.25", "recall_0.75"} <= set(record)

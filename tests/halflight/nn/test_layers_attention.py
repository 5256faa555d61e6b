"""Attentions, Dot, EinsumDense and broadcasting against NumPy's own formulas, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight.nn import Input, Model, layers
from tests.halflight.nn.conftest import place_layer

QUERY, VALUE, KEY = (5, 4), (7, 3), (7, 4)


def softmax(scores, causal=False):
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:])), scores, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_by_its_formula(place, causal):
    placed = place(
        layers.Attention(use_scale=True, use_causal_mask=causal), [QUERY, VALUE, KEY], "reference"
    )
    q, v, k = placed.inputs
    scale = placed.layer.weights["scale"].value[0]
    weights = softmax(scale * np.einsum("nqd,nkd->nqk", q, k), causal)
    np.testing.assert_allclose(placed.forward(), weights @ v, rtol=1e-12)


def test_additive_attention_by_its_formula(place):
    placed = place(layers.AdditiveAttention(), [QUERY, VALUE, KEY], "reference")
    q, v, k = placed.inputs
    scale = placed.layer.weights["scale"].value
    scores = (scale * np.tanh(q[:, :, None] + k[:, None])).sum(-1)
    np.testing.assert_allclose(placed.forward(), softmax(scores) @ v, rtol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("key", [True, False])
def test_multi_head_attention_by_its_formula(place, causal, key):
    layer = layers.MultiHeadAttention(3, 2, 5, output_shape=6, use_causal_mask=causal)
    shapes = [QUERY, VALUE, KEY] if key else [QUERY, VALUE]
    placed = place(layer, shapes, "reference")
    w = {name: weight.value for name, weight in layer.weights.items()}
    q, v, k = placed.inputs if key else (*placed.inputs, placed.inputs[1])
    q, k, v = (
        np.einsum("ntd,dhk->nhtk", x, w[f"{name}_kernel"]) + w[f"{name}_bias"][:, None]
        for x, name in ((q, "query"), (k, "key"), (v, "value"))
    )
    heads = softmax(np.einsum("nhqd,nhkd->nhqk", q, k) / np.sqrt(2), causal) @ v
    expected = np.einsum("nhtk,hko->nto", heads, w["output_kernel"]) + w["output_bias"]
    np.testing.assert_allclose(placed.forward(), expected, rtol=1e-11)


def test_multi_head_attention_is_called_as_keras_does():
    x, context = Input((4, 6)), Input((5, 3))
    layer = layers.MultiHeadAttention(2, 3)
    self_attention = layer(x, x, use_causal_mask=True)
    assert layer.get_config()["use_causal_mask"]
    crossed = layers.MultiHeadAttention(num_heads=2, key_dim=3)(query=x, value=context, key=context)
    model = Model([x, context], layers.Add()([self_attention, crossed]), backend="reference")
    model.compile("adam", "mse")
    rng = np.random.default_rng(1)
    inputs, target = [rng.normal(size=(9, 4, 6)), rng.normal(size=(9, 5, 3))], np.ones((9, 4, 6))
    history = model.fit(inputs, target, epochs=20, batch_size=9, verbose=0)
    assert history[-1]["loss"] < history[0]["loss"]
    with pytest.raises(ValueError, match="every call needs the same use_causal_mask"):
        layer(x, x, use_causal_mask=False)


def test_nothing_later_is_seen(place):
    placed = place(layers.MultiHeadAttention(1, 2, use_causal_mask=True), [KEY, KEY], "reference")
    before = placed.forward()
    placed.inputs[1][:, 3:] += 1.0
    after = placed.forward()
    np.testing.assert_array_equal(after[:, :3], before[:, :3])
    assert (after[:, 3:] != before[:, 3:]).any()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(["shared", "kept", "summed", "new"]), st.integers(1, 4)),
        min_size=1,
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_any_einsum_is_numpys(groups, random):
    """Letters of every kind in any order on each side."""
    lengths = {"b": 3} | {chr(ord("c") + i): n for i, (_, n) in enumerate(groups)}
    kinds = {chr(ord("c") + i): kind for i, (kind, _) in enumerate(groups)}

    def side(*wanted):
        letters = [c for c, kind in kinds.items() if kind in wanted]
        random.shuffle(letters)
        return "".join(letters)

    x, w, y = side("shared", "kept", "summed"), side("shared", "summed", "new"), None
    y = side("shared", "kept", "new")
    if not x or not w or not y or ("new" not in kinds.values() and not y):
        return
    equation = f"b{x},{w}->b{y}"
    layer = layers.EinsumDense(equation, tuple(lengths[c] for c in y), bias_axes=y[-1])
    placed = place_layer(layer, [tuple(lengths[c] for c in x)], "reference")
    kernel, bias = layer.kernel.value, layer.bias.value
    expected = np.einsum(equation, placed.inputs[0], kernel) + bias
    np.testing.assert_allclose(placed.forward(), expected, rtol=1e-10)
    dy = np.random.default_rng(4).normal(size=expected.shape)
    (dx,) = placed.backward(dy.copy())
    np.testing.assert_allclose(dx, np.einsum(f"b{y},{w}->b{x}", dy, kernel), rtol=1e-9, atol=1e-9)
    slopes = np.einsum(f"b{x},b{y}->{w}", placed.inputs[0], dy)
    np.testing.assert_allclose(layer.kernel.grad, slopes, rtol=1e-9, atol=1e-9)


def test_einsum_dense_is_dense():
    x = np.random.default_rng(1).normal(size=(3, 4, 5))
    inputs = Input((4, 5))
    einsum = layers.EinsumDense("...x,xy->...y", 6, bias_axes="y", name="einsum")
    dense = layers.Dense(6, name="dense")
    model = Model(inputs, [einsum(inputs), dense(inputs)], backend="reference")
    weights = model.get_weights()
    weights["dense/kernel"] = weights["einsum/kernel"]
    model.set_weights(weights)
    np.testing.assert_allclose(*model.predict(x), rtol=1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), min_size=1, max_size=4))
def test_shapes_broadcast_as_numpys_do(axes):
    a = tuple(1 if short else n for n, short, _ in axes)
    b = tuple(1 if short else n for n, _, short in axes)
    for layer, truth in (
        (layers.Add(), np.add),
        (layers.Multiply(), np.multiply),
        (layers.Subtract(), np.subtract),
        (layers.Maximum(), np.maximum),
    ):
        placed = place_layer(layer, [a, b], "reference")
        np.testing.assert_array_equal(placed.forward(), truth(*placed.inputs))


def test_fewer_axes_come_after_the_batch(place):
    placed = place(layers.Multiply(), [(4, 3, 2), (2,)], "reference")
    image, gates = placed.inputs
    np.testing.assert_array_equal(placed.forward(), image * gates[:, None, None])


def test_dot_by_hand(place):
    placed = place(layers.Dot(axes=(2, 1)), [(4, 5), (5, 3)], "reference")
    np.testing.assert_allclose(placed.forward(), placed.inputs[0] @ placed.inputs[1], rtol=1e-12)
    placed = place(layers.Dot(axes=1), [(5,), (5,)], "reference")
    expected = (placed.inputs[0] * placed.inputs[1]).sum(1, keepdims=True)
    np.testing.assert_allclose(placed.forward(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "shapes", "message"),
    [
        (layers.Add, [(4, 3), (4, 2)], "that broadcasting makes of one shape"),
        (layers.Attention, [(4, 3), (5, 2)], "query and key need the same last axis"),
        (layers.Attention, [(4, 3), (5, 3), (6, 3)], "same number of steps"),
        (layers.AdditiveAttention, [(4,), (4,)], r"each \(time, k\)"),
        (lambda: layers.MultiHeadAttention(0, 2), [], "num_heads must be a positive integer"),
        (lambda: layers.Attention(dropout=1.5), [], "dropout"),
        (lambda: layers.Dot(0), [], "none the batch"),
        (lambda: layers.Dot(1), [(3,), (4,)], "must be of one length"),
        (lambda: layers.Dot((2, 1)), [(3, 4, 5), (4, 2)], "the first or last"),
        (lambda: layers.EinsumDense("ab->ac", 3), [], "equation must be such as"),
        (lambda: layers.EinsumDense("ab,bd->ac", 3), [], "must not have a letter once"),
        (lambda: layers.EinsumDense("ab,ac->bc", 3), [], "begin with the batch"),
        (lambda: layers.EinsumDense("ab,bc->ac", 0), [], "output_shape must be a positive"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="b"), [], "bias_axes must be"),
        (lambda: layers.EinsumDense("abc,cd->abd", (7, 3)), [(4, 5)], "output_shape must have 4"),
        (lambda: layers.EinsumDense("abc,cd->abd", 3), [(5,)], "needs 3 axes"),
        (lambda: layers.Softmax(axis=0), [(3,)], "axis must name axes of the input"),
        (lambda: layers.LayerNormalization(axis=(1, -1)), [(3,)], "axis must name axes"),
        (lambda: layers.RMSNormalization(axis=1.5), [], "an integer or a tuple of them"),
    ],
)
def test_what_does_not_fit_is_said(make, shapes, message):
    with pytest.raises(ValueError, match=message):
        layer = make()
        tensors = [Input(shape) for shape in shapes]
        layer(tensors if layer.takes_list else tensors[0])


def test_normalisations_over_axes_are_numpys(place):
    placed = place(layers.UnitNormalization(axis=(1, 2)), [(4, 3, 2)], "reference")
    placed.inputs[0][0] = 0.0
    x = placed.inputs[0]
    norm = np.sqrt((x**2).sum((1, 2), keepdims=True))
    np.testing.assert_allclose(placed.forward(), x / np.maximum(norm, 1e-12), rtol=1e-10)
    placed = place(layers.LayerNormalization(axis=1, epsilon=0.1), [(4, 3, 2)], "reference")
    x, layer = placed.inputs[0], placed.layer
    y = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 0.1)
    expected = y * layer.gamma.value[:, None, None] + layer.beta.value[:, None, None]
    np.testing.assert_allclose(placed.forward(), expected, rtol=1e-10)
    placed = place(layers.Softmax(axis=(1, 2)), [(4, 3, 2)], "reference")
    np.testing.assert_allclose(placed.forward().sum((1, 2)), 1.0, rtol=1e-12)

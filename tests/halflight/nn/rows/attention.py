"""Rows of the attentions, Dot and EinsumDense."""

from halflight.nn import layers
from tests.halflight.nn.rows.row import Row

QUERY, VALUE, KEY = (5, 4), (7, 3), (7, 4)
ROWS = {
    "attention": Row(layers.Attention, (QUERY, (7, 4)), (5, 4)),
    "attention with key": Row(lambda: layers.Attention(dropout=0.3), (QUERY, VALUE, KEY), (5, 3)),
    "attention scaled": Row(
        lambda: layers.Attention(use_scale=True, use_causal_mask=True), (QUERY, VALUE, KEY), (5, 3)
    ),
    "additive attention": Row(layers.AdditiveAttention, (QUERY, VALUE, KEY), (5, 3)),
    "additive attention plain": Row(
        lambda: layers.AdditiveAttention(False, use_causal_mask=True), (QUERY, (7, 4)), (5, 4)
    ),
    "multi-head attention": Row(
        lambda: layers.MultiHeadAttention(2, 3), (QUERY, (7, 6)), (5, 4), level=("key_bias",)
    ),
    "multi-head attention causal": Row(
        lambda: layers.MultiHeadAttention(
            3, 2, 5, dropout=0.2, use_bias=False, output_shape=6, use_causal_mask=True
        ),
        (QUERY, VALUE, KEY),
        (5, 6),
    ),
    "multi-head attention frozen": Row(
        lambda: layers.MultiHeadAttention(1, 2, trainable=False), ((4, 3), (4, 3)), (4, 3)
    ),
    "attention masked": Row(
        lambda: layers.Attention(use_scale=True), (QUERY, (7, 4), (7,)), (5, 4), masked=True
    ),
    "additive attention masked": Row(
        layers.AdditiveAttention, (QUERY, VALUE, KEY, (7,)), (5, 3), masked=True
    ),
    "multi-head attention masked": Row(
        lambda: layers.MultiHeadAttention(2, 3, use_causal_mask=True),
        (QUERY, (7, 6), (7,)),
        (5, 4),
        level=("key_bias",),
        masked=True,
    ),
    "dot": Row(lambda: layers.Dot(1), ((5,), (5,)), (1,)),
    "dot of matrices": Row(lambda: layers.Dot((2, 1)), ((4, 5), (5, 3)), (4, 3)),
    "dot of columns": Row(lambda: layers.Dot(1), ((5, 4), (5, 3)), (4, 3)),
    "dot of rows": Row(lambda: layers.Dot(-1), ((4, 5), (3, 2, 5)), (4, 3, 2)),
    "dot of vector": Row(lambda: layers.Dot((1, 2)), ((5,), (3, 5)), (3,)),
    "einsum dense": Row(
        lambda: layers.EinsumDense("abc,cd->abd", (None, 6), "tanh", "d"), ((4, 5),), (4, 6)
    ),
    "einsum dense of heads": Row(
        lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"),
        ((4, 5),),
        (4, 2, 3),
    ),
    "einsum dense of two axes": Row(
        lambda: layers.EinsumDense("abcd,dce->aeb", (7, None), bias_axes="e"), ((4, 2, 3),), (7, 4)
    ),
    "einsum dense with dots": Row(
        lambda: layers.EinsumDense("a...x,xy->a...y", 6), ((3, 2, 5),), (3, 2, 6)
    ),
    "einsum dense a kernel each": Row(
        lambda: layers.EinsumDense("abc,bcd->abd", (4, 3), "gelu", bias_axes="bd"),
        ((4, 5),),
        (4, 3),
    ),
    "einsum dense frozen": Row(
        lambda: layers.EinsumDense("ab,bc->ac", 3, trainable=False), ((4,),), (3,)
    ),
}

"""Packing of buffers: no overlap in space and time, and reuse."""

from hypothesis import given
from hypothesis import strategies as st

from halflight.nn.memory import ALIGNMENT, Lifetime, pack


@given(
    st.lists(
        st.tuples(st.integers(1, 200), st.integers(0, 20), st.integers(0, 6)).map(
            lambda t: Lifetime(t[0], t[1], t[1] + t[2])
        ),
        max_size=25,
    )
)
def test_buffers_alive_together_never_overlap(lifetimes):
    offsets, total = pack(lifetimes)
    for i, a in enumerate(lifetimes):
        assert offsets[i] % ALIGNMENT == 0
        assert 0 <= offsets[i] <= total - a.size
        for j, b in enumerate(lifetimes[:i]):
            together = a.first <= b.last and b.first <= a.last
            apart = offsets[i] + a.size <= offsets[j] or offsets[j] + b.size <= offsets[i]
            assert apart or not together


def test_a_chain_needs_two_buffers():
    _, total = pack([Lifetime(160, i, i + 1) for i in range(10)])
    assert total == 320

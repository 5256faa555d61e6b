import numpy as np

from halflight.sandbox.streams import Purpose, stream


def test_streams_repeat_and_differ() -> None:
    keys = [(1, p, 0, f, 2) for p in Purpose for f in range(3)] + [(2, Purpose.NOISE, 0, 0, 2)]
    draws = [stream(*key).integers(0, 2**62) for key in keys]
    assert len(set(draws)) == len(draws)
    again = [stream(*key).integers(0, 2**62) for key in keys]
    np.testing.assert_array_equal(draws, again)

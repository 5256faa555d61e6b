import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.sandbox.identifiers import object_id


def test_a_published_identifier() -> None:
    # SDSS photoObj-000094-1-0012.fits, first row
    assert object_id(run=94, camcol=1, field=12, obj=1) == 1237645876861337601


@given(
    st.integers(0, 2**16 - 1),
    st.integers(1, 6),
    st.integers(0, 2**12 - 1),
    st.integers(0, 2**16 - 1),
)
def test_every_part_can_be_read_back(run: int, camcol: int, field: int, obj: int) -> None:
    packed = object_id(run=run, camcol=camcol, field=field, obj=obj)
    assert packed < 2**63
    assert packed & 0xFFFF == obj
    assert packed >> 16 & 0xFFF == field
    assert packed >> 29 & 7 == camcol
    assert packed >> 32 & 0xFFFF == run
    assert packed >> 48 == 2 << 11 | 301


def test_a_number_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"field must be within 0\.\.4095, not 4096"):
        object_id(run=94, camcol=1, field=4096, obj=1)

import pytest

from halflight.sandbox.addresses import Address, read_address
from halflight.sandbox.layout import FieldKey

KEY = FieldKey(752, 2, 100)


@pytest.mark.parametrize("band", ["u", "r", None])
def test_paths_are_read_as_written(band: str | None) -> None:
    address = Address(KEY, band)
    assert read_address(address.path) == address


def test_the_paths_are_sdsss_own() -> None:
    frame = "dr17/eboss/photoObj/frames/301/752/2/frame-r-000752-2-0100.fits.bz2"
    psfield = "dr17/eboss/photo/redux/301/752/objcs/2/psField-000752-2-0100.fit"
    assert Address(KEY, "r").path == frame
    assert Address(KEY, None).path == psfield
    for root in ("dr12/boss", "dr18/prior-surveys/sdss4-dr17-eboss"):
        assert read_address(frame.replace("dr17/eboss", root)) == Address(KEY, "r")


@pytest.mark.parametrize(
    "change",
    [("301", "300"), ("752/2", "753/2"), ("-2-", "-3-"), ("frame-r", "frame-x"), ("bz2", "bz2/..")],
)
def test_other_paths_are_not(change: tuple[str, str]) -> None:
    assert read_address(Address(KEY, "r").path.replace(*change)) is None

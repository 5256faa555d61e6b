"""SDSS's 64-bit identifiers of objects and fields."""

SKY_VERSION = 2  # the only one since DR8
RERUN = 301  # the processing that DR8 to DR17 publish


def spectrum_id(*, plate: int, fiber: int, mjd: int, run2d: int = 26) -> int:
    """Pack a spectrum's coordinates into its specObjID, of 64 bits without sign.

    Bits 50-63 plate, 38-49 fibre, 24-37 MJD - 50000, 10-23 run2d
    (https://www.sdss4.org/dr17/help/glossary/#specobjid).

    Raises:
        ValueError: a number does not fit its bits.
    """
    packed = 0
    for name, value, bits in (
        ("plate", plate, 14),
        ("fiber", fiber, 12),
        ("mjd", mjd - 50_000, 14),
        ("run2d", run2d, 14),
    ):
        if not 0 <= value < 1 << bits:
            raise ValueError(f"specObjID: {name} must be within 0..{(1 << bits) - 1}, not {value}")
        packed = packed << bits | int(value)
    return packed << 10


def object_id(
    *,
    run: int,
    camcol: int,
    field: int,
    obj: int,
    rerun: int = RERUN,
    sky_version: int = SKY_VERSION,
    first_field: int = 0,
) -> int:
    """Pack an object's coordinates in the survey into its objID (`obj=0` gives the fieldID).

    Bits 59-62 sky version, 48-58 rerun, 32-47 run, 29-31 camcol, 28 first field of a segment
    (0 since DR8), 16-27 field, 0-15 object (https://www.sdss4.org/dr17/help/glossary/#objid and
    http://cas.sdss.org/dr7/en/help/docs/algorithm.asp?key=objID).

    Raises:
        ValueError: a number does not fit its bits.
    """
    packed = 0
    for name, value, bits in (
        ("sky_version", sky_version, 4),
        ("rerun", rerun, 11),
        ("run", run, 16),
        ("camcol", camcol, 3),
        ("first_field", first_field, 1),
        ("field", field, 12),
        ("obj", obj, 16),
    ):
        if not 0 <= value < 1 << bits:
            raise ValueError(f"objID: {name} must be within 0..{(1 << bits) - 1}, not {value}")
        packed = packed << bits | int(value)
    return packed

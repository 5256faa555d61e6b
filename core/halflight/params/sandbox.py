"""Section sandbox: the synthetic sky that stands in for SDSS where there is no network."""

from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    field_validator,
)

from halflight.params.rules import (
    Band,
    ByBand,
    Fraction,
    NonNegativeByBand,
    Numbers,
    Pair,
    PositiveByBand,
    Range,
    Section,
    Seed,
    as_tuple,
    distinct,
    rising,
)

PositiveRange = Annotated[
    tuple[PositiveFloat, PositiveFloat], BeforeValidator(as_tuple), AfterValidator(rising)
]
Bands = Annotated[
    tuple[Band, ...], BeforeValidator(as_tuple), Field(min_length=1), AfterValidator(distinct)
]
Camcol = Annotated[int, Field(ge=1, le=6)]


Runs = Annotated[
    tuple[PositiveInt, ...],
    BeforeValidator(as_tuple),
    Field(min_length=1),
    AfterValidator(distinct),
]
Camcols = Annotated[
    tuple[Camcol, ...], BeforeValidator(as_tuple), Field(min_length=1), AfterValidator(distinct)
]


class Counts(Section):
    """How many objects per field, and how bright: N(<m) proportional to 10^(slope m)."""

    density: PositiveFloat
    density_magnitude: float
    bright_limit: float
    faint_limit: float
    slope: PositiveFloat


class Galaxies(Section):
    """The galaxies of the synthetic sky."""

    counts: Counts
    clustered_fraction: Fraction
    cluster_radius: PositiveFloat
    log_radius: float
    radius_slope: float
    radius_scatter: PositiveFloat
    radius_range: Range
    late_fraction: Fraction
    structure_limit: float
    late_sersic_n: Pair
    early_sersic_n: Pair
    sersic_n_steps: Numbers
    bulge_fraction: Pair
    bulge_size: Pair
    bulge_sersic_n: Range
    twist: NonNegativeFloat
    late_axis_ratio: Range
    early_axis_ratio: Range
    knot_count: NonNegativeFloat
    knot_fraction: Fraction
    knot_limit: float


class Compact(Section):
    """Galaxies smaller than the PSF, beside those of section galaxies."""

    counts: Counts
    radius: PositiveRange
    largest_radius: PositiveFloat


class Binaries(Section):
    """Stars that are two."""

    fraction: Fraction
    separation: PositiveRange
    contrast: Range


class Colours(Section):
    """Colours of stars and galaxies, and the galaxies' redshifts."""

    pivot: float
    dwarf_fraction: Fraction
    dwarf_growth: float
    star_scatter: Annotated[
        tuple[NonNegativeFloat, NonNegativeFloat, NonNegativeFloat, NonNegativeFloat],
        BeforeValidator(as_tuple),
    ]
    red_scatter: NonNegativeFloat
    blue_scatter: NonNegativeFloat
    redshift: Annotated[tuple[PositiveFloat, PositiveFloat], BeforeValidator(as_tuple)]
    redshift_slope: float


class Bright(Section):
    """What bright stars do to a frame."""

    full_well: PositiveFloat
    response_scatter: NonNegativeFloat
    spike_flux: PositiveFloat
    spike_fraction: Fraction
    spike_scale: PositiveFloat
    spike_length: PositiveFloat
    spike_angle: float


class Spectra(Section):
    """Who gets a spectrum, and how well it is classified."""

    main_limit: float
    main: Fraction
    red_limit: float
    red: Fraction
    star_limit: float
    stars: Fraction
    quasar_limit: float
    quasars: Fraction
    deep_limit: float
    deep: Fraction
    pivot: float
    failed: Fraction
    wrong: Fraction


class Seeing(Section):
    """The point-spread function and how it varies."""

    width: PositiveByBand
    strip_scatter: NonNegativeFloat
    field_scatter: NonNegativeFloat
    width_variation: NonNegativeFloat
    ellipticity: NonNegativeFloat
    ellipticity_variation: NonNegativeFloat
    moffat_fraction: Fraction
    sigma_ratio: Pair
    wing_ratio: Pair
    beta: Pair


class Camera(Section):
    """Calibration and sky brightness."""

    nmgy_per_count: PositiveByBand
    sky_magnitude: ByBand
    calibration_scatter: NonNegativeFloat
    column_scatter: NonNegativeFloat
    sky_scatter: NonNegativeFloat
    sky_slope: NonNegativeFloat


class Residual(Section):
    """What the sky subtraction leaves in a frame."""

    level: NonNegativeFloat
    gradient: NonNegativeFloat
    ripple: NonNegativeFloat
    ripple_wavelength: Range


class Defects(Section):
    """What else is wrong with a frame."""

    cosmic_rays: NonNegativeFloat
    cosmic_ray_flux: Range
    bad_columns: NonNegativeFloat
    bad_column_offset: NonNegativeFloat


class Catalogue(Section):
    """How well the catalogue measures what is there."""

    faint_limit: float
    position_error: NonNegativeFloat
    magnitude_floor: NonNegativeFloat
    radius_floor: NonNegativeFloat
    blend_radius: NonNegativeFloat
    missing_fraction: Fraction
    unclean_fraction: Fraction
    saturation_limit: float
    extinction: NonNegativeByBand
    score_range: Range


class Sandbox(Section):
    """Section sandbox."""

    seed: Seed
    bands: Bands
    runs: Runs
    camcols: Camcols
    first_field: PositiveInt
    # Strips start 6 degrees apart, and a field is 0.15 degrees long.
    fields_per_strip: Annotated[int, Field(ge=1, le=30)]
    scan_angle_range: Range
    band_offsets: dict[Band, Pair]
    psf_sum_range: Range
    galaxies: Galaxies
    compact: Compact
    stars: Counts
    binaries: Binaries
    quasars: Counts
    colours: Colours
    spectra: Spectra
    bright: Bright
    seeing: Seeing
    camera: Camera
    residual: Residual
    defects: Defects
    catalogue: Catalogue

    @field_validator("camcols")
    @classmethod
    def _strips_have_their_own_sky(
        cls, value: tuple[int, ...], info: ValidationInfo
    ) -> tuple[int, ...]:
        runs = len(info.data.get("runs", ()))
        if runs * len(value) > 60:
            raise ValueError(
                f"at most 60 strips fit round the equator, not {runs} runs x {len(value)} camcols"
            )
        return value

"""A PSF of an image's own stars: which they are, and the one profile that explains them all."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.images.detection import detect_sources
from halflight.images.errors import ImageError
from halflight.images.field import Field
from halflight.images.options import Options
from halflight.images.profile import ProfileFit
from halflight.images.resampling import centred, resized
from halflight.text import shortened

LEAST_SNR = 30.0  # of a star: fainter ones add noise to the wings
LEAST_STARS, ENOUGH_STARS = 3, 8  # below the first there is no PSF, below the second it is doubtful
MOST_STARS = 60  # the brightest: more add little and take long
LOCUS_WIDTH = 0.08  # of ln(half-light radius) round the stars' own; seeing spreads them by 2 to 5 %
MOST_ELONGATION = 1.35  # of a star's axes; the bend of a PSF that is worse is not one profile's
ISOLATION = 1.5  # half-sides of the stamp within which no source of a tenth of the light lies
HALF_SIDE_FWHM = 4.0  # half a stamp's side in half-light diameters
FINE = 2  # samples a pixel in each direction where the PSF is sharper than `SHARP`
SHARP = 1.7  # half-light radius in pixels: FWHM 3, Nyquist's rate for a seeing-limited profile
ROUNDS = 4  # of the fit; each looks anew at which stars are unlike the others
MOST_RESIDUAL = (
    3.0  # median absolute deviations of the stars' residuals beyond which one is dropped
)


@dataclass(frozen=True)
class Stars:
    """The PSF (P, P) of an image's stars, and what it was made of.

    table: every candidate with x, y, size, snr, `used` and, if not, `reason`. stamps, models:
    (n, s, s) of the candidates that were fitted, each over its flux, sky taken off; their rows in
    the table are `rows`.
    """

    psf: NDArray[np.float64]
    table: pd.DataFrame
    rows: NDArray[np.int64]
    stamps: NDArray[np.float32]
    models: NDArray[np.float32]
    doubtful: str

    @property
    def residuals(self) -> NDArray[np.float32]:
        """What the one profile leaves of each star, over its flux."""
        return self.stamps - self.models

    def summary(self) -> str:
        """The selection in one sentence."""
        dropped = self.table.loc[~self.table["used"], "reason"].value_counts()
        reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        tail = f"; left out: {reasons}" if reasons else ""
        return shortened(f"the PSF is of {int(self.table['used'].sum())} stars{tail}", 400)


def stars_psf(field: Field, size: int) -> Stars:
    """The PSF of a field from its stars.

    Stars are the sharpest of its bright sources that share one half-light radius (the stellar locus
    of Bertin 2011). Each stamp is one profile at its own centre and flux on its own sky, so the
    profile's samples, finer than the pixels where these are coarse, follow by least squares, as in
    PSFEx's pixel basis (Bertin 2011, ASP Conf. 442, 435) and the effective PSF of Anderson & King
    (2000, PASP 112, 1360). What leaves unusual residuals is dropped and the fit repeated.

    Raises:
        ImageError: fewer than three stars.
    """
    table = detect_sources(field, Options(threshold=5.0))
    half, reason = select_stars(table, field)
    table["reason"] = reason
    candidates = table.index[table["reason"] == ""]
    brightest = table.loc[candidates].sort_values("flux", ascending=False).index
    table.loc[brightest[MOST_STARS:], "reason"] = "fainter than the brightest taken"
    rows = brightest[:MOST_STARS].to_numpy()
    stamps, sigmas, centres, kept = _cut(table, rows, field, half)
    table.loc[np.setdiff1d(rows, kept), "reason"] = "bad pixels"
    if len(kept) < LEAST_STARS:
        raise ImageError(_too_few(table, len(kept)))
    radius = float(table.loc[kept, "size"].median())
    fine = FINE if radius < SHARP else 1
    fit = ProfileFit(stamps, sigmas, centres, half, fine)
    used = np.ones(len(kept), bool)
    for _ in range(ROUNDS):
        fit.improve(used)
        used = _unlike(fit.misfit())
    if used.sum() < LEAST_STARS:
        raise ImageError(_too_few(table, int(used.sum())))
    table.loc[kept[~used], "reason"] = "unlike the others"
    table["used"] = table["reason"] == ""
    profile, _ = centred(fit.at_pixels(), "the PSF of the stars")
    psf = resized(profile, size)
    count = int(used.sum())
    doubtful = "" if count >= ENOUGH_STARS else f"the PSF is of {count} stars"
    return Stars(
        psf / psf.sum(),
        table[["id", "x", "y", "size", "snr", "flux", "used", "reason"]],
        kept,
        (fit.data / fit.flux[:, None, None]).astype(np.float32),
        (fit.model() / fit.flux[:, None, None]).astype(np.float32),
        doubtful,
    )


def select_stars(table: pd.DataFrame, field: Field) -> tuple[int, NDArray[np.object_]]:
    """Half a stamp's side, and why each source is no star, "" where it may be one."""
    reason = np.full(len(table), "", object)

    def drop(which: NDArray[np.bool_] | pd.Series, why: str) -> None:
        reason[np.asarray(which) & (reason == "")] = why

    size, snr, x, y = (table[name].to_numpy() for name in ("size", "snr", "x", "y"))
    drop(~(snr > LEAST_SNR), "faint")
    drop(~(size > 0.4), "sharper than any star: a cosmic ray or a hot pixel")
    drop(table["a"] > MOST_ELONGATION * table["b"], "elongated")
    locus = _locus(np.log(size[reason == ""]), snr[reason == ""])
    if np.isfinite(locus):
        drop(np.abs(np.log(np.maximum(size, 1e-9)) - locus) > LOCUS_WIDTH, "off the stars' locus")
    radius = float(np.exp(locus)) if np.isfinite(locus) else 2.0
    half = int(np.ceil(max(HALF_SIDE_FWHM * 2 * radius, 6)))
    half = min(half, (min(field.shape) - 1) // 2)
    flux = table["flux"].to_numpy()
    for row in np.flatnonzero(reason == ""):
        near = np.maximum(np.abs(x - x[row]), np.abs(y - y[row])) < ISOLATION * half
        near[row] = False
        if (flux[near] > 0.1 * flux[row]).any():
            reason[row] = "not alone"
    rows, columns = field.shape
    drop(
        (x < half) | (y < half) | (x > columns - 1 - half) | (y > rows - 1 - half),
        "at the edge",
    )
    return half, reason


def _locus(size: NDArray[np.float64], snr: NDArray[np.float64]) -> float:
    """Where the sharpest crowd of ln(half-light radius) lies; NaN for too few sources.

    Stars of every brightness share one size, galaxies do not. The first size, from the sharpest on,
    round which half as many lie as round the most crowded one.
    """
    bright = size[snr > np.median(snr)] if len(size) > 4 * ENOUGH_STARS else size
    if len(bright) < LEAST_STARS:
        return np.nan
    bright = np.sort(bright)
    crowd = np.searchsorted(bright, bright + LOCUS_WIDTH) - np.searchsorted(
        bright, bright - LOCUS_WIDTH
    )
    first = int(np.argmax(crowd >= max(0.5 * crowd.max(), LEAST_STARS)))
    near = bright[(bright >= bright[first]) & (bright < bright[first] + 2 * LOCUS_WIDTH)]
    return float(np.median(near))


def _cut(
    table: pd.DataFrame, rows: NDArray[np.int64], field: Field, half: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Stamps, sigmas (n, s, s) and centres (n, 2: dy, dx from the middle) of clean candidates."""
    stamps, sigmas, centres, kept = [], [], [], []
    for row in rows:
        x, y = table.loc[row, ["x", "y"]].to_numpy(np.float64)
        column, line = round(x), round(y)
        pixels = field.read(
            slice(line - half, line + half + 1), slice(column - half, column + half + 1)
        )
        core = np.s_[half // 2 : half + half // 2 + 1, half // 2 : half + half // 2 + 1]
        bad = ~np.isfinite(pixels.image)
        if bad[core].any() or bad.mean() > 0.05 or pixels.saturated.any():
            continue
        stamps.append(np.where(bad, 0.0, pixels.image))
        sigmas.append(np.where(bad, np.inf, pixels.sigma))
        centres.append((y - line, x - column))
        kept.append(row)
    side = 2 * half + 1
    shape = (len(kept), side, side)
    return (
        np.asarray(stamps, np.float64).reshape(shape),
        np.asarray(sigmas, np.float64).reshape(shape),
        np.asarray(centres, np.float64).reshape(-1, 2),
        np.asarray(kept, np.int64),
    )


def _unlike(misfit: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which stars the one profile explains as well as it does the rest."""
    middle = np.median(misfit)
    spread = 1.4826 * np.median(np.abs(misfit - middle))
    return misfit <= middle + MOST_RESIDUAL * max(spread, 0.25 * middle)


def _too_few(table: pd.DataFrame, count: int) -> str:
    reasons = table.loc[table["reason"] != "", "reason"].value_counts()
    why = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
    return (
        f"--psf auto found {count} stars of {len(table)} sources, and needs {LEAST_STARS}"
        f"{f' ({why})' if why else ''}: give a PSF by --psf FILE, or its width"
    )

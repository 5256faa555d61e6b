"""`python -m tests.gama ../shared/sky`: ten galaxies as SDSS and as KiDS see them, measured apart.

Prints a table of both radii in r and of the pull between them. The stamps are GAMA's, with their
PSFs, sigma and masks; SDSS's pixels were laid on others of 0.339 arcsec, so that neighbours' noise
is in common, which no sigma says.
"""

import argparse
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Row, Table

import halflight

SCALES = {"SDSS": 0.339, "KiDS": 0.2}
"""Arcsec a pixel, which the stamps do not say."""


def measured(folder: Path, galaxy: str, scale: float) -> Row:
    """The row of the galaxy in the middle of a survey's stamp."""
    files = {
        kind: folder / f"G{galaxy}{kind}.fits" for kind in ("fitim", "psfim", "sigma", "mskim")
    }
    height, width = fits.getdata(files["fitim"]).shape
    middle = Table({"id": [galaxy], "x": [(width - 1) / 2], "y": [(height - 1) / 2]})
    table = halflight.measure(
        str(files["fitim"]),
        middle,
        psf=str(files["psfim"]),
        rms=str(files["sigma"]),
        mask=str(files["mskim"]),
        unit="count",
        zero_point=0.0,
        pixel_scale=scale,
        first_pixel=0,
    )
    return table[0]


def bounds(row: Row) -> tuple[float, float]:
    """The ln of the radius, and half the width of its 68 %."""
    low, high = (np.log(float(row[f"half_light_radius_{side}"])) for side in (16, 84))
    return float(np.log(float(row["half_light_radius"]))), (high - low) / 2


def main() -> None:
    """Measure every galaxy twice, and print a line of each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sky", type=Path, help="folder that has stamps/gama")
    stamps = parser.parse_args().sky / "stamps" / "gama"
    print("| galaxy | SDSS, arcsec | KiDS, arcsec | flags of SDSS | of KiDS | pull |")
    print("|---" * 6 + "|")
    pulls = []
    for path in sorted((stamps / "SDSS").glob("G*fitim.fits")):
        galaxy = path.name.removeprefix("G").removesuffix("fitim.fits")
        rows = [measured(stamps / name, galaxy, scale) for name, scale in SCALES.items()]
        (one, narrow), (other, wide) = known = [bounds(row) for row in rows]
        pulls.append((other - one) / np.hypot(narrow, wide))
        radii = (f"{np.exp(middle):.2f} ± {100 * error:.0f} %" for middle, error in known)
        flags = (str(int(row["flags"])) for row in rows)
        print(f"| {galaxy} | {' | '.join(radii)} | {' | '.join(flags)} | {pulls[-1]:+.2f} |")
    scatter = np.sqrt(np.mean(np.square(pulls)))
    print(f"\n{len(pulls)} galaxies; root mean square of the pulls {scatter:.2f}")


if __name__ == "__main__":
    main()

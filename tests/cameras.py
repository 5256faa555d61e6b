"""Every image of a folder of real cameras, measured by the command: a table and a page of each.

Run `python -m tests.cameras OUT [--cameras FOLDER] [--only TEXT]`; FOLDER is by default
../shared/cameras, which is beside the repository and no part of it. Each image is given to
`halflight measure --page` with what its camera does not say of itself, and the positions that
expected.csv knows; of the other sources those detected, at most `MOST`, the brightest. OUT gets a
table and a page an image, and README.md: how each went, and a table of pulls against expected.csv.
An image whose NAME.json is in OUT is not measured again.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from astropy.io import fits

from halflight import images, results
from halflight.images import ImageError, Options
from halflight.quality import names_of
from halflight.results.flags import own_flags
from tests.camera_images import IMAGES, Given, Known

ROOT = Path(__file__).resolve().parent.parent
MOST = 25  # detected sources of an image that are measured beside the known ones
APART = 4.0  # pixels from a known source within which a detected one is the same
CHECK_ERROR = 0.07  # relative, of a value without an error: expected.csv trusts its fits to 5-10 %
FILES = ("rms", "variance", "weight", "mask")
MISS = 2.0  # a pull beyond it is to be explained
COMMAND = "from halflight.command import main; main()"


class Run(NamedTuple):
    """How one image went: its rows, or what the command said instead."""

    given: Given
    rows: pd.DataFrame | None
    detected: int
    seconds: float
    said: str


def main() -> None:
    """Measure all, or those whose name has a text in it, and write README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cameras", type=Path, default=ROOT.parent / "shared" / "cameras")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    if not asked.cameras.is_dir():
        raise SystemExit(f"no folder {asked.cameras}: --cameras says where the images are")
    text = (asked.cameras / "expected.csv").read_text()
    if unknown := [k.value for g in IMAGES for k in g.known if f"{k.value:g}" not in text]:
        raise SystemExit(f"expected.csv has no value {unknown}")
    asked.out.mkdir(parents=True, exist_ok=True)
    runs = []
    for given in IMAGES:
        if asked.only in given.name:
            runs.append(kept(given, asked.cameras, asked.out))
            print(f"{given.name}: {outcome(runs[-1])}", flush=True)
    lines = [*described(runs), *pulls(runs), *seen_by_sextractor(runs, asked.cameras)]
    (asked.out / "README.md").write_text("\n".join(lines) + "\n")
    print(asked.out / "README.md")


def kept(given: Given, cameras: Path, out: Path) -> Run:
    """A run of before, or one of now, which is kept."""
    path, table = out / f"{given.name}.json", out / f"{given.name}.parquet"
    if path.is_file():
        known = json.loads(path.read_text())
        return Run(given, None if known["said"] else results.read(table).rows, **known)
    run = measured(given, cameras, out)
    said = {"detected": run.detected, "seconds": run.seconds, "said": run.said}
    path.write_text(json.dumps(said))
    return run


def measured(given: Given, cameras: Path, out: Path) -> Run:
    """One image, by the command in a process of its own."""
    begun = time.perf_counter()
    table, page = out / f"{given.name}.parquet", out / f"{given.name}.html"
    options = {
        k: str(placed(v, cameras, out) if k in FILES else v) for k, v in given.options.items()
    }
    image, psf = str(placed(given.image, cameras, out)), str(placed(given.psf, cameras, out))
    try:
        catalogue, detected = sources(given, image, options, cameras, out)
    except (ImageError, OSError) as error:
        said = str(error).replace(f"{cameras}/", "")
        return Run(given, None, 0, time.perf_counter() - begun, said)
    words = [image, "-o", str(table), "--page", str(page), "--restart", "--psf", psf]
    words += ["-c", str(catalogue), *(() if "columns" in options else ("--first-pixel", "0"))]
    words += [w for k, v in options.items() for w in (f"--{k.replace('_', '-')}", v)]
    words += ["--classical"] if given.classical else []
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, "measure", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'core'}"},
    )
    seconds = time.perf_counter() - begun
    (out / f"{given.name}.log").write_text(ended.stdout + ended.stderr)
    if ended.returncode:
        return Run(given, None, detected, seconds, (ended.stderr.splitlines() or ["?"])[-1])
    return Run(given, results.read(table).rows, detected, seconds, "")


def placed(name: str, cameras: Path, out: Path) -> str | Path:
    """A file of the cameras, or one made of an archive of arrays; a width as it is."""
    if name.startswith(("gaussian", "moffat", "auto")):
        return name
    archive, _, array = name.partition("::")
    if not array:
        return cameras / name
    key, _, plane = array.partition(":")
    made = out / f"{Path(archive).stem}-{array.replace(':', '-')}.fits"
    with np.load(cameras / archive) as arrays:
        values = arrays[key][int(plane)] if plane else arrays[key]
    fits.writeto(made, values, overwrite=True)
    return made


def sources(
    given: Given, image: str, options: dict[str, str], cameras: Path, out: Path
) -> tuple[Path, int]:
    """The catalogue that is measured, and how many sources were detected in all."""
    if given.catalogue:
        return cameras / given.catalogue, 0
    known = {k: float(v) if k in NUMBERS else v for k, v in options.items()}
    known |= {k: int(v) for k, v in options.items() if k in ("plane", "mask_bits")}
    field = images.open_field(image, Options(**known))
    try:
        found = images.detect_sources(field, Options(**known))
    except ImageError:
        found = pd.DataFrame({"x": [], "y": [], "flux": []})
    named = pd.DataFrame([(k.object, k.x, k.y) for k in given.known], columns=["id", "x", "y"])
    named = named.drop_duplicates("id", ignore_index=True)
    apart = np.hypot(
        *(found[[a]].to_numpy() - named[a].to_numpy(float) for a in ("x", "y"))
    )  # fmt: skip
    others = found[(apart >= APART).all(axis=1)].nlargest(MOST, "flux")
    others = others.assign(id=[f"source {n}" for n in others.index])
    path = out / f"{given.name}.csv"
    pd.concat([named, others[["id", "x", "y"]]]).to_csv(path, index=False)
    return path, len(found)


NUMBERS = ("zero_point", "pixel_scale", "gain", "read_noise", "saturation", "psf_pixel_scale")


def outcome(run: Run) -> str:
    """How an image went, in a few words."""
    if run.rows is None:
        return run.said
    measured = int(np.isfinite(run.rows["half_light_radius_pix"]).sum())
    flagged = int((own_flags(run.rows) != 0).sum())
    return f"{len(run.rows)} sources, {measured} measured, {flagged} flagged, {run.seconds:.0f} s"


def described(runs: list[Run]) -> list[str]:
    """The table of images."""
    lines = [
        "# Images of many cameras",
        "",
        f"Each measured by `halflight measure`; the {MOST} brightest of what was detected, and the "
        "sources with known radii. Acknowledge the surveys where these are shown.",
        "",
        "| image | detected | how it went | flags |",
        "|---|---|---|---|",
    ]
    for run in runs:
        flags = "" if run.rows is None else common(run.rows)
        lines.append(f"| {run.given.name} | {run.detected or ''} | {outcome(run)} | {flags} |")
    return lines


def common(rows: pd.DataFrame) -> str:
    """The flags that are set, with the number of rows."""
    names = [name for flags in rows["flags"] for name in names_of(int(flags))]
    return ", ".join(f"{n} {c}" for n, c in pd.Series(names, dtype=object).value_counts().items())


def pulls(runs: list[Run]) -> list[str]:
    """The table of pulls: (ln measured - ln expected) over the error of both."""
    lines = [
        "",
        "Pull: ln of measured over expected R_e, over both errors in quadrature; a value without "
        f"an error is taken to be good to {CHECK_ERROR:.0%}.",
        "",
        "| image | object | expected | kind | measured (68 %) | ratio | pull | flags | why |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        for known in run.given.known:
            if run.rows is None:
                told = f"{known.value:g} {known.unit}"
                lines.append(f"| {run.given.name} | {known.object} | {told} | | none | | | | |")
                continue
            row = run.rows[run.rows["id"] == known.object].iloc[0]
            lines.append(f"| {run.given.name} | {' | '.join(pull(known, row))} |")
    return lines


def pull(known: Known, row: Any) -> list[str]:
    """The cells of one line."""
    name = "half_light_radius" + "_circularised" * known.circularised
    name += "_pix" * (known.unit == "pixel")
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_16", "_84"))
    expected = known.error / known.value if known.error else CHECK_ERROR
    error = np.hypot(np.log(high / low) / 2, expected)
    apart = np.log(value / known.value)
    said = f"{value:.3g} ({low:.3g} to {high:.3g})"
    flags = ", ".join(names_of(int(row["flags"])))
    told = f"{known.value:g} {known.unit}"
    return [
        known.object,
        told,
        known.kind,
        said,
        f"{np.exp(apart):.2f}",
        f"{apart / error:+.1f}",
        flags or "none",
        (known.why or "not explained") if abs(apart / error) > MISS else "",
    ]


def seen_by_sextractor(runs: list[Run], cameras: Path) -> list[str]:
    """Our aperture beside SExtractor's FLUX_RADIUS of the same image, seeing included."""
    found = [run for run in runs if run.given.name == "ntt_emmi" and run.rows is not None]
    if not found:
        return []
    theirs = pd.read_csv(cameras / "ntt_emmi/image_sextractor.csv")
    good = (theirs["FLAGS"] == 0) & (theirs["FLUX_RADIUS_50"] > 1.5)
    ours = found[0].rows["aperture_observed_radius"].to_numpy()  # arcsec, of pixels of 1 arcsec
    ratio = (ours / theirs["FLUX_RADIUS_50"])[good & np.isfinite(ours)]
    spread = 1.4826 * (ratio - ratio.median()).abs().median()
    return [
        "",
        f"Of ntt_emmi, {len(ratio)} galaxies that SExtractor does not flag: our observed aperture "
        f"radius over its FLUX_RADIUS has the median {ratio.median():.3f}, NMAD {spread:.3f}.",
    ]


if __name__ == "__main__":
    main()

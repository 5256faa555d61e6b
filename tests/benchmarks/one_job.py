"""One run of `halflight measure` in a process of its own, for tests.benchmarks.end_to_end.

`python -m tests.benchmarks.one_job FOLDER COUNT TIER PROCESSES` measures image.fits of a folder at
its sources.parquet and prints seconds, and pixels of the image a stamp, as JSON. Time runs after
`WARM` sources that load and compile what is needed. What is imported is imported late, as by
halflight's command line: the workers import this file too.
"""

import json
import sys
import time
from pathlib import Path

FWHM = 3.0  # pixels, of the image's PSF
OPTIONS = {"unit": "count", "zero_point": 27.0, "pixel_scale": 0.3, "first_pixel": 0}
WARM = 4


def measured(folder: Path, count: int, tier: str, processes: int) -> dict[str, float]:
    """Seconds, and pixels of the image a stamp."""
    import pandas as pd

    from halflight import results
    from halflight.measuring import Job

    whole, few = folder / "sources.parquet", folder / "few.parquet"
    pd.read_parquet(whole).head(WARM).to_parquet(few)
    seconds = 0.0
    for catalogue, output in ((few, folder / "few.fits"), (whole, folder / f"{tier}.fits")):
        begun = time.perf_counter()
        Job(
            [str(folder / "image.fits")],
            output,
            catalogue=str(catalogue),
            psf=f"gaussian:{FWHM}px",
            tier=tier,
            options=OPTIONS,
            restart=True,
            processes=processes,
        ).run()
        seconds = time.perf_counter() - begun
    rows = results.read(folder / f"{tier}.fits").rows
    if len(rows) != count:
        raise SystemExit(f"{len(rows)} rows of {count} sources")
    return {"seconds": seconds, "stamp": 96 * float(rows["binning"].median())}


if __name__ == "__main__":
    where, number, kind, workers = sys.argv[1:]
    print(json.dumps(measured(Path(where), int(number), kind, int(workers))))

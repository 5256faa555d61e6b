"""SDSS frames: the survey's own recipe for the noise, as the pipeline reads them."""

import numpy as np

from halflight.images.background import Background
from halflight.images.coordinates import SkyMap, centre_scale
from halflight.images.errors import ImageError
from halflight.images.field import Field, Pixels, finished
from halflight.images.options import Options
from halflight.images.parts import Parts
from halflight.instrument import FRAMES_LATER, SDSS, ZERO_POINT, dark_variance, gain
from halflight.surveys.errors import FrameError
from halflight.surveys.frames import read_frame
from halflight.text import shown


def open_frame(parts: Parts, options: Options) -> Field:
    """A `frame-*.fits[.bz2]` file as a field, its noise rebuilt from its sky and calibration.

    Raises:
        ImageError: it is not a whole frame, or names no camera of SDSS.
    """
    header = parts.parts[0].header
    try:
        run, camcol, number = (int(header[name]) for name in ("RUN", "CAMCOL", "FRAME"))
        band = str(header["FILTER"]).strip()
        frame = read_frame(
            parts.memory[0][:],
            run=run,
            camcol=camcol,
            field=number - FRAMES_LATER[band],
            band=band,
            gain=gain(band, camcol, run),
            dark_variance=dark_variance(band, camcol, run),
        )
    except (KeyError, TypeError, ValueError, FrameError) as error:
        if options.variance or options.rms or options.weight:
            raise ImageError(f"it is no whole SDSS frame ({error}): take --hdu 0") from error
        raise ImageError(
            f"its parts are those of an SDSS frame, but {shown(str(error))}; --hdu 0 takes its "
            "image alone"
        ) from error

    def raw(rows: slice, columns: slice) -> Pixels:
        image, sigma = frame.image[rows, columns], frame.sigma[rows, columns]
        return Pixels(image, sigma, np.zeros(image.shape, bool))

    sky = SkyMap(frame.wcs)
    shape = (frame.image.shape[0], frame.image.shape[1])
    return finished(
        Field(
            parts.path,
            shape,
            raw,
            SDSS.with_bands([band]),
            ZERO_POINT,
            options.pixel_scale or centre_scale(sky, shape),
            sky,
            gain(band, camcol, run) / float(np.median(frame.calib)),
            options.saturation,
            Background(np.zeros((1, 1)), np.ones((1, 1)), 1),
            options.background,
            files=[],
            notes=[*parts.notes],
        )
    )

"""The error of this room: one line that says what, where, the value received and what to do."""


class ImageError(ValueError):
    """An image, a catalogue or a PSF that cannot be used as it was given."""

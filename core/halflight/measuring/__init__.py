"""Measuring: from an image and a catalogue to a table of half-light radii, in one call."""

from halflight.measuring.api import measure
from halflight.measuring.job import Job
from halflight.measuring.run import measure_targets
from halflight.measuring.targets import Targets, targets_of_image, targets_of_stamps

__all__ = ["Job", "Targets", "measure", "measure_targets", "targets_of_image", "targets_of_stamps"]

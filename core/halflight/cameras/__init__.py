"""Cameras: a model made one camera's own, on galaxies simulated for it."""

from halflight.cameras.api import adapt
from halflight.cameras.camera import Camera, camera_of
from halflight.cameras.stamps import simulate, simulate_one

__all__ = ["Camera", "adapt", "camera_of", "simulate", "simulate_one"]

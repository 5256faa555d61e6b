"""The sandbox: an SDSS-compatible server on loopback for a synthetic or a recorded sky."""

from halflight.sandbox.recipe import recipe
from halflight.sandbox.recorded import RecordedSky
from halflight.sandbox.replies import Reply
from halflight.sandbox.server import Request, Sandbox
from halflight.sandbox.sky import Sky
from halflight.sandbox.synthetic import SyntheticSky

__all__ = ["RecordedSky", "Reply", "Request", "Sandbox", "Sky", "SyntheticSky", "recipe"]

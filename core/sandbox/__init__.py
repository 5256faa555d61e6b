"""The sandbox room: an SDSS-compatible server on loopback for a synthetic or a recorded sky."""

from core.sandbox.recorded import RecordedSky
from core.sandbox.replies import Reply
from core.sandbox.server import Request, Sandbox
from core.sandbox.sky import Sky
from core.sandbox.synthetic import SyntheticSky

__all__ = ["RecordedSky", "Reply", "Request", "Sandbox", "Sky", "SyntheticSky"]

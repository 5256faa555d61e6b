"""What tells stars from galaxies classically: a cut, a profile, trees and a kernel machine."""

from halflight.classical.separation.catalogue import CONCENTRATION, concentration, features
from halflight.classical.separation.learners import forest, judged, support_vectors
from halflight.classical.separation.separate import JUDGES, separated
from halflight.classical.separation.spread import spread_model

__all__ = [
    "CONCENTRATION",
    "JUDGES",
    "concentration",
    "features",
    "forest",
    "judged",
    "separated",
    "spread_model",
    "support_vectors",
]

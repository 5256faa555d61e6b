"""What the network is measured beside: scene fit, Sersic fit, aperture, the bound on any method."""

from halflight.classical.aperture import ApertureRadius, circle_to_semi_major, measure_aperture
from halflight.classical.bound import radius_bound
from halflight.classical.measure import MEASURES, fit_scenes, measure_stamps, radius_bounds
from halflight.classical.scene import Beliefs, SceneFit, SceneImages, explain_scene, fit_scene
from halflight.classical.segmentation import DETECTION_THRESHOLD, Segmentation, segment_stamp
from halflight.classical.sersic import SersicFit, fit_sersic
from halflight.classical.sersic_model import StampModel, shape_vector

__all__ = [
    "DETECTION_THRESHOLD",
    "MEASURES",
    "ApertureRadius",
    "Beliefs",
    "SceneFit",
    "SceneImages",
    "Segmentation",
    "SersicFit",
    "StampModel",
    "circle_to_semi_major",
    "explain_scene",
    "fit_scene",
    "fit_scenes",
    "fit_sersic",
    "measure_aperture",
    "measure_stamps",
    "radius_bound",
    "radius_bounds",
    "segment_stamp",
    "shape_vector",
]

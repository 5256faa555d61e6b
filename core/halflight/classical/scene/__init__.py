"""The scene fit: a stamp's target, neighbours and sky explained together, by physics."""

from halflight.classical.scene.beliefs import Beliefs
from halflight.classical.scene.fit import explain_scene, fit_scene
from halflight.classical.scene.found import SceneFit, SceneImages

__all__ = ["Beliefs", "SceneFit", "SceneImages", "explain_scene", "fit_scene"]

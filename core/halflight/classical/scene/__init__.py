"""The scene fit: a stamp's target, neighbours and sky explained together, by physics."""

from halflight.classical.scene.beliefs import Beliefs
from halflight.classical.scene.fit import SceneFit, SceneImages, explain_scene, fit_scene

__all__ = ["Beliefs", "SceneFit", "SceneImages", "explain_scene", "fit_scene"]

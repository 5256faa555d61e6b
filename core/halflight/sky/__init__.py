"""The sky room: draw true galaxies, and render them as SDSS would have seen them."""

from halflight.sky.camera import BANDS, FRAME_SHAPE, PIXEL_SCALE, Exposure, dark_variance, gain
from halflight.sky.draws import (
    draw_exposure,
    draw_galaxy,
    draw_neighbour,
    draw_psf,
    draw_scene,
    draw_star,
    flux_of,
)
from halflight.sky.noise import add_noise
from halflight.sky.population import Population
from halflight.sky.profiles import SERSIC_N_GRID, quantise_sersic_n
from halflight.sky.psf import psf_fwhm, psf_half_light_radius, psf_profile, render_psf
from halflight.sky.render import RenderError, render_field, render_objects, render_scene
from halflight.sky.scene import Component, Galaxy, Psf, Scene, Star
from halflight.sky.simulation import SimulationError, simulate_stamp, simulate_stamps
from halflight.sky.truth import HalfLightEllipse, enclosed_fraction, half_light_ellipse

__all__ = [
    "BANDS",
    "FRAME_SHAPE",
    "PIXEL_SCALE",
    "SERSIC_N_GRID",
    "Component",
    "Exposure",
    "Galaxy",
    "HalfLightEllipse",
    "Population",
    "Psf",
    "RenderError",
    "Scene",
    "SimulationError",
    "Star",
    "add_noise",
    "dark_variance",
    "draw_exposure",
    "draw_galaxy",
    "draw_neighbour",
    "draw_psf",
    "draw_scene",
    "draw_star",
    "enclosed_fraction",
    "flux_of",
    "gain",
    "half_light_ellipse",
    "psf_fwhm",
    "psf_half_light_radius",
    "psf_profile",
    "quantise_sersic_n",
    "render_field",
    "render_objects",
    "render_psf",
    "render_scene",
    "simulate_stamp",
    "simulate_stamps",
]

"""GalSim's home: draw true galaxies, and render them as SDSS would have seen them."""

from halflight.half_light import Component, HalfLightEllipse, enclosed_fraction, half_light_ellipse
from halflight.simulation.draws import (
    draw_exposure,
    draw_galaxy,
    draw_neighbour,
    draw_psf,
    draw_scene,
    draw_star,
)
from halflight.simulation.injection import inject_galaxy, render_through
from halflight.simulation.noise import add_noise
from halflight.simulation.photons import photograph, shoot
from halflight.simulation.profiles import SERSIC_N_GRID, quantise_sersic_n
from halflight.simulation.psf import psf_profile, render_psf
from halflight.simulation.render import RenderError, render_field, render_objects, render_scene
from halflight.simulation.scene import Galaxy, Psf, Scene, Star
from halflight.simulation.simulation import SimulationError, simulate_stamp, simulate_stamps

__all__ = [
    "SERSIC_N_GRID",
    "Component",
    "Galaxy",
    "HalfLightEllipse",
    "Psf",
    "RenderError",
    "Scene",
    "SimulationError",
    "Star",
    "add_noise",
    "draw_exposure",
    "draw_galaxy",
    "draw_neighbour",
    "draw_psf",
    "draw_scene",
    "draw_star",
    "enclosed_fraction",
    "half_light_ellipse",
    "inject_galaxy",
    "photograph",
    "psf_profile",
    "quantise_sersic_n",
    "render_field",
    "render_objects",
    "render_psf",
    "render_scene",
    "render_through",
    "shoot",
    "simulate_stamp",
    "simulate_stamps",
]

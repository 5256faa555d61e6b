"""The columns of the tables that a report is made from, and which of them hold numbers."""

import numpy as np

from halflight.scores.classes import SCORES

# Columns of each table: True where the values must be numbers. Units: magnitudes are AB, value,
# truth, reference and bound are of ln(semi-major half-light radius / arcsec), psf_half_light_radius
# is in arcsec.
COLUMNS: dict[str, dict[str, bool]] = {
    "predictions": {
        "dataset": False, "id": False, "method": False, "value": True, "sigma": True,
    },
    "objects": {
        "dataset": False, "id": False, "magnitude": True, "reference": True,
        "truth": True, "psf_half_light_radius": True, "sersic_n": True,
        "axis_ratio": True, "neighbour_flux_fraction": True, "bulge_fraction": True,
        "bound": True,
    },
    "bins": {
        "dataset": False, "method": False, "galaxies": False, "by": False, "bin_low": True,
        "bin_high": True, "count": True, "without_error": True, "bias": True, "nmad": True,
        "nmad_low": True, "nmad_high": True, "outlier_fraction": True, "coverage_68": True,
        "coverage_68_low": True, "coverage_68_high": True, "coverage_95": True, "crb_nmad": True,
    },
    "history": {
        "arm": False, "epoch": True, "loss": True, "val_loss": True, "learning_rate": True,
    },
    "transfer": {
        "arm": False, "against": False, "count_labels": True, "nmad": True, "nmad_low": True,
        "nmad_high": True, "bias": True, "outlier_fraction": True,
    },
}  # fmt: skip

# The same of a classification: value is the probability of the positive class, rank what its
# objects are ordered by.
CLASS_COLUMNS: dict[str, dict[str, bool]] = {
    "probabilities": {
        "dataset": False, "id": False, "method": False, "value": True, "rank": True,
    },
    "classified": {"dataset": False, "id": False, "magnitude": True, "kind": False},
    "class_bins": {
        "dataset": False, "against": False, "method": False, "by": False, "bin_low": True,
        "bin_high": True, "count": True, "stars": True,
        **{f"{score}{end}": True for score in SCORES for end in ("", "_low", "_high")},
    },
    "decided": {
        "method": False, "least": True, "decisive": True, "chosen": True, "by": False,
        "bin_low": True, "bin_high": True, "count": True, "decided": True, "mistakes": True,
        **{f"{n}{end}": True for n in ("undecided", "wrong") for end in ("", "_low", "_high")},
    },
}  # fmt: skip

# Columns that a table may lack, and what a missing value means.
OPTIONAL = {"predictions": {"dof": np.inf}}

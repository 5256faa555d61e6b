"""The section of a task that gives the probability of a class: results, pictures, limits."""

from halflight.report.classification.data import (
    ClassData,
    Levels,
    Seen,
    Wrong,
    check_classes,
    labelled,
)
from halflight.report.classification.section import classification

__all__ = ["ClassData", "Levels", "Seen", "Wrong", "check_classes", "classification", "labelled"]

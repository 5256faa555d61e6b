"""The survey room: SDSS queries and files in, stamps with noise and PSF out (astroquery's home)."""

from halflight.survey.catalogue import Catalogue, fetch_catalogue
from halflight.survey.centroids import centroid_offset
from halflight.survey.client import SdssClient
from halflight.survey.download import SurveyDownload, download_survey
from halflight.survey.errors import (
    CatalogueError,
    CentroidError,
    FrameError,
    NotFoundError,
    PsfError,
    StampError,
    SurveyError,
    SurveyParameterError,
    TooManyFailedFieldsError,
    UnavailableError,
)
from halflight.survey.fields import SurveyBlock
from halflight.survey.frames import Frame, read_frame
from halflight.survey.psf import PsfField, psf_half_light_radius, read_psfield
from halflight.survey.query import catalogue_sql
from halflight.survey.stamps import Stamp, cut_stamp

__all__ = [
    "Catalogue",
    "CatalogueError",
    "CentroidError",
    "Frame",
    "FrameError",
    "NotFoundError",
    "PsfError",
    "PsfField",
    "SdssClient",
    "Stamp",
    "StampError",
    "SurveyBlock",
    "SurveyDownload",
    "SurveyError",
    "SurveyParameterError",
    "TooManyFailedFieldsError",
    "UnavailableError",
    "catalogue_sql",
    "centroid_offset",
    "cut_stamp",
    "download_survey",
    "fetch_catalogue",
    "psf_half_light_radius",
    "read_frame",
    "read_psfield",
]

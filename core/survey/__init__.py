"""The survey room: SDSS queries and files in, stamps with noise and PSF out (astroquery's home)."""

from core.survey.catalogue import Catalogue, fetch_catalogue
from core.survey.centroids import centroid_offset
from core.survey.client import SdssClient
from core.survey.download import SurveyDownload, download_survey
from core.survey.errors import (
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
from core.survey.fields import SurveyBlock
from core.survey.frames import Frame, read_frame
from core.survey.psf import PsfField, psf_half_light_radius, read_psfield
from core.survey.query import catalogue_sql
from core.survey.stamps import Stamp, cut_stamp

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

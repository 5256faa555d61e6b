"""The survey room: SDSS queries and files in, stamps with noise and PSF out (astroquery's home)."""

from halflight.surveys.catalogue import Catalogue, fetch_catalogue
from halflight.surveys.centroids import centroid_offset
from halflight.surveys.client import SdssClient, base_addresses
from halflight.surveys.download import SurveyDownload, download_survey
from halflight.surveys.errors import (
    CatalogueError,
    CentroidError,
    FrameError,
    NotFoundError,
    PsfError,
    QueryError,
    StampError,
    SurveyError,
    SurveyParameterError,
    TooManyFailedFieldsError,
    UnavailableError,
)
from halflight.surveys.fields import SurveyBlock
from halflight.surveys.frames import Frame, read_frame
from halflight.surveys.psf import PsfField, read_psfield
from halflight.surveys.query import catalogue_sql
from halflight.surveys.stamps import Stamp, cut_stamp
from halflight.surveys.wanted import Wanted

__all__ = [
    "Catalogue",
    "CatalogueError",
    "CentroidError",
    "Frame",
    "FrameError",
    "NotFoundError",
    "PsfError",
    "PsfField",
    "QueryError",
    "SdssClient",
    "Stamp",
    "StampError",
    "SurveyBlock",
    "SurveyDownload",
    "SurveyError",
    "SurveyParameterError",
    "TooManyFailedFieldsError",
    "UnavailableError",
    "Wanted",
    "base_addresses",
    "catalogue_sql",
    "centroid_offset",
    "cut_stamp",
    "download_survey",
    "fetch_catalogue",
    "read_frame",
    "read_psfield",
]
